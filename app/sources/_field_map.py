"""A field map at work: which cell fills which field of an advert, and how its text is read.

    {"make": "Марка", "price": 15, "city": {"const": "Казань"},
     "engine_cc": {"column": "Engine", "regex": "([0-9.]+) л"}, "price": ["Цена", "Цена со скидкой"]}

A column is told by name or by number; a list is tried in order; «const» is the same for every row.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

from app.domain.ads import AdData
from app.sources import Health, SourceTrouble
from app.sources import _text as text
from app.sources import _words as words
from app.sources._guess import FieldMap
from app.sources._names import plain

Cells = list[str] | dict[str, str]
Getter = Callable[[Any], str]
REGEX_MOST, SEARCHED_MOST, LITERAL_MOST = 300, 2_000, 20_000

_remembered = lru_cache(maxsize=8192)  # tables repeat their words: a colour is read once, not a hundred thousand times


def _phones(said: str) -> tuple[str, ...]:
    return tuple(filter(None, map(text.line, re.split(r"[,;|\n]|\s/\s", said))))


READERS: dict[str, Callable[[str], Any]] = {
    "external_id": text.external_key, "url": text.line, "title": text.line, "make": _remembered(text.line),
    "model": _remembered(text.line), "generation": _remembered(text.line), "modification": _remembered(text.line),
    "year": _remembered(text.year), "mileage_km": _remembered(text.mileage), "price": _remembered(text.price),
    "city": _remembered(text.line), "region": _remembered(text.line), "address": text.line, "lat": text.latitude,
    "lon": text.longitude, "timezone": _remembered(text.line), "phones": _phones,
    "phone_protected": _remembered(words.is_yes), "seller_name": text.line, "seller_external_id": text.external_key,
    "seller_kind": _remembered(words.seller_kind), "body": _remembered(text.line), "fuel": _remembered(text.line),
    "gearbox": _remembered(text.line), "drive": _remembered(text.line), "wheel": _remembered(text.line),
    "color": _remembered(text.line), "engine_cc": _remembered(text.engine_cc), "power_hp": _remembered(text.power),
    "doors": _remembered(text.doors), "owners": _remembered(words.owners), "vin": text.line, "plate": text.line,
    "is_damaged": _remembered(words.is_damaged), "is_new": _remembered(words.is_new), "description": text.prose,
    "photos": text.photos, "published_at": _remembered(text.moment), "state": _remembered(words.state),
}  # fmt: skip
_engine = _remembered(words.engine)
_FROM_MODIFICATION = (("engine_cc", "cc"), ("power_hp", "power_hp"), ("gearbox", "gearbox"), ("drive", "drive"),
                      ("fuel", "fuel"))  # fmt: skip


class Mapper:
    """Compiled once per file; `advert(row)` per record. Raises Absurd for a record that says impossible things."""

    def __init__(self, rules: FieldMap, columns: Sequence[str], width: int, *, by_name: bool) -> None:
        self._compiler = _Compiler(columns, width, by_name)
        unknown = [field for field in rules if field not in READERS]
        if unknown:
            raise SourceTrouble(Health.LAYOUT_CHANGED, f"the field map has unknown fields: {', '.join(unknown)[:200]}")
        compiled = [(field, self._compiler.getter(rule), READERS[field]) for field, rule in rules.items()]
        self._fields = [(field, getter, reader) for field, getter, reader in compiled if getter is not None]
        self._derived = [
            (field, inner) for field, inner in _FROM_MODIFICATION if field not in rules and "modification" in rules
        ]
        if not {"make", "model", "title"} & {field for field, _, _ in self._fields}:
            missing = ", ".join(self._compiler.missing)[:300]
            raise SourceTrouble(
                Health.LAYOUT_CHANGED,
                f"columns of the field map are not in the file: {missing}"
                if missing
                else "no make, model or title found",
            )

    @property
    def missing(self) -> list[str]:
        return self._compiler.missing

    def advert(self, row: Cells) -> AdData:
        told: dict[str, Any] = {}
        for field, getter, reader in self._fields:
            said = getter(row)
            if said:
                if said[0] in "[=" and field != "description":
                    said = _unwrapped(said)
                value = reader(said)
                if value is not None:
                    told[field] = value
        external_id = told.pop("external_id", "")
        if self._derived and "modification" in told:
            engine = _engine(told["modification"])
            for field, inner in self._derived:
                told[field] = getattr(engine, inner)
        return AdData(external_id, **told)


class _Compiler:
    def __init__(self, columns: Sequence[str], width: int, by_name: bool) -> None:
        self._by_name, self._width = by_name, width
        self._exact = {name: index for index, name in reversed(list(enumerate(columns)))}
        self._plain = {plain(name): name for name in reversed(list(columns)) if plain(name)}
        self.missing: list[str] = []

    def getter(self, rule: Any) -> Getter | None:
        if isinstance(rule, list):
            getters = [getter for part in rule if (getter := self.getter(part)) is not None]
            return (lambda row: next((said for getter in getters if (said := getter(row))), "")) if getters else None
        if isinstance(rule, dict):
            return self._dressed(rule)
        return self._cell(rule)

    def _dressed(self, rule: dict[str, Any]) -> Getter | None:
        if "const" in rule:
            constant = str(rule["const"])
            return lambda row: constant
        cell = self._cell(rule.get("column"))
        if cell is None or not rule.get("regex"):
            return cell
        search = _pattern(str(rule["regex"])).search

        def found(row: Cells) -> str:
            match = search(cell(row)[:SEARCHED_MOST])
            return (match.group(1 if match.re.groups else 0) or "") if match else ""

        return found

    def _cell(self, column: Any) -> Getter | None:
        if isinstance(column, str) and column not in self._exact and not column.isdigit():
            column = self._plain.get(plain(column), column)
        if isinstance(column, str) and column in self._exact:
            if self._by_name:
                name: str = column
                return lambda row: row.get(name, "")
            return itemgetter(self._exact[column])
        if isinstance(column, int | str) and str(column).isdigit() and not self._by_name and int(column) < self._width:
            return itemgetter(int(column))
        self.missing.append(str(column))
        return None


def _pattern(written: str) -> re.Pattern[str]:
    if len(written) > REGEX_MOST:
        raise SourceTrouble(Health.LAYOUT_CHANGED, "a pattern of the field map is too long")
    try:
        return re.compile(written)
    except re.error as trouble:
        raise SourceTrouble(Health.LAYOUT_CHANGED, f"a pattern of the field map is wrong: {trouble}") from None


def _unwrapped(said: str) -> str:
    """«['3.0 л ', ' Дизель']» as a spreadsheet of a Python program has it; «="8916"» as a careful export has it."""
    if said.startswith('="') and said.endswith('"'):
        return said[2:-1]
    if said[0] != "[" or said[-1] != "]" or len(said) > LITERAL_MOST:
        return said
    try:
        values = ast.literal_eval(said)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return said
    if not isinstance(values, list):
        return said
    return ", ".join(str(value).strip() for value in values if isinstance(value, str | int | float))
