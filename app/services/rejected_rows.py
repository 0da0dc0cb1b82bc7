"""The rows that a run turned away, given back as a file in which no cell is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

from sqlalchemy import text
from sqlalchemy.orm import Session

_DANGEROUS = ("=", "+", "-", "@", "＝", "＋", "－", "＠")  # the wide ones are read like the narrow ones


def as_csv(session: Session, run_id: int, heading: list[str], reason_in_words: Callable[[str], str]) -> Iterator[str]:
    """Line, reason, detail, the row word for word; read in pieces: a run may have turned away fifty thousand."""
    yield "\ufeff" + _line(heading)  # Excel takes the file for UTF-8 only with this mark
    last = 0
    while True:
        rows = session.execute(
            text("""
            SELECT id, line, reason, detail, row FROM rejected_row
            WHERE run_id = :run AND id > :last ORDER BY id LIMIT 1000
            """),
            {"run": run_id, "last": last},
        ).all()
        for row in rows:
            yield _line([str(row.line or ""), reason_in_words(row.reason), row.detail, row.row])
        if len(rows) < 1000:
            return
        last = rows[-1].id


def _line(cells: list[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";", lineterminator="\r\n").writerow([harmless(cell) for cell in cells])
    return buffer.getvalue()


def harmless(cell: str) -> str:
    """A spreadsheet runs what begins like a formula; an apostrophe makes it text."""
    return "'" + cell if cell.startswith(("\t", "\r", "\n")) or cell.lstrip().startswith(_DANGEROUS) else cell
