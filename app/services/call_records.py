"""The exchange's own records of calls: the table, the CSV for days without it, and the traces of what was cut off."""

from __future__ import annotations

import csv
import io
import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.call_outcomes import Happening
from app.telephony.records import CSV_COLUMNS

log = logging.getLogger(__name__)

TAIL = 4 * 2**20  # bytes of the CSV that are looked at: tens of thousands of calls
LONGEST = 400  # of one field
_MOMENTS = ("start", "answer", "end")
_NUMBERS = ("duration", "billsec", "sequence", "pz_talk_ms")
_INT_MAX = 2**31 - 1


def endings(session: Session, links: list[str]) -> dict[str, Happening]:
    """Call's end as the record tells it, by link. A call has several records when it was handed over: the last one."""
    rows = session.execute(
        text("""
        SELECT DISTINCT ON (linkedid) linkedid, "end", pz_status, pz_cause, pz_tech, pz_talk_ms, pz_rec, disposition
        FROM cdr WHERE linkedid = ANY(:links) AND "end" IS NOT NULL
        ORDER BY linkedid, pz_status IS NULL, "end" DESC, id DESC
        """),
        {"links": links},
    )
    return {row.linkedid: _ending(row) for row in rows}


def _ending(row: Row[Any]) -> Happening:
    at = row.end
    if row.pz_status is None and row.disposition != "ANSWERED":
        return Happening("OriginateFailed", at, details={"Reason": "5" if row.disposition == "BUSY" else "1"})
    details = {
        "DialStatus": row.pz_status or "", "Cause": row.pz_cause or "", "TechCause": row.pz_tech or "",
        "TalkMs": str(row.pz_talk_ms or ""), "Rec": row.pz_rec or "",
    }  # fmt: skip
    return Happening("CallEnded", at, details=details)


def traces(session: Session, links: list[str]) -> dict[str, list[Happening]]:
    """What was written of each channel before the server died: who had answered, and until when there was sound."""
    rows = session.execute(
        text("""
        SELECT c.linkedid, c.eventtype, c.eventtime, c.channame, c.extra, k.type, t.endpoint
        FROM cel c JOIN call k ON k.link = c.linkedid LEFT JOIN trunk t ON t.id = k.trunk_id
        WHERE c.linkedid = ANY(:links) AND c.eventtime IS NOT NULL ORDER BY c.id
        """),
        {"links": links},
    )
    found: dict[str, list[Happening]] = {}
    for row in rows:
        found.setdefault(row.linkedid, []).append(_trace(row))
    return found


def _trace(row: Row[Any]) -> Happening:
    of_line = bool(row.endpoint) and (row.channame or "").startswith(f"PJSIP/{row.endpoint}-")
    incoming = row.type == "incoming"
    if row.eventtype == "HANGUP":
        said = _extra(row.extra)
        return Happening("LegHungUp", row.eventtime, row.channame or "", {"Cause": str(said.get("hangupcause", ""))})
    if row.eventtype == "ANSWER" and of_line and not incoming:
        return Happening("SellerAnswered", row.eventtime, row.channame)
    if row.eventtype == "ANSWER" and not of_line:
        return Happening("IncomingAnswered" if incoming else "OperatorAnswered", row.eventtime, row.channame or "")
    return Happening("Traced", row.eventtime, row.channame or "")


def _extra(written: str | None) -> dict[str, Any]:
    try:
        read = json.loads(written or "{}")
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


# --- the CSV


def import_csv(session: Session, path: str) -> int:
    """Bring records into the table that it lacks, because the database was away; returns how many."""
    rows = list(_tail(path))
    if not rows:
        return 0
    known = set(
        session.execute(
            text("""
            SELECT linkedid || ' ' || uniqueid || ' ' || COALESCE(sequence, 0) FROM cdr WHERE linkedid = ANY(:links)
            """),
            {"links": sorted({row["linkedid"] for row in rows})},
        ).scalars()
    )
    missing = {}
    for row in rows:
        key = f"{row['linkedid']} {row['uniqueid']} {row['sequence'] or 0}"
        if key not in known:
            missing[key] = row
    if missing:
        columns = ", ".join(f'"{name}"' for name in CSV_COLUMNS)
        values = ", ".join(f":{name}" for name in CSV_COLUMNS)
        session.execute(text(f"INSERT INTO cdr ({columns}) VALUES ({values})"), list(missing.values()))  # noqa: S608
        log.info("records imported", extra={"n": len(missing)})
    return len(missing)


def _tail(path: str) -> Iterator[dict[str, Any]]:
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            file.seek(max(0, size - TAIL))
            if size > TAIL:
                file.readline()  # the first line is cut
            written = file.read()
    except OSError:
        return
    # A line that is being written at this moment has no end yet, and comes whole the next time.
    whole = written[: written.rfind(b"\n") + 1].decode("utf-8", "replace").replace("\0", "")
    for fields in csv.reader(io.StringIO(whole)):
        if len(fields) == len(CSV_COLUMNS) and (row := _read(dict(zip(CSV_COLUMNS, fields, strict=True)))):
            yield row


def _read(fields: dict[str, str]) -> dict[str, Any] | None:
    """A row as the table takes it; None for nonsense."""
    row: dict[str, Any] = {name: value[:LONGEST] or None for name, value in fields.items()}
    try:
        for name in _MOMENTS:
            row[name] = _moment(fields[name])
        for name in _NUMBERS:
            row[name] = min(int(fields[name]), _INT_MAX) if fields[name] else None
    except (ValueError, OverflowError):
        return None
    return row if row["linkedid"] and row["uniqueid"] else None


def _moment(written: str) -> datetime | None:
    """Seconds since 1970."""
    seconds = float(written or 0)
    return datetime.fromtimestamp(seconds, UTC) if seconds > 0 else None
