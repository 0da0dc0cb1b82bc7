"""Rows out of JSON and XML whose shape nobody told: where the records stand is found, and each is made flat."""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any

import ijson
from lxml import etree

from app.domain.ads import Rejected
from app.sources import Health, SourceTrouble
from app.sources._bytes import HEAD, Saved, decoded, encoding_of, head_of, open_saved
from app.sources._identity import as_row
from app.sources._rows import SAMPLE, Table
from app.sources._trouble import no_record
from app.sources._xml import elements, name_of

LINES = "lines"
BY_KEY = "by key"
DEEPEST = 6


# JSON


def json_table(saved: Saved) -> Table:
    table = Table("json", records_at=_place(saved), encoding="utf-8")
    return _with_sample(table, json_rows(saved, table))


def _with_sample(table: Table, rows: Iterator[tuple[int, dict[str, str]] | Rejected]) -> Table:
    try:
        for item in islice(rows, SAMPLE):
            if not isinstance(item, Rejected):
                table.sample.append(item[1])
    except SourceTrouble as trouble:
        if trouble.health is not Health.PARTIAL:
            raise
    table.columns = list(dict.fromkeys(name for row in table.sample for name in row))
    return table


def json_rows(saved: Saved, table: Table) -> Iterator[tuple[int, dict[str, str]] | Rejected]:
    number = 0
    for number, record in enumerate(_records(saved, table.records_at), 1):
        if isinstance(record, dict) and record:
            yield number, flat(record)
        else:
            yield Rejected("empty" if record in ({}, None) else "not_a_record", as_row(record), number)


def _records(saved: Saved, place: str) -> Iterator[Any]:
    encoding = encoding_of(head_of(saved, 4096))
    try:
        if place == LINES:
            with io.TextIOWrapper(open_saved(saved), encoding, errors="replace") as lines:
                yield from (_line(line.lstrip("\ufeff")) for line in lines if line.strip())
        elif encoding.startswith("utf-8"):
            with open_saved(saved) as stream:
                if encoding == "utf-8-sig":
                    stream.read(3)
                yield from _items(stream, place)
        else:
            yield from _items(decoded(saved if isinstance(saved, bytes) else saved.read_bytes()).encode(), place)
    except ijson.IncompleteJSONError as cut:
        raise SourceTrouble(Health.PARTIAL, f"the JSON is cut or broken: {str(cut)[:120]!r}") from None
    except ijson.JSONError as broken:
        raise SourceTrouble(Health.PARTIAL, f"the JSON is broken: {str(broken)[:120]!r}") from None


