"""Proposing a field map: by the names of columns, checked against their values, and by values alone without a header.

A name only proposes. A column called «Transmission» that holds «передний» is the drive; one called «Link» that holds
titles is no link.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from app.sources import _text as text
from app.sources import _words as words
from app.sources._identity import full_vin
from app.sources._names import GENERATION, HORSES, MAKES, ROW_NUMBER, VALUES, field_of, plain

FieldMap = dict[str, Any]
LITRES_RULE = r"([0-9]{1,2}[.,][0-9]{1,3})\s*л(?!\.?\s*с)"
POWER_RULE = r"([0-9]{2,4})\s*л\.?\s*с"
FUEL_RULE = r"(?i)(бензин|дизель|гибрид|электро|газ)"
YEAR_RULE = r"\b((?:19|20)[0-9]{2})\b(?!.*\b(?:19|20)[0-9]{2}\b)"
PICTURE_RULE = r"'image': '([^']+)'"

_NUMERIC = re.compile(r"-?[0-9][0-9\s.,]*(?:км|₽|руб\.?|л\.?\s*с\.?|л|км\.)?$")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9*]{11,17}$")
_PHONE = re.compile(r"\+?[0-9][0-9 ()x*-]{8,18}$", re.IGNORECASE)


def looks_like_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names columns: it uses their known names, or it alone has no numbers."""
    first = [cell.strip() for cell in rows[0]]
    told = [cell for cell in first if cell]
    named = sum(bool(field_of(cell)) for cell in told)
    if named >= 2 or (named and named * 2 >= len(told)):
        return not any(_NUMERIC.match(cell) for cell in told)
    if len(rows) < 2 or len(set(told)) < len(told) or any(_NUMERIC.match(cell) for cell in told):
        return False
    below = [sum(bool(_NUMERIC.match(cell.strip())) for cell in row) for row in rows[1:50]]
    return median(below) >= 1


@dataclass
class Column:
    """A column by what stands in it."""

    index: int
    name: str
    values: list[str]

    def __post_init__(self) -> None:
        self.lowered = [value.lower().replace("ё", "е") for value in self.values]
        self.field = field_of(self.name)
        self.is_numeric = self.share(lambda value: bool(_NUMERIC.match(value))) >= 0.8
        self.numbers = [found for value in self.values if (found := text.number(value)) is not None]

    def share(self, test: Callable[[str], Any], *, lowered: bool = False) -> float:
        values = self.lowered if lowered else self.values
        return sum(1 for value in values if test(value)) / len(values) if values else 0.0

    def middle(self) -> float:
        return median(self.numbers) if self.numbers else 0.0

    def speaks(self, kind: str) -> float:
        return self.share(VALUES[kind].match, lowered=True)


def columns_of(names: Sequence[str], sample: Sequence[list[str] | dict[str, str]], width: int) -> list[Column]:
    """Names are empty for a table without header; then columns are told by number."""
    found = []
    for index in range(len(names) or width):
        name = names[index] if names else ""
        cells = (row.get(name, "") if isinstance(row, dict) else row[index] for row in sample)
        values = [said for cell in cells if (said := cell.strip().replace("\u00a0", " ").replace("\u2009", " "))]
        found.append(Column(index, name, values))
    return found


def propose(names: Sequence[str], sample: Sequence[list[str] | dict[str, str]], width: int) -> FieldMap:
    columns = columns_of(names, sample, width)
    proposed = _by_name(columns) if names else {}
    taken = {column.index for column in proposed.values()}
    free = [column for column in columns if column.index not in taken and column.values]
    _by_value(proposed, free, headless=not names)
    again = {name for name in names if list(names).count(name) > 1}
    rules: FieldMap = {
        field: column.name if column.name and column.name not in again else column.index
        for field, column in proposed.items()
    }
    for column in columns:
        _compound(rules, column, column.name if column.name and column.name not in again else column.index)
    return rules


def _by_name(columns: list[Column]) -> dict[str, Column]:
    """The first column of a field's name whose values may be that field."""
    proposed: dict[str, Column] = {}
    for column in sorted(columns, key=lambda column: "." in column.name):
        if column.field and column.field not in proposed and (not column.values or may_be(column.field, column)):
            proposed[column.field] = column
    for field, column in list(proposed.items()):
        if not column.values and field not in ("description", "phones"):
            other = next((item for item in columns if item.field == field and item.values), None)
            if other is not None and may_be(field, other):
                proposed[field] = other
    return proposed


