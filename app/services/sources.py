"""One pull of a source, one import of a file: fetch, parse, store, join, and a row that says how it went."""

from __future__ import annotations

import dataclasses
import logging
import random
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.domain.ads import AdData, Rejected
from app.errors import OutsideError, Refused
from app.models import RejectedRow, Source, SourceRun
from app.services import books, cards
from app.services.audit import note_event
from app.services.ingest import Tally, ingest
from app.services.locks import only_one
from app.services.secrets_box import unseal
from app.sources import Health, Page, SourceTrouble, Window
from app.sources import Source as Adapter

log = logging.getLogger(__name__)

PULL_LOCK = 724_200_000  # + source id: a source is pulled by one worker at a time
OVERLAP = timedelta(minutes=5)  # sites publish late; asking twice costs nothing, unchanged rows are not written
BACK_OFF = (timedelta(minutes=1), timedelta(hours=6))
NIGHT = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A run as the command line prints it."""

    run_id: int
    health: str
    read: int
    new: int
    changed: int
    price_changed: int
    unchanged: int
    rejected: int
    rejected_reasons: dict[str, int]
    vehicles_new: int
    seconds: float
    missed: str = ""
    error: str = ""

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


def adapter_of(row: Source, families: dict[str, type[Adapter]], *, secret_key: str, allow_private: bool) -> Adapter:
    """The configured adapter of a source. Refused: unknown key or an option that is missing, by name."""
    kind = families.get(row.adapter)
    if kind is None:
        raise Refused("adapter_unknown", name=row.adapter)
    fields = {item.name: item for item in dataclasses.fields(kind)}
    values = {name: value for name, value in (row.options or {}).items() if name in fields}
    values |= {name: value for name, value in unseal(row.secrets, secret_key).items() if name in fields}
    if "field_map" in fields and row.field_map:
        values["field_map"] = row.field_map
    if "allow_private" in fields:
        values["allow_private"] = allow_private  # the deployment decides, never a form
    try:
        return kind(**values)
    except (TypeError, ValueError) as trouble:
        raise Refused("adapter_options", name=row.name, trouble=str(trouble)[:200]) from None


# --- pulling


def pull(session: Session, source_id: int, adapter: Adapter, now: Callable[[], datetime]) -> Outcome:
    """Pull what is new. A page and its cursor are one transaction: a killed pull goes on from there."""
    started = time.monotonic()
    with only_one(session, PULL_LOCK + source_id, busy="pull_running"):
        return _pull_locked(session, source_id, adapter, now, started)


def _pull_locked(
    session: Session, source_id: int, adapter: Adapter, now: Callable[[], datetime], started: float
) -> Outcome:
    row = _source(session, source_id)
    until = now()
    since = (row.covered_until - OVERLAP) if row.covered_until else until - timedelta(hours=row.window_hours)
    window = Window(since=since, until=until, cursor=dict(row.cursor or {}))
    run = SourceRun(source_id=source_id, kind="pull", started_at=until, window_since=since, window_until=until)
    session.add(run)
    session.commit()
    total, missed, health, trouble = Tally(), [], Health.EMPTY, None
    try:
        for page in adapter.fetch(window):
            tally = _store_page(session, source_id, adapter, page, now)
            _add(total, tally)
            if page.missed:
                missed.append(page.missed)
    except SourceTrouble as caught:
        session.rollback()
        trouble, health = caught, caught.health
    if trouble is None:
        health = _health_of(total, bool(missed))
    _finish_run(session, run, total, health, now(), missed, trouble)
    _mark_source(session, source_id, window, health, trouble, now())
    session.commit()
    join_all(session, now, total)
    run.vehicles_new = total.vehicles_new
    session.commit()
    return _outcome(run, total, started)


def _store_page(session: Session, source_id: int, adapter: Adapter, page: Page, now: Callable[[], datetime]) -> Tally:
    tally = ingest(session, source_id, adapter.parse(page.content), books.current(session), snapshot=adapter.snapshot)
    if page.cursor:
        row = _source(session, source_id)
        row.cursor = {**(row.cursor or {}), **page.cursor}
    cards.settle(session, tally.touched_vehicles, now())
    session.commit()
    return tally


def _health_of(total: Tally, missed: bool) -> Health:
    if total.read == 0:
        return Health.EMPTY
    if total.rejected == total.read:
        return Health.LAYOUT_CHANGED
    return Health.PARTIAL if total.rejected * 2 > total.read or missed else Health.OK


def _mark_source(
    session: Session, source_id: int, window: Window, health: Health, trouble: SourceTrouble | None, now: datetime
) -> None:
    row = _source(session, source_id)
    row.health, row.health_text = health.value, str(trouble)[:1000] if trouble else ""
    if health in (Health.OK, Health.EMPTY, Health.PARTIAL, Health.NOT_MODIFIED):
        row.errors_in_row, row.last_ok_at, row.covered_until = 0, now, window.until
        row.next_pull_at = now + timedelta(minutes=row.every_minutes)
        return
    row.errors_in_row += 1
    row.next_pull_at = now + back_off(health, row.errors_in_row, trouble.retry_after_s if trouble else None)


def back_off(health: Health, errors: int, retry_after_s: int | None, rng: random.Random | None = None) -> timedelta:
    """How long to leave the site alone: what it asks for, else longer with every failure, with jitter."""
    if health in (Health.QUOTA, Health.AUTH, Health.LAYOUT_CHANGED):
        # Knocking again does not change a tariff, a key or a layout; a person does.
        return max(NIGHT if health is Health.QUOTA else timedelta(hours=1), timedelta(seconds=retry_after_s or 0))
    least, most = BACK_OFF
    wait = min(least * 2 ** min(errors - 1, 12), most)
    wait *= 0.8 + 0.4 * (rng or random.Random()).random()  # noqa: S311  jitter
    return max(wait, timedelta(seconds=min(retry_after_s or 0, 86_400)))


# --- importing


def import_records(
    session: Session,
    source_id: int,
    records: Iterable[AdData | Rejected],
    now: Callable[[], datetime],
    *,
    file_name: str = "",
    actor_id: int | None = None,
    dry_run: bool = False,
    snapshot: bool = False,
    kind: str = "import",
) -> Outcome:
    """Store a whole file in one transaction: all of it or nothing, and a second run finishes the work."""
    started = time.monotonic()
    run = SourceRun(source_id=source_id, kind=kind, started_at=now(), file_name=file_name[:200], actor_id=actor_id)
    if not dry_run:
        session.add(run)
        session.commit()
    trouble: SourceTrouble | None = None
    stream = _until_trouble(records)
    total = ingest(session, source_id, stream, books.current(session), snapshot=snapshot and not dry_run)
    trouble = stream.trouble
    if dry_run:
        session.rollback()
        return _outcome(run, total, started, health=_health_of(total, False).value, trouble=trouble)
    cards.settle(session, total.touched_vehicles, now())
    health = trouble.health if trouble and not total.read else _health_of(total, trouble is not None)
    _finish_run(session, run, total, health, now(), [], trouble)
    note_event(session, "ads_imported", actor_id=actor_id, actor="command", subject="source", subject_id=source_id,
               read=total.read, rejected=total.rejected)  # fmt: skip
    session.commit()
    join_all(session, now, total)
    run.vehicles_new = total.vehicles_new
    session.commit()
    return _outcome(run, total, started)


class _until_trouble(Iterator[AdData | Rejected]):
    """The good rows before a file's cut are kept; the trouble is told at the end."""

    def __init__(self, records: Iterable[AdData | Rejected]) -> None:
        self._records = iter(records)
        self.trouble: SourceTrouble | None = None

    def __next__(self) -> AdData | Rejected:
        try:
            return next(self._records)
        except SourceTrouble as caught:
            self.trouble = caught
            raise StopIteration from None