def _line(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def _items(stream: Any, place: str) -> Iterator[Any]:
    if place == BY_KEY:
        return (value for _, value in ijson.kvitems(stream, "", use_float=True))
    return iter(ijson.items(stream, place, use_float=True))


def _place(saved: Saved) -> str:
    """The shallowest array of objects; an object of objects is a set of records by key; else one object a line."""
    head = head_of(saved, 8 * HEAD)
    start = decoded(head).lstrip()
    if not start:
        raise SourceTrouble(Health.EMPTY, "the file is empty")
    first, _, rest = start.partition("\n")
    if isinstance(_line(first), dict) and rest.lstrip()[:1] == "{":
        return LINES
    arrays: Counter[str] = Counter()
    objects_at_root = others_at_root = 0
    before = ""
    try:
        for prefix, event, _ in ijson.parse(start.encode(), use_float=True):
            if event == "start_map" and before.startswith("start_array:"):
                arrays[prefix] += 1
            elif event == "start_map" and prefix and "." not in prefix and before == "map_key:":
                objects_at_root += 1
            elif before == "map_key:" and event != "end_map":
                others_at_root += 1
            # Only the root's own keys matter for «records by key».
            before = f"{event}:{prefix}" if event == "start_array" or (event == "map_key" and not prefix) else ""
    except ijson.JSONError as trouble:
        if not arrays and not objects_at_root:
            raise no_record(start, head, f"JSON ({str(trouble)[:60]!r})") from None
    shallowest = min(arrays, key=lambda prefix: prefix.count("."), default="")
    if shallowest and (shallowest.count(".") < 2 or objects_at_root < 2 or others_at_root):
        return shallowest
    if objects_at_root and not others_at_root:
        return BY_KEY
    if not shallowest and start[:1] not in "[{":
        raise no_record(start, head, "records")
    return shallowest or "item"


def flat(record: dict[str, Any], before: str = "", depth: int = 0) -> dict[str, str]:
    """{"a": {"b": 1}} becomes {"a.b": "1"}; lists of plain values are joined; name/value pairs become columns."""
    row: dict[str, str] = {}
    for key, value in record.items():
        name = f"{before}{key}"
        if isinstance(value, dict):
            row |= flat(value, f"{name}.", depth + 1) if depth < DEEPEST else {}
        elif isinstance(value, list):
            _flat_list(row, name, value, depth)
        elif value is not None:
            row[name] = _plain(value)
    return row


def _flat_list(row: dict[str, str], name: str, values: list[Any], depth: int) -> None:
    for item in values[:100]:
        if isinstance(item, dict) and {"name", "value"} <= item.keys():
            row[f"{name}.{item['name']}"] = _plain(item["value"])
        elif isinstance(item, dict) and depth < DEEPEST:
            for inner, said in flat(item, f"{name}.", depth + 1).items():
                row[inner] = f"{row[inner]}, {said}" if row.get(inner) else said
        elif isinstance(item, str | int | float):
            row[name] = f"{row[name]}, {_plain(item)}" if row.get(name) else _plain(item)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value)) if abs(value) < 1e15 else ""
    return value if isinstance(value, str) else "" if value is None else str(value)


# XML


def xml_table(saved: Saved) -> Table:
    table = Table("xml", records_at=_record_tag(head_of(saved)))
    return _with_sample(table, xml_rows(saved, table))


def xml_rows(saved: Saved, table: Table) -> Iterator[tuple[int, dict[str, str]] | Rejected]:
    for element in elements(saved, lambda name: name == table.records_at):
        row = _flat_element(element)
        yield (element.sourceline, row) if row else Rejected("empty", "", element.sourceline)


def _record_tag(head: bytes) -> str:
    """The element that repeats nearest to the root and has several children of its own."""
    _refuse_unsafe(head)
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(head, parser)
    if root is None:
        raise no_record(head.decode("utf-8", "replace"), head, "XML records")
    found: Counter[str] = Counter()
    depth_of: dict[str, int] = {}
    level, depth = [root], 0
    while level and depth < 5:
        level, depth = [child for parent in level for child in parent if name_of(child)], depth + 1
        for element in level:
            if sum(1 for child in element if name_of(child)) >= 2 or len(element.attrib) >= 3:
                found[name_of(element)] += 1
                depth_of.setdefault(name_of(element), depth)
    if not found:
        raise no_record(head.decode("utf-8", "replace"), head, "XML records")
    several = [name for name in found if found[name] > 1] or list(found)
    return min(several, key=lambda name: (depth_of[name], -found[name]))


def _refuse_unsafe(head: bytes) -> None:
    """Entities and web pages are refused here; that the head is only a part of the file is no matter."""
    try:
        next(elements(head, lambda name: False), None)
    except SourceTrouble as trouble:
        if trouble.health is not Health.PARTIAL:
            raise


def _flat_element(element: Any, before: str = "", depth: int = 0) -> dict[str, str]:
    row = {f"{before}@{key}": value for key, value in element.attrib.items() if key != "name"}
    for child in element:
        tag = name_of(child)
        if not tag:
            continue
        tag = child.tag.rpartition("}")[2]
        name = f"{before}{tag}.{child.get('name')}" if child.get("name") else f"{before}{tag}"
        said = (child.text or "").strip()
        inner = _flat_element(child, f"{name}.", depth + 1) if depth < DEEPEST else {}
        for key, value in (({name: said} if said else {}) | inner).items():
            row[key] = f"{row[key]}, {value}" if row.get(key) else value
    return row
