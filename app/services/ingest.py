"""Adverts come in: recognised, then stored in bulk by COPY and one upsert. Rows that did not change are not written."""

from __future__ import annotations

import hashlib
import io
import json
import math
import struct
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.ad_text import text_signature
from app.domain.ads import AdData, Rejected
from app.domain.cars import KnownAd, UnknownName
from app.domain.recognition import recognise
from app.services.books import Books

BATCH = 5_000  # keeps an import of any size under 300 MB; a larger batch is hardly faster
# One upsert for so many rows: an id that comes twice in a file then counts once, whichever batch it came in.
STAGED = 250_000
REJECTED_KEPT = 50_000  # rows of one run that are kept word for word
LONGEST_ID = 500  # an index entry has to fit a third of a page

# The columns of `ad` that a source fills, in the order of the staging table.
_TEXT = ("url", "title", "description", "seller_name", "seller_external_id", "phone_trouble", "state")
_KEPT = (  # a source that stops saying one of these does not make us forget it
    "make_id", "model_id", "generation_id", "year", "mileage_km", "price", "body", "fuel", "gearbox", "drive", "wheel",
    "color", "engine_cc", "power_hp", "owners", "city_id", "region_id", "is_damaged", "is_new", "seller_kind",
    "vin", "vin_hint", "plate", "phone", "published_at", "signature",
)  # fmt: skip
_PLAIN = ("is_foreign", "phone_protected", "photos", "phones", "written", "facts_hash")
COLUMNS = ("external_id", *_TEXT, *_KEPT, *_PLAIN)

_UNIT = "\x1f"
COPY_INTO = f"COPY {{table}} ({', '.join(COLUMNS)}, line_no) FROM STDIN WITH (DELIMITER '{_UNIT}', NULL '')"


@dataclass(slots=True)
class Tally:
    """What a run did. `read` = new + changed + unchanged + rejected; a price change is also a change."""

    read: int = 0
    new: int = 0
    changed: int = 0
    price_changed: int = 0
    unchanged: int = 0
    rejected: int = 0
    rejected_reasons: Counter[str] = field(default_factory=Counter)
    removed: int = 0
    vehicles_new: int = 0
    touched_vehicles: set[int] = field(default_factory=set)
    rejected_rows: list[Rejected] = field(default_factory=list)


def ingest(
    session: Session,
    source_id: int,
    records: Iterable[AdData | Rejected],
    books: Books,
    *,
    snapshot: bool = False,
    is_whole: Callable[[], bool] = lambda: True,
) -> Tally:
    """Store what a source said, inside the caller's transaction.

    `snapshot`: the records are everything the source has, so what is missing is gone; but a file that was cut (the
    caller's `is_whole` is asked after the last record) or is mostly unreadable tells nothing of what is gone.
    Returns the tally with the vehicles whose ads changed; joining them is the next stop (services.cards).
    """
    tally = Tally()
    unknown: Counter[UnknownName] = Counter()
    make_staging(session, snapshot)
    staged = 0
    for batch in _batches(records):
        staged += _stage_batch(session, batch, books, tally, unknown, staged)
        if staged >= STAGED:
            upsert(session, source_id, staged, tally, snapshot=snapshot)
            staged = 0
    upsert(session, source_id, staged, tally, snapshot=snapshot)
    if snapshot and tally.rejected * 2 < tally.read and is_whole():
        _remove_absent(session, source_id, tally)
    # Last and at once: others who meet the same names wait for our commit, and in one order nobody waits in a circle.
    books.queue_unknown(session, unknown)
    return tally


def _batches(records: Iterable[AdData | Rejected]) -> Iterator[list[AdData | Rejected]]:
    stream = iter(records)
    while batch := list(islice(stream, BATCH)):
        yield batch


def _stage_batch(
    session: Session,
    batch: Sequence[AdData | Rejected],
    books: Books,
    tally: Tally,
    unknown: Counter[UnknownName],
    staged: int,
) -> int:
    rows = []
    for record in batch:
        if isinstance(record, Rejected):
            _reject(tally, record)
            continue
        external_id = storable(record.external_id).strip()
        if not 0 < len(external_id) <= LONGEST_ID:
            _reject(tally, Rejected("no_identity", row=record.url or record.title, detail=external_id[:LONGEST_ID]))
            continue
        if external_id != record.external_id:
            record = replace(record, external_id=external_id)
        known = recognise(record, books.names, books.atlas)
        unknown.update(known.unknown)
        rows.append(row_of(known, record))
    tally.read += len(batch)
    if rows:
        stage(session, rows, first_line=staged)
    return len(rows)


