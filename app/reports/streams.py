"""Long lists as files at constant memory: rows in, an Excel book or CSV out, however many they are.

Every text is an inline string: nothing from outside can become a formula or a link. The sheet is written as it goes and
continued on a second one where Excel's end is reached.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from app.reports import _book_parts as parts

TEXT, NUMBER, PLAIN, MOMENT, CLOCK = "text", "number", "plain", "moment", "clock"  # plain: a number such as a year
SHEET_ROWS = 1_048_576
CHUNK = 2_000  # rows between two looks at whether anybody still wants the file
MOST_LETTERS = 32_000  # of a cell; Excel ends at 32,767

_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")  # of a formula, narrow and wide
_BAD = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001  Excel knows no zones

Rows = Iterable[Sequence[Any]]
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Column:
    title: str
    kind: str = TEXT
    width: int = 16


def clean(value: Any) -> Any:
    """For files that know no types: no control characters, nothing that is taken for a formula."""
    if not isinstance(value, str):
        return value
    text = _BAD.sub("", value)[:MOST_LETTERS]
    return "'" + text if text[:1] in _STARTS else text


def write_csv(path: Path, columns: Sequence[Column], rows: Rows, progress: Progress) -> int:
    """Returns how many rows. The mark at the start tells Excel that the letters are Unicode."""
    done = 0
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow([clean(column.title) for column in columns])
        source = iter(rows)
        while chunk := list(islice(source, CHUNK)):
            writer.writerows([_plain(value) for value in row] for row in chunk)
            done += len(chunk)
            progress(done)
    return done


def write_xlsx(
    path: Path, title: str, columns: Sequence[Column], rows: Rows, progress: Progress,
    about: Sequence[tuple[str, str]] = (), about_title: str = "", sheet_rows: int = SHEET_ROWS,
) -> int:  # fmt: skip
    """Returns how many rows. `about`: what is told of the list on a last sheet; moments are naive: the zone's own."""
    sizes: list[int] = []
    names = _Names()
    source, more = iter(rows), True
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        while more:
            number = len(sizes) + 1
            with book.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as sheet:
                sheet.write(parts.sheet_start([column.width for column in columns]).encode())
                sheet.write(_head(columns).encode())
                size = 0
                for piece, n in _pieces(columns, islice(source, sheet_rows - 1)):
                    sheet.write(piece.encode())
                    size += n
                    progress(sum(sizes) + size)
                sheet.write(parts.sheet_end(len(columns), size + 1).encode())
            sizes.append(size)
            names.add(title)
            first = next(source, None) if size == sheet_rows - 1 else None
            more = first is not None
            source = chain([first], source) if first is not None else source
        told = [names.add(about_title)] if about else []
        if told:
            book.writestr(f"xl/worksheets/sheet{len(sizes) + 1}.xml", _about_sheet(about))
        for name, xml in parts.frame(names.all, len(columns), [size + 1 for size in sizes]).items():
            book.writestr(name, xml)
    return sum(sizes)


class _Names:
    """Names of sheets as Excel takes them: short, without its signs, each once."""

    def __init__(self) -> None:
        self.all: list[str] = []

    def add(self, wanted: str) -> str:
        base = re.sub(r"[\[\]:*?/\\']", " ", _BAD.sub("", wanted)).strip()[:27] or "1"
        name, n = base, 1
        while name in self.all:
            n += 1
            name = f"{base} {n}"
        self.all.append(name)
        return name


def _pieces(columns: Sequence[Column], rows: Iterator[Sequence[Any]]) -> Iterator[tuple[str, int]]:
    """Column by column: one loop a column over some thousand rows costs half of a switch by type for each cell."""
    writers = [_WRITERS[column.kind] for column in columns]
    while chunk := list(islice(rows, CHUNK)):
        cells = [write(values) for write, values in zip(writers, zip(*chunk, strict=True), strict=True)]
        yield "<row>" + "</row><row>".join(map("".join, zip(*cells, strict=True))) + "</row>", len(chunk)


def _texts(values: Sequence[Any]) -> list[str]:
    values = ["" if value is None else value if type(value) is str else str(value) for value in values]
    if not _is_plain(f"|{'|'.join(values)}|") or max(map(len, values)) > MOST_LETTERS:
        return [
            f'<c t="inlineStr"><is><t xml:space="preserve">{_text(v)}</t></is></c>' if v else "<c/>" for v in values
        ]
    return [f'<c t="inlineStr"><is><t>{value}</t></is></c>' if value else "<c/>" for value in values]


def _is_plain(joined: str) -> bool:
    """Nothing to be escaped or taken out, no blanks at an end; asked of some thousand values at once."""
    return joined.isprintable() and not any(sign in joined for sign in ("&", "<", ">", "| ", " |"))


def _numbers(values: Sequence[Any]) -> list[str]:
    return ["<c/>" if value is None else f'<c s="4"><v>{value}</v></c>' for value in values]


def _plain_numbers(values: Sequence[Any]) -> list[str]:
    return ["<c/>" if value is None else f"<c><v>{value}</v></c>" for value in values]


def _moments(values: Sequence[Any]) -> list[str]:
    gaps = [None if value is None else value - _EPOCH for value in values]
    return ["<c/>" if g is None else f'<c s="1"><v>{g.days + g.seconds / 86400:.8f}</v></c>' for g in gaps]


def _clocks(values: Sequence[Any]) -> list[str]:
    return ["<c/>" if v is None else f'<c s="2"><v>{v.total_seconds() / 86400:.8f}</v></c>' for v in values]


_WRITERS = {TEXT: _texts, NUMBER: _numbers, PLAIN: _plain_numbers, MOMENT: _moments, CLOCK: _clocks}


def _head(columns: Sequence[Column]) -> str:
    cells = [f'<c s="3" t="inlineStr"><is><t>{_text(column.title)}</t></is></c>' for column in columns]
    return f'<row ht="30" customHeight="1">{"".join(cells)}</row>'


def _about_sheet(lines: Sequence[tuple[str, str]]) -> str:
    def cell(text: str, style: int) -> str:
        return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{_text(text)}</t></is></c>'

    rows = [f"<row>{cell(name, 6)}{cell(text, 7)}</row>" for name, text in lines]
    view = '<sheetViews><sheetView workbookViewId="0"/></sheetViews>'
    return f"{parts.SHEET}{view}{parts.widths([26, 90])}<sheetData>{''.join(rows)}</sheetData></worksheet>"


def _text(value: str) -> str:
    return escape(_BAD.sub("", value)[:MOST_LETTERS])


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%d.%m.%Y %H:%M:%S}"
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return clean(value)


__all__ = ["CLOCK", "MOMENT", "NUMBER", "PLAIN", "TEXT", "Column", "clean", "write_csv", "write_xlsx"]