def may_be(field: str, column: Column) -> bool:
    """Whether the values do not speak against the name."""
    test = _TESTS.get(field)
    return test is None or test(column)


def _a_number(least: float, most: float) -> Callable[[Column], bool]:
    return lambda column: len(column.numbers) * 5 >= len(column.values) and least <= column.middle() <= most


def _told_by(reader: Callable[[str], Any], share: float = 0.5) -> Callable[[Column], bool]:
    return lambda column: column.share(lambda value: reader(value) is not None) >= share


def _is_capacity(column: Column) -> bool:
    return column.is_numeric and (0.3 <= column.middle() <= 12 or 400 <= column.middle() <= 12_000)


_TESTS: dict[str, Callable[[Column], bool]] = {
    **{kind: (lambda column, kind=kind: column.speaks(kind) >= 0.5) for kind in VALUES},  # type: ignore[misc]
    "year": lambda column: column.is_numeric and 1930 <= column.middle() <= 2050 or column.share(text.year_in) > 0.8,
    "price": _a_number(1, 10**9),
    "mileage_km": lambda column: len(column.numbers) * 2 >= len(column.values),
    "engine_cc": lambda column: _is_capacity(column) and not column.share(HORSES.search),
    "power_hp": _a_number(20, 2000),
    "owners": _told_by(words.owners, 0.2),
    "doors": _a_number(2, 6),
    "is_damaged": _told_by(words.is_damaged),
    "is_new": _told_by(words.is_new),
    "seller_kind": _told_by(words.seller_kind, 0.2),
    "url": lambda column: column.share(lambda value: value.startswith(("http", "//", "/"))) >= 0.5,
    "photos": lambda column: column.share(lambda value: "//" in value) >= 0.5,
    "vin": lambda column: column.share(lambda value: _VIN.match(value.upper())) >= 0.5,
    "published_at": _told_by(text.moment),
    "phones": lambda column: column.share(lambda value: sum(map(str.isdigit, value)) >= 6) >= 0.5,
    "external_id": lambda column: column.share(lambda value: " " not in value and len(value) <= 64) >= 0.9,
    "generation": lambda column: column.share(lambda value: value[:1] in "{[") < 0.5,
    "make": lambda column: not column.is_numeric,
    "title": lambda column: not column.is_numeric,
    "lat": _a_number(-90, 90),
    "lon": _a_number(-180, 180),
}  # fmt: skip


def _by_value(proposed: dict[str, Column], free: list[Column], *, headless: bool) -> None:
    """Columns whose values tell what they are. Under a header only the unmistakable ones are taken."""

    def take(field: str, test: Callable[[Column], bool], *, prefer: Callable[[Column], float] | None = None) -> None:
        if field in proposed:
            return
        fitting = [column for column in free if test(column)]
        if fitting:
            best = max(fitting, key=prefer) if prefer else fitting[0]
            proposed[field] = best
            free.remove(best)

    for kind in VALUES:
        take(kind, partial(_speaks_only, kind))
    take("is_damaged", lambda column: column.share(words.is_damaged, lowered=True) + _whole(column) >= 0.9)
    take("make", lambda column: column.share(lambda value: _slug(value) in MAKES, lowered=True) >= 0.8)
    take(
        "modification", lambda column: column.share(HORSES.search) >= 0.6 and column.share(words._GEARBOX.search) > 0.2
    )
    if not headless:
        return
    take("url", lambda column: column.share(lambda value: value.startswith("http")) >= 0.8)
    take("vin", lambda column: column.share(lambda value: full_vin(value) or "***" in value) >= 0.6)
    take(
        "generation",
        lambda column: column.share(GENERATION.search, lowered=True) >= 0.5 and not _starts_with_make(column),
    )
    take("title", lambda column: _starts_with_make(column) and column.share(lambda value: " " in value) > 0.5)
    take("published_at", lambda column: column.share(_is_date) >= 0.8)
    take("phones", lambda column: not _is_money(column) and column.share(_is_phone) >= 0.7)
    take("year", lambda column: column.is_numeric and column.share(_is_year) >= 0.9)
    take("mileage_km", lambda column: column.share(lambda value: value.endswith("км"), lowered=True) >= 0.5)
    take("price", _is_money, prefer=Column.middle)
    large = [column for column in free if column.is_numeric and column.middle() >= 3000 and not _is_serial(column)]
    take("price", lambda column: column in large, prefer=Column.middle)
    take("mileage_km", lambda column: column in large)
    take(
        "engine_cc", lambda column: column.is_numeric and 0.6 <= column.middle() <= 8 and "." in "".join(column.values)
    )
    take("power_hp", lambda column: column.is_numeric and 50 <= column.middle() <= 600 and not _is_serial(column))
    take("doors", lambda column: column.is_numeric and column.share(lambda value: value in "2345") >= 0.95
         and column.middle() >= 4)  # fmt: skip
    take("owners", lambda column: column.is_numeric and column.share(lambda value: value in "01234") >= 0.95)
    _after_make(proposed, free)
    take("description", lambda column: column.share(lambda value: len(value) > 120) >= 0.3)


