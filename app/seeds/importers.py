"""Catalogue files of the sites and of open collections, read into plain entries; the content tells the shape."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple
from xml.etree import ElementTree

from app.errors import OutsideError

TEXT_TAGS = {  # what a modification tells in tags of its own, and how we call it
    "yearfrom": "year_from", "yearto": "year_to", "years": "years", "fueltype": "fuel", "drivetype": "drive",
    "transmission": "gearbox", "power": "power", "enginesize": "engine", "bodytype": "body", "body_type": "body",
}  # fmt: skip
LEVELS = {
    "mark": "make", "make": "make", "brand": "make", "folder": "folder", "model": "model", "generation": "generation",
    "modification": "modification",
}  # fmt: skip
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_LARGEST = 500_000_000  # bytes once unpacked


class CatalogueEntry(NamedTuple):
    """One line of a catalogue: a make, or a model of it, or a generation of that, or a modification of that.

    The `_key`s are the site's own ids, by which its feeds name a generation or a modification.
    """

    make: str
    model: str = ""
    generation: str = ""
    modification: str = ""
    year_from: int | None = None
    year_to: int | None = None
    make_aliases: tuple[str, ...] = ()
    model_aliases: tuple[str, ...] = ()
    generation_key: str = ""
    modification_key: str = ""
    facts: tuple[tuple[str, str], ...] = ()  # of a modification, as written: fuel, gearbox, drive, power, engine, body


NO_ENTRY = CatalogueEntry("")  # a line that names nothing: whoever stores the entries refuses it by name


def read_catalogue_file(content: bytes, kind: str = "") -> Iterator[CatalogueEntry]:
    """XML of Auto.ru or Avito, marks or brands XML, JSON or CSV of makes and models; gzip or not.

    `kind` is a key of FORMATS; without it the first bytes tell.
    """
    content = unpacked(content)
    if kind:
        return FORMATS[kind](content)
    head = content.lstrip(b"\xef\xbb\xbf \r\n\t")[:1]
    if head == b"<":
        return _read_xml(content)
    if head in (b"[", b"{"):
        return _read_json(content)
    return _read_csv(content)


def unpacked(content: bytes) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        with gzip.open(io.BytesIO(content)) as stream:
            whole = stream.read(_LARGEST + 1)
    except (OSError, EOFError, zlib.error) as broken:
        words = f"the catalogue cannot be unpacked: {broken}"
        raise OutsideError(words, permanent=True, code="catalogue_packed") from broken
    if len(whole) > _LARGEST:
        raise OutsideError("the catalogue is too large", permanent=True, code="catalogue_large")
    return whole


# --- XML


def _read_xml(content: bytes) -> Iterator[CatalogueEntry]:
    if b"<!DOCTYPE" in content[:4096] or b"<!ENTITY" in content[:4096]:
        raise OutsideError("a catalogue needs no DTD", permanent=True, code="catalogue_dtd")
    at: dict[str, str] = {}
    try:
        # The head was looked at above: without a DTD there are no entities to expand.
        for event, element in ElementTree.iterparse(io.BytesIO(content), ("start", "end")):  # noqa: S314
            level = _level_of(element, at)
            if event == "start" and level:
                _enter(level, element, at)
            elif event == "end" and level:
                yield from _leave(level, element, at)
    except ElementTree.ParseError as broken:
        raise OutsideError(f"the catalogue is no XML: {broken}", permanent=True, code="catalogue_xml") from broken


def _level_of(element: ElementTree.Element, at: Mapping[str, str]) -> str:
    level = LEVELS.get(element.tag.rpartition("}")[2].casefold(), "")
    # Inside a folder of Auto.ru <model> and <generation> only repeat what its name says.
    return "" if level in ("model", "generation") and "folder" in at else level


def _attribute(element: ElementTree.Element, name: str) -> str:
    return next((value.strip() for key, value in element.attrib.items() if key.casefold() == name), "")


def _enter(level: str, element: ElementTree.Element, at: dict[str, str]) -> None:
    at[level] = _attribute(element, "name")
    if level == "folder":
        at["model"], _, generation = (part.strip() for part in at["folder"].partition(","))
        at["generation"] = generation
    if level in ("generation", "modification"):
        at[f"{level}_key"] = _attribute(element, "id")


def _leave(level: str, element: ElementTree.Element, at: dict[str, str]) -> Iterator[CatalogueEntry]:
    told = _told(element) if level in ("generation", "modification") else {}
    years = _years(told.pop("year_from", ""), told.pop("year_to", ""), told.pop("years", ""))
    yield CatalogueEntry(
        at.get("make", ""), at.get("model", ""), at.get("generation", ""), at.get("modification", ""), *years,
        generation_key=at.get("generation_key", ""), modification_key=at.get("modification_key", ""),
        facts=tuple(told.items()),
    )  # fmt: skip
    for name in (level, f"{level}_key", *(("model", "generation") if level == "folder" else ())):
        at.pop(name, None)
    element.clear()


def _told(element: ElementTree.Element) -> dict[str, str]:
    told = {"years": _attribute(element, "years") or _attribute(element, "name")}
    for child in element:
        name = TEXT_TAGS.get(child.tag.casefold())
        if name and child.text and child.text.strip():
            told[name] = child.text.strip()
    return told


def _years(since: object, until: object, both: str = "") -> tuple[int | None, int | None]:
    first, last = _YEAR.search(str(since or "")), _YEAR.search(str(until or ""))
    found = [int(year) for year in _YEAR.findall(both)][:2]
    year_from = int(first[0]) if first else (found[0] if found else None)
    year_to = int(last[0]) if last else (found[1] if len(found) > 1 else None)
    return year_from, year_to


# --- JSON and CSV


def _read_json(content: bytes) -> Iterator[CatalogueEntry]:
    try:
        told = json.loads(content.decode("utf-8-sig"))
    except ValueError as broken:
        raise OutsideError(f"the catalogue is no JSON: {broken}", permanent=True, code="catalogue_json") from broken
    if isinstance(told, dict):
        yield from _read_nested(told)
    else:
        for row in told:
            yield from _read_row(row) if isinstance(row, dict) else (NO_ENTRY,)


def _read_nested(told: Mapping[str, Any]) -> Iterator[CatalogueEntry]:
    """make -> model, generation -> {"cyrillic": …}"""
    for make, models in told.items():
        yield CatalogueEntry(make.strip())
        for name, facts in models.items() if isinstance(models, dict) else ():
            model, _, generation = (part.strip() for part in name.partition(","))
            spoken = facts.get("cyrillic") if isinstance(facts, dict) else None
            yield CatalogueEntry(make.strip(), model, generation, model_aliases=_aliases(spoken))


def _read_row(row: Mapping[str, Any]) -> Iterator[CatalogueEntry]:
    """A make with its models inside, or one make, model or generation that names its parents."""
    name = str(row.get("name") or row.get("generation") or "").strip()
    years = _years(row.get("start_year"), row.get("end_year"))
    if "brand" in row:
        model = str(row.get("model") or "").strip()
        yield CatalogueEntry(str(row["brand"]).strip(), model or name, name if model else "", "", *years)
        return
    aliases = _aliases(row.get("cyrillic_name"))
    yield CatalogueEntry(name, make_aliases=aliases)
    for model in row.get("models") or ():
        yield CatalogueEntry(
            name, str(model["name"]).strip(), "", "", *_years(model.get("year_from"), model.get("year_to")),
            make_aliases=aliases, model_aliases=_aliases(model.get("cyrillic_name")),
        )  # fmt: skip


def _read_csv(content: bytes) -> Iterator[CatalogueEntry]:
    text = decoded(content)
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    for row in csv.DictReader(io.StringIO(text), delimiter=delimiter):
        told = {(key or "").strip().casefold(): (value or "").strip() for key, value in row.items() if key}
        make = told.get("марка") or told.get("make") or told.get("brand", "")
        if any(told.values()):
            yield CatalogueEntry(
                make, told.get("модель") or told.get("model", ""), told.get("поколение") or told.get("generation", ""),
                "", *_years(told.get("год модели от"), told.get("год модели до")),
                make_aliases=_aliases(told.get("марка кириллица")),
                model_aliases=_aliases(told.get("модель кириллица")),
            )  # fmt: skip


def decoded(content: bytes) -> str:
    if b"\0" in content[:4096]:
        words = "this is no catalogue: neither XML, JSON nor a table"
        raise OutsideError(words, permanent=True, code="catalogue_none")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace")


def _aliases(*texts: object) -> tuple[str, ...]:
    return tuple(str(text).strip() for text in texts if text and str(text).strip())


def makes_and_models(entries: Iterable[CatalogueEntry]) -> dict[str, set[str]]:
    """The names alone, for a count before anything is stored."""
    found: dict[str, set[str]] = {}
    for entry in entries:
        models = found.setdefault(entry.make, set())
        if entry.model:
            models.add(entry.model)
    return found


FORMATS = {"xml": _read_xml, "json": _read_json, "csv": _read_csv}
