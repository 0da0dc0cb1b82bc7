"""Rows out of a table, streaming: delimited text here; workbooks, JSON and XML in the modules beside.

A row is a list of cells (by position) or, from JSON and XML, an object (by name).
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from app.domain.ads import Rejected
from app.sources import Health, SourceTrouble
from app.sources._bytes import Saved, encoding_of, head_of, open_saved
from app.sources._guess import looks_like_header
from app.sources._identity import ROW_KEPT
from app.sources._text import _BAD
from app.sources._trouble import is_html, no_record

Row = list[str] | dict[str, str]
SAMPLE = 400
COLUMNS_MOST = 500
FIELD_MOST = 1 << 20  # characters of a cell: beyond it a quotation mark was never closed
_DELIMITERS = (",", ";", "\t", "|")


@dataclass
class Table:
    """What kind of table a file is, its column names ([] when it has no header) and its first rows."""

    kind: str
    columns: list[str] = field(default_factory=list)
    sample: list[Row] = field(default_factory=list)
    width: int = 0
    encoding: str = ""
    delimiter: str = ""
    has_hint: bool = False  # Excel's first line «sep=;»
    records_at: str = ""  # sheet, JSON path or XML tag


def csv_table(saved: Saved, *, encoding: str = "", delimiter: str = "", header: bool | None = None) -> Table:
    head = head_of(saved)
    if not head.strip():
        raise SourceTrouble(Health.EMPTY, "the file is empty")
    encoding = _known(encoding) or encoding_of(head)
    if len(delimiter) > 1:
        raise SourceTrouble(Health.LAYOUT_CHANGED, "the delimiter must be one character")
    start = head[: len(head) // 2 * 2].decode(encoding, "ignore").lstrip("\ufeff")
    if is_html(start):
        raise no_record(start, head, "table but a web page")
    hint = start[4:5] if start[:4].lower() == "sep=" else ""
    delimiter = delimiter or hint or _delimiter(start)
    table = Table("csv", encoding=encoding, delimiter=delimiter, has_hint=bool(hint))
    rows = [row for row in islice(_plain_rows(saved, table), SAMPLE + 1) if any(row)]
    if not rows:
        raise SourceTrouble(Health.EMPTY, "the file has no rows")
    has_header = looks_like_header(rows) if header is None else header
    table.width = len(rows[0]) if has_header else Counter(map(len, rows)).most_common(1)[0][0]
    if table.width > COLUMNS_MOST:
        raise SourceTrouble(Health.LAYOUT_CHANGED, f"more than {COLUMNS_MOST} columns")
    table.columns = [name.strip() for name in rows[0]] if has_header else []
    table.sample = [row for row in rows[has_header:] if len(row) == table.width]
    return table


def _known(encoding: str) -> str:
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        raise SourceTrouble(Health.LAYOUT_CHANGED, f"unknown encoding: {encoding[:40]}") from None
    return encoding


def _delimiter(start: str) -> str:
    """The one under which most rows have the same number of cells."""
    csv.field_size_limit(FIELD_MOST)

    def score(delimiter: str) -> tuple[float, int]:
        try:
            rows = list(islice(csv.reader(io.StringIO(start[:200_000], newline=None), delimiter=delimiter), 100))
        except csv.Error:
            return (0, 0)
        widths = Counter(len(row) for row in rows if row)
        width, times = widths.most_common(1)[0] if widths else (1, 0)
        return (times / max(len(rows), 1) if width > 1 else 0, width)

    return max(_DELIMITERS, key=score)


class _Lines(Iterator[str]):
    """Lines without the characters no database takes; the raw lines of the record in hand are at `pending`."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        self._stream = stream
        self.pending: list[str] = []

    def __next__(self) -> str:
        line = next(self._stream)
        if _BAD.search(line):
            line = _BAD.sub("", line)
        self.pending.append(line)
        return line


def _lines(saved: Saved, table: Table) -> _Lines:
    errors = "or_cp1251" if table.encoding.startswith("utf-8") else "replace"
    stream = io.TextIOWrapper(open_saved(saved), table.encoding, errors=errors, newline=None)
    lines = _Lines(stream)
    if table.has_hint:
        stream.readline()
    return lines


def _plain_rows(saved: Saved, table: Table) -> Iterator[list[str]]:
    """The start of the file as it comes, for looking at."""
    csv.field_size_limit(FIELD_MOST)
    lines = _lines(saved, table)
    try:
        yield from csv.reader(lines, delimiter=table.delimiter)
    except csv.Error:
        return
    finally:
        lines._stream.close()


def csv_rows(saved: Saved, table: Table) -> Iterator[tuple[int, list[str]] | Rejected]:
    """Every record with its line; a record that does not line up is repaired or reported."""
    csv.field_size_limit(FIELD_MOST)
    lines = _lines(saved, table)
    pending, width, delimiter = lines.pending, table.width, table.delimiter
    reader = csv.reader(lines, delimiter=delimiter)
    number, header = 0, bool(table.columns)
    try:
        while True:
            pending.clear()
            try:
                row = next(reader)
            except StopIteration:
                return
            except csv.Error:
                yield from _line_by_line(list(pending), table, number)
                number += len(pending)
                reader = csv.reader(lines, delimiter=delimiter)
                continue
            at, number = number + 1, number + len(pending)
            if header:
                header = not any(row)
            elif len(row) == width and (row[-1] or row[1 % width] or delimiter not in row[0]):
                yield (at, row) if any(row) else Rejected("empty", "", at)
            elif row:
                yield from _mended(row, list(pending), table, at)
    finally:
        lines._stream.close()


def _mended(row: list[str], raw: list[str], table: Table, at: int) -> Iterator[tuple[int, list[str]] | Rejected]:
    if not any(cell.strip() for cell in row):
        yield Rejected("empty", "", at)
        return
    if not any(row[1:]) and table.delimiter in row[0]:  # the whole record was quoted into its first cell
        inner = next(csv.reader([row[0].replace("\n", " ")], delimiter=table.delimiter))
        if len(inner) == table.width:
            yield at, inner
            return
    if len(row) > table.width and not any(row[table.width :]):
        yield at, row[: table.width]
    elif len(raw) > 1:
        yield from _line_by_line(raw, table, at - 1)
    elif len(row) == table.width:
        yield at, row
    else:
        yield Rejected("not_a_record", "".join(raw)[:ROW_KEPT], at, f"{len(row)} cells of {table.width}")


def _line_by_line(raw: list[str], table: Table, before: int) -> Iterator[tuple[int, list[str]] | Rejected]:
    """An unclosed quotation mark has swallowed good records: what lines up alone is one of them."""
    for offset, line in enumerate(raw, 1):
        try:
            row = next(csv.reader([line], delimiter=table.delimiter), [])
        except csv.Error:
            row = []
        if len(row) == table.width and sum(map(bool, row)) > 1:
            yield before + offset, row
        elif line.strip():
            said = f"{len(row)} cells of {table.width}"
            yield Rejected("not_a_record", line[:ROW_KEPT], before + offset, said)