def _reject(tally: Tally, record: Rejected) -> None:
    tally.rejected += 1
    tally.rejected_reasons[record.reason] += 1
    if len(tally.rejected_rows) < REJECTED_KEPT:
        tally.rejected_rows.append(record)


def row_of(known: KnownAd, data: AdData) -> bytes:
    """The values of COLUMNS, ready for COPY."""
    written = {
        name: value.replace("\0", "")  # JSON would carry it past every later look
        for name in ("make", "model", "generation", "modification", "city", "region", "address", "timezone", "body")
        if (value := getattr(data, name))
    }
    if data.lat is not None and data.lon is not None and math.isfinite(data.lat) and math.isfinite(data.lon):
        written |= {"lat": data.lat, "lon": data.lon}
    if data.phones and not known.phones:
        written["phones"] = [phone.replace("\0", "")[:100] for phone in data.phones[:3]]
    return pack([
        known.external_id,
        known.url,
        known.title,
        known.description,
        known.seller_name,
        known.seller_external_id[:LONGEST_ID],
        known.phone_trouble,
        str(known.state),
        *(_kept(known, name) for name in _KEPT),
        "t" if known.is_foreign else "f",
        "t" if known.phone_protected else "f",
        _array(known.photos[:40]),
        _array(known.phones),
        json.dumps(written, ensure_ascii=False),
    ])  # fmt: skip


def pack(values: Sequence[str]) -> bytes:
    """COLUMNS but the hash as one line of COPY's text format; empty is NULL. The hash is taken of the line.

    Fields are parted by a character that texts hardly hold, so that the line is escaped, hashed and sent as a whole.
    """
    line = _UNIT.join(values)
    if line.count(_UNIT) != len(values) - 1:
        line = _UNIT.join([value.replace(_UNIT, " ") for value in values])
    if "\\" in line:
        line = line.replace("\\", "\\\\")
    if "\0" in line:  # PostgreSQL takes no NUL, nor half of a surrogate pair
        line = line.replace("\0", "")
    if "\n" in line or "\r" in line:
        line = line.replace("\n", "\\n").replace("\r", "\\r")
    told = line.encode("utf-8", "replace")
    return b"%b\x1f%d" % (told, _hash(told))


def storable(words: str) -> str:
    """The text without what PostgreSQL does not take."""
    return words.replace("\0", "").encode("utf-8", "ignore").decode()


def _kept(known: KnownAd, name: str) -> str:
    if name == "phone":
        return known.phones[0] if known.phones else ""
    if name == "signature":
        return pack_signature(text_signature(known.description)) if known.description else ""
    value = getattr(known, name)
    if value is None:
        return ""
    if value is True or value is False:
        return "t" if value else "f"
    return str(value)


def pack_signature(signature: Sequence[int]) -> str:
    """As bytea text: four bytes a number."""
    return "\\x" + b"".join((n & 0xFFFFFFFF).to_bytes(4, "big") for n in signature).hex() if signature else ""


def unpack_signature(packed: bytes | memoryview | None) -> tuple[int, ...]:
    if not packed:
        return ()
    raw = bytes(packed)
    return struct.unpack(f">{len(raw) // 4}I", raw)


def _array(values: Sequence[str]) -> str:
    quoted = ('"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' for value in values)
    return "{" + ",".join(quoted) + "}"


def _hash(told: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(told, digest_size=8).digest(), "big", signed=True)


# --- storing ---------------------------------------------------------------------------------------------------------


def make_staging(session: Session, snapshot: bool) -> None:
    columns = ", ".join(COLUMNS)
    session.execute(text("DROP TABLE IF EXISTS stage_ad"))
    session.execute(
        text(f"CREATE TEMP TABLE stage_ad ON COMMIT DROP AS SELECT {columns}, 0 AS line_no FROM ad WITH NO DATA")  # noqa: S608
    )
    if snapshot:
        session.execute(text("DROP TABLE IF EXISTS stage_seen"))
        session.execute(text("CREATE TEMP TABLE stage_seen (external_id text) ON COMMIT DROP"))


def stage(session: Session, rows: Sequence[bytes], *, first_line: int = 0) -> None:
    """COPY the rows into the staging table. Needs make_staging()."""
    connection: Any = session.connection().connection.driver_connection
    with connection.cursor() as cursor:
        cursor.copy_expert(COPY_INTO.format(table="stage_ad"), io.BytesIO(numbered(rows, first_line)), size=1 << 18)


def numbered(rows: Sequence[bytes], first_line: int = 0) -> bytes:
    return b"".join(
        [b"%b\x1f%d\n" % pair for pair in zip(rows, range(first_line, first_line + len(rows)), strict=True)]
    )


