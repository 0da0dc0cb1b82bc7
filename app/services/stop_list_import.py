"""Many numbers at once come on the stop list, from a file or pasted; what is no number is told line by line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.phones import read_phone
from app.errors import Refused
from app.services.audit import note_event
from app.services.stop_list import mark

MOST_LINES = 100_000
TOLD = 50  # of the lines that are no numbers
_CELLS = re.compile(r"[;\t,]")


@dataclass(slots=True)
class Imported:
    """`rejected` are the first of the lines that were left out: line number, what stands there, a code of why."""

    added_n: int = 0
    known_n: int = 0
    rejected_n: int = 0
    rejected: list[tuple[int, str, str]] = field(default_factory=list)


def decoded(raw: bytes) -> str:
    """A file as people have it: UTF-8 or, from an old table program, Windows-1251."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1251", "replace")


def take_in(session: Session, words: str, *, reason: str, actor_id: int | None, now: datetime) -> Imported:
    """A number of each line, in any spelling, never to be called again. Refused: nothing, or too much at once."""
    lines = words.splitlines()
    if len(lines) > MOST_LINES:
        raise Refused("stop_list_long", n=len(lines), cap=MOST_LINES)
    told, phones = Imported(), set()
    for number, line in enumerate(lines, 1):
        if not line.strip() or (number == 1 and not re.search(r"\d", line)):  # a heading is no mistake
            continue
        found = {read.number for read in map(read_phone, _candidates(line)) if read.number}
        if found:
            phones |= found
            continue
        told.rejected_n += 1
        if len(told.rejected) < TOLD:
            told.rejected.append((number, line.strip()[:40], read_phone(line.strip()[:80]).trouble or "invalid"))
    if not phones and not told.rejected_n:
        raise Refused("stop_list_empty")
    told.added_n = _add_all(session, sorted(phones), reason, actor_id, now)
    told.known_n = len(phones) - told.added_n
    note_event(session, "do_not_call_imported", actor_id=actor_id, subject="do_not_call", subject_id=None,
               added=told.added_n, known=told.known_n, rejected=told.rejected_n)  # fmt: skip
    return told


def _candidates(line: str) -> Iterator[str]:
    """Cells of the line that could be a number; a whole line too, as a comma may stand inside."""
    for cell in [line, *_CELLS.split(line)]:
        if 10 <= len(re.sub(r"\D", "", cell)) <= 11:
            yield cell.strip(" \"'")[:80]


def _add_all(session: Session, phones: list[str], reason: str, actor_id: int | None, now: datetime) -> int:
    """How many are new, or were forbidden for a while only."""
    values = {
        "phones": phones, "marks": [mark(phone) for phone in phones], "reason": reason, "by": actor_id, "now": now,
    }  # fmt: skip
    row = session.execute(
        text("""
        WITH n AS (SELECT * FROM unnest(CAST(:phones AS text[]), CAST(:marks AS text[])) AS n(phone, mark)), longer AS (
          UPDATE do_not_call d SET until = NULL, reason = :reason, by_id = :by, at = :now FROM n
          WHERE (d.phone_hash = n.mark OR d.phone = n.phone) AND d.until IS NOT NULL RETURNING 1
        ), added AS (
          INSERT INTO do_not_call (phone, phone_hash, reason, by_id, at)
          SELECT phone, mark, :reason, :by, :now FROM n ON CONFLICT DO NOTHING RETURNING 1
        ) SELECT (SELECT count(*) FROM longer) + (SELECT count(*) FROM added)
        """),
        values,
    ).scalar_one()
    return int(row)