def join_all(session: Session, now: Callable[[], datetime], total: Tally | None = None) -> int:
    """Join every ad that has no vehicle yet, batch by batch. Returns how many ads."""
    ads = 0
    while True:
        done = cards.join_new_ads(session, now())
        session.commit()
        if not done.ads:
            return ads
        ads += done.ads
        if total is not None:
            total.vehicles_new += done.vehicles_new


def _add(total: Tally, part: Tally) -> None:
    for name in ("read", "new", "changed", "price_changed", "unchanged", "rejected", "removed"):
        setattr(total, name, getattr(total, name) + getattr(part, name))
    total.rejected_reasons.update(part.rejected_reasons)
    total.rejected_rows += part.rejected_rows


def _finish_run(
    session: Session,
    run: SourceRun,
    total: Tally,
    health: Health,
    now: datetime,
    missed: list[str],
    trouble: OutsideError | None,
) -> None:
    session.add(run)
    for name in ("read", "new", "changed", "price_changed", "unchanged", "rejected"):
        setattr(run, name, getattr(total, name))
    run.rejected_reasons = dict(total.rejected_reasons)
    run.health, run.finished_at, run.missed = health.value, now, "; ".join(missed)[:2000]
    run.error = str(trouble)[:2000] if trouble else ""
    if isinstance(trouble, SourceTrouble) and trouble.health is Health.LAYOUT_CHANGED:
        run.page = trouble.page
    session.flush()
    for rejected in total.rejected_rows:
        session.add(
            RejectedRow(
                run_id=run.id,
                line=rejected.line,
                reason=rejected.reason,
                detail=_clean(rejected.detail)[:500],
                row=_clean(rejected.row)[:20_000],
            )
        )


def _clean(text_: str) -> str:
    """PostgreSQL takes neither NUL nor half a surrogate pair."""
    return text_.replace("\0", "").encode("utf-8", "replace").decode()


def _outcome(
    run: SourceRun, total: Tally, started: float, *, health: str | None = None, trouble: OutsideError | None = None
) -> Outcome:
    return Outcome(
        run_id=run.id or 0,
        health=health or run.health,
        read=total.read,
        new=total.new,
        changed=total.changed,
        price_changed=total.price_changed,
        unchanged=total.unchanged,
        rejected=total.rejected,
        rejected_reasons=dict(total.rejected_reasons),
        vehicles_new=total.vehicles_new,
        seconds=round(time.monotonic() - started, 2),
        missed=run.missed or "",
        error=run.error or (str(trouble) if trouble else ""),
    )


def _source(session: Session, source_id: int) -> Source:
    row = session.get(Source, source_id)
    if row is None:
        raise Refused("source_gone")
    return row


def by_key(session: Session, key: str) -> Source:
    row = session.execute(select(Source).where(Source.key == key)).scalar_one_or_none()
    if row is None:
        raise Refused("source_unknown", key=key)
    return row


def for_files(session: Session, key: str, adapter: str) -> Source:
    """The source that imported files belong to; a new key makes one that is never pulled."""
    row = session.execute(select(Source).where(Source.key == key)).scalar_one_or_none()
    if row is None:
        if not 1 <= len(key) <= 64 or not all(letter.isalnum() or letter in "-_." for letter in key):
            raise Refused("source_bad_key", key=key)
        row = Source(key=key, name=key, adapter=adapter, is_enabled=False)
        session.add(row)
        session.commit()
    return row


def due(session: Session, now: datetime) -> list[int]:
    """Sources whose time has come."""
    return list(
        session.execute(
            select(Source.id).where(Source.is_enabled, Source.next_pull_at <= now).order_by(Source.next_pull_at)
        ).scalars()
    )