def upsert(session: Session, source_id: int, staged: int, tally: Tally, *, snapshot: bool = False) -> None:
    """Bring what is staged into `ad`; of rows with one id the last wins. Empties the staging table."""
    if not staged:
        return
    if snapshot:
        session.execute(text("INSERT INTO stage_seen SELECT external_id FROM stage_ad"))
    session.execute(_LAST_WINS)
    done = session.execute(_UPSERT, {"source_id": source_id}).one()
    session.execute(text("TRUNCATE stage_ad"))
    tally.new += done.new
    tally.changed += done.changed
    tally.price_changed += done.price_changed
    tally.unchanged += staged - done.new - done.changed
    tally.touched_vehicles.update(done.vehicles or ())


def _upsert_sql() -> str:
    told = [*_TEXT, *_KEPT, *_PLAIN]
    selected = ", ".join(f"COALESCE({name}, '')" if name in _TEXT else name for name in told)
    updates = [f"{name} = EXCLUDED.{name}" for name in (*_TEXT, *_PLAIN) if name not in ("description", "phones")]
    updates += [f"{name} = COALESCE(EXCLUDED.{name}, a.{name})" for name in _KEPT]
    # A demo tariff or a list page tells less than the card did before: text and numbers that we have are not lost.
    updates += [
        "description = CASE WHEN EXCLUDED.description = '' THEN a.description ELSE EXCLUDED.description END",
        "phones = CASE WHEN EXCLUDED.phones = '{}' THEN a.phones ELSE EXCLUDED.phones END",
        "prev_price = a.price",
        "prev_state = a.state",
        "gone_at = CASE WHEN EXCLUDED.state = 'removed' THEN COALESCE(a.gone_at, now()) END",
        "changed_at = now()",
    ]
    return f"""
    WITH up AS (
      INSERT INTO ad AS a (source_id, external_id, {", ".join(told)}, gone_at)
      SELECT :source_id, external_id, {selected}, CASE WHEN state = 'removed' THEN now() END FROM stage_ad
      ON CONFLICT (source_id, external_id) DO UPDATE SET {", ".join(updates)}
      WHERE a.facts_hash IS DISTINCT FROM EXCLUDED.facts_hash OR a.state <> EXCLUDED.state
      RETURNING a.id, a.vehicle_id, a.price, a.prev_price, a.state, a.prev_state
    ), priced AS (
      INSERT INTO ad_price (ad_id, old_price, new_price)
      SELECT id, prev_price, price FROM up WHERE prev_price IS NOT NULL AND prev_price IS DISTINCT FROM price
    ), lived AS (
      INSERT INTO ad_event (ad_id, what)
      SELECT id, CASE WHEN state = 'active' THEN 'returned' ELSE state END
      FROM up WHERE prev_state IS NOT NULL AND prev_state <> state
    )
    SELECT count(*) FILTER (WHERE prev_state IS NULL) AS new,
           count(*) FILTER (WHERE prev_state IS NOT NULL) AS changed,
           count(*) FILTER (WHERE prev_price IS NOT NULL AND prev_price IS DISTINCT FROM price) AS price_changed,
           array_agg(DISTINCT vehicle_id) FILTER (WHERE vehicle_id IS NOT NULL) AS vehicles
    FROM up
    """  # noqa: S608  the names are the constants above


_UPSERT = text(_upsert_sql())
# Sorting the whole rows to find the last of each id would cost as much as storing them; few files repeat an id.
_LAST_WINS = text("""
  DELETE FROM stage_ad s
  USING (SELECT external_id, max(line_no) AS line_no FROM stage_ad GROUP BY external_id HAVING count(*) > 1) last
  WHERE s.external_id = last.external_id AND s.line_no < last.line_no
""")


def _remove_absent(session: Session, source_id: int, tally: Tally) -> None:
    gone = session.execute(
        text("""
        WITH gone AS (
          UPDATE ad SET state = 'removed', prev_state = ad.state, gone_at = now(), changed_at = now()
          WHERE source_id = :source_id AND state <> 'removed'
            AND NOT EXISTS (SELECT 1 FROM stage_seen s WHERE s.external_id = ad.external_id)
          RETURNING id, vehicle_id
        ), lived AS (INSERT INTO ad_event (ad_id, what) SELECT id, 'removed' FROM gone)
        SELECT count(*) AS n, array_agg(DISTINCT vehicle_id) FILTER (WHERE vehicle_id IS NOT NULL) AS vehicles FROM gone
        """),
        {"source_id": source_id},
    ).one()
    tally.removed += gone.n
    tally.touched_vehicles.update(gone.vehicles or ())