def _after_make(proposed: dict[str, Column], free: list[Column]) -> None:
    make = proposed.get("make")
    if make is None or "model" in proposed:
        return
    following = next((column for column in free if column.index == make.index + 1), None)
    if following is not None and not _is_wordy(following):
        proposed["model"] = following
        free.remove(following)


def _speaks_only(kind: str, column: Column) -> bool:
    return column.speaks(kind) >= 0.8 and not _is_wordy(column) and not _is_engine(column)


def _is_engine(column: Column) -> bool:
    """«бензин, 4.4 л» is more than a fuel: it is taken apart later."""
    return column.share(re.compile(LITRES_RULE).search) >= 0.5 or column.share(HORSES.search) >= 0.5


def _slug(value: str) -> str:
    return value.strip().replace("_", " ")


def _whole(column: Column) -> float:
    return column.share(lambda value: words.is_damaged(value) is False, lowered=True)


def _is_wordy(column: Column) -> bool:
    return column.share(lambda value: len(value) > 60) > 0.2


def _starts_with_make(column: Column) -> bool:
    def starts(value: str) -> bool:
        parts = value.split()
        return bool(parts) and (parts[0] in MAKES or " ".join(parts[:2]) in MAKES)

    return (
        column.share(starts, lowered=True) >= 0.7
        and column.share(lambda value: _slug(value) in MAKES, lowered=True) < 0.8
    )


def _is_money(column: Column) -> bool:
    return column.share(lambda value: "₽" in value or "руб" in value, lowered=True) >= 0.5


def _is_phone(value: str) -> bool:
    return bool(_PHONE.match(value)) and 10 <= sum(letter in "0123456789xXхХ*" for letter in value) <= 12


def _is_date(value: str) -> bool:
    return not value.isdigit() and text.moment(value) is not None


def _is_year(value: str) -> bool:
    return (found := text.number(value)) is not None and 1930 <= found <= 2050


def _is_serial(column: Column) -> bool:
    numbers = column.numbers
    return len(numbers) > 2 and all(after - before == 1 for before, after in zip(numbers, numbers[1:], strict=False))


def _compound(rules: FieldMap, column: Column, where: str | int) -> None:
    """Fields that stand inside a longer text: «3.5 л / 360 л.с. / Бензин», «Kia Rio, 2018»."""
    if not column.values or plain(column.name) in ROW_NUMBER and column.name:
        return
    mapped = [field for field, rule in rules.items() if rule == where]
    if not mapped and not _is_wordy(column):
        inside = (("engine_cc", LITRES_RULE), ("power_hp", POWER_RULE), ("fuel", FUEL_RULE))
        shares = [column.share(re.compile(rule).search) for _, rule in inside]
        if max(shares[0], shares[1]) >= 0.6:
            for (field, rule), share in zip(inside, shares, strict=True):
                if field not in rules and share >= 0.5:
                    rules[field] = {"column": where, "regex": rule}
    if mapped == ["title"] and "year" not in rules and column.share(re.compile(YEAR_RULE).search) >= 0.7:
        rules["year"] = {"column": where, "regex": YEAR_RULE}
    if "photos" not in rules and column.share(re.compile(PICTURE_RULE).search) >= 0.5:
        rules["photos"] = {"column": where, "regex": PICTURE_RULE}
