"""Rows of an XLSX, streaming. It is an archive, so it is weighed before it is opened; formulas are text."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from app.domain.ads import Rejected
from app.sources import Health, SourceTrouble
from app.sources._bytes import RATIO_FREE, RATIO_MOST, Saved, seekable
from app.sources._guess import looks_like_header
from app.sources._rows import COLUMNS_MOST, SAMPLE, Table

UNPACKED_MOST = 1 << 30
PACKED_MOST = 128 << 20  # a workbook inside an archive is held in memory
STRINGS_MOST = 96 << 20  # the table of shared strings is the one part that is held in memory
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_BROKEN = (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, OSError, EOFError, SyntaxError, TypeError)


def is_workbook(head: bytes) -> bool:
    return head[:4] in (b"PK\x03\x04", OLD_OR_LOCKED)


def workbook_table(saved: Saved, *, sheet: str = "", header: bool | None = None) -> Table:
    rows = [row for _, row in islice(_sheet_rows(saved, sheet), SAMPLE + 1)]
    if not rows:
        raise SourceTrouble(Health.EMPTY, "the sheet has no rows")
    width = max(map(len, rows))
    rows = [_wide(row, width) for row in rows]
    has_header = looks_like_header(rows) if header is None else header
    columns = [name.strip() for name in rows[0]] if has_header else []
    return Table("xlsx", columns, [*rows[has_header:]], width, records_at=sheet)


def workbook_rows(saved: Saved, table: Table) -> Iterator[tuple[int, list[str]] | Rejected]:
    skip = bool(table.columns)
    for number, row in _sheet_rows(saved, table.records_at):
        if skip:
            skip = False
            continue
        if len(row) > table.width:
            row = row[: table.width]
        yield number, _wide(row, table.width)


def _wide(row: list[str], width: int) -> list[str]:
    return row if len(row) == width else row + [""] * (width - len(row))


def _sheet_rows(saved: Saved, sheet: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that say something. A sheet formatted down to its last line is no million of records."""
    raw: Any = seekable(saved, PACKED_MOST)
    with raw:
        _weigh(raw)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # notes about styles and validations that we do not read
                book = load_workbook(raw, read_only=True, data_only=False, keep_links=False)
                page = book[sheet] if sheet else book.worksheets[0]
                page.reset_dimensions()
                stream = page.iter_rows(values_only=True, max_col=COLUMNS_MOST)
            number = 0
            while True:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    piece = list(islice(stream, 500))
                if not piece:
                    break
                for values in piece:
                    number += 1
                    row = ["" if value is None else value if type(value) is str else _said(value) for value in values]
                    if any(row):
                        yield number, row
            book.close()
        except _BROKEN as trouble:
            raise SourceTrouble(Health.LAYOUT_CHANGED, f"the workbook cannot be read: {str(trouble)[:200]}") from None


def _weigh(raw: Any) -> None:
    if raw.read(4) == OLD_OR_LOCKED:
        raise SourceTrouble(
            Health.LAYOUT_CHANGED, "a locked or an old .xls workbook: save it as .xlsx without password"
        )
    raw.seek(0)
    try:
        with zipfile.ZipFile(raw) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as trouble:
        raise SourceTrouble(Health.PARTIAL, f"the workbook is damaged or cut: {trouble}") from None
    raw.seek(0)
    unpacked, packed = sum(part.file_size for part in parts), sum(part.compress_size for part in parts)
    strings = sum(part.file_size for part in parts if part.filename.endswith("sharedStrings.xml"))
    if unpacked > UNPACKED_MOST or strings > STRINGS_MOST or unpacked > max(packed * RATIO_MOST, RATIO_FREE):
        raise SourceTrouble(Health.LAYOUT_CHANGED, "the workbook unpacks to far too much")


def _said(value: object) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime | date):
        return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
    return str(value)
