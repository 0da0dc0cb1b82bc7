"""What a catalogue file tells beside the names that we read: named before anybody imports it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from xml.etree import ElementTree

from app.seeds.importers import LEVELS, TEXT_TAGS, decoded, unpacked

_CSV = {"марка", "make", "brand", "модель", "model", "поколение", "generation", "год модели от", "год модели до",
        "марка кириллица", "модель кириллица"}  # fmt: skip
_JSON = {"name", "generation", "start_year", "end_year", "brand", "model", "cyrillic_name", "models"}
_MODEL = {"name", "year_from", "year_to", "cyrillic_name"}
_ROWS, _ELEMENTS, _SHOWN = 500, 20_000, 40


def unknown_columns(content: bytes) -> list[str]:
    """Names of columns, keys or tags that are left out; from the beginning of the file."""
    content = unpacked(content)
    head = content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    found = _in_xml(content) if head == b"<" else _in_json(content) if head in (b"[", b"{") else _in_csv(content)
    return list(dict.fromkeys(name.strip()[:60] for name in found if name.strip()))[:_SHOWN]


def _in_csv(content: bytes) -> Iterable[str]:
    first = decoded(content).partition("\n")[0]
    header = next(csv.reader(io.StringIO(first), delimiter=";" if first.count(";") > first.count(",") else ","), [])
    return [name for name in header if name.strip().casefold() not in _CSV]


def _in_json(content: bytes) -> Iterable[str]:
    told = json.loads(content.decode("utf-8-sig"))
    if isinstance(told, dict):
        return
    for row in (one for one in told[:_ROWS] if isinstance(one, dict)):
        yield from (str(name) for name in row if name not in _JSON)
        for model in row.get("models") or ():
            yield from (f"models.{name}" for name in model if name not in _MODEL)


def _in_xml(content: bytes) -> Iterable[str]:
    if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content[:4096]:
        return
    depth = 0
    for n, (event, element) in enumerate(ElementTree.iterparse(io.BytesIO(content), ("start", "end"))):  # noqa: S314
        name = element.tag.rpartition("}")[2]
        depth += 1 if event == "start" else -1
        if event == "start" and depth > 1 and name.casefold() not in LEVELS | TEXT_TAGS:
            yield name
        if event == "end":
            element.clear()
        if n > _ELEMENTS:
            return
