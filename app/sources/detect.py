"""For the import wizard: which format a file is, which map its columns ask for, what its first rows become."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import app.sources
from app.domain.ads import AdData, Rejected
from app.registry import members
from app.sources import Source, SourceTrouble
from app.sources._archive import ArchiveTrouble
from app.sources._bytes import Saved, gunzipped, head_of
from app.sources._guess import FieldMap, propose
from app.sources.table_file import TableFile

HEAD = 1 << 16
_LAST = ("json_ld", "table_file")  # both read what a special adapter reads better


def detect_format(head: bytes, filename: str = "") -> str:
    """The key of the adapter for a file by its first bytes (packed or not), "" when none knows it.

    The name decides only where the bytes leave a choice: it is what people get wrong.
    """
    plain = gunzipped(head)
    families = members(app.sources, Source)
    keys = [key for key, kind in families.items() if key not in _LAST and kind.recognises(plain)]
    if len(keys) > 1:
        keys = [key for key in keys if filename.lower().endswith(families[key].extensions)] or keys
    keys += [key for key in _LAST if families[key].recognises(plain)]
    return keys[0] if keys else ""


def detect_file(path: Path) -> str:
    """As detect_format; a saved page may keep its data behind half a megabyte of trackers, so more is looked at."""
    return detect_format(head_of(path, HEAD), path.name) or detect_format(head_of(path, 4 << 20), path.name)


def archive_fault(path: Path) -> str:
    """Why a .zip cannot be read as the one file inside it, as a code; empty when it can."""
    try:
        head_of(path, HEAD)
    except ArchiveTrouble as trouble:
        return trouble.fault
    return ""


def propose_map(saved: Saved) -> FieldMap:
    """Field to column, from the names of the columns and from their values. Raises SourceTrouble: no table."""
    table = TableFile().table(saved)
    return propose(table.columns, table.sample, table.width)


@dataclass
class Preview:
    """What the wizard shows before anything is stored. `columns` are numbers when the table has no header."""

    kind: str
    columns: list[str]
    has_header: bool
    encoding: str
    delimiter: str
    rows: list[list[str]]
    field_map: FieldMap
    records: list[AdData | Rejected] = field(default_factory=list)
    trouble: str = ""


def preview(saved: Saved, source: TableFile | None = None, *, rows: int = 20) -> Preview:
    """The first rows as they stand and as they would be read, with the map of `source` or the proposed one."""
    source = source or TableFile()
    table = source.table(saved)
    names = table.columns or [str(index) for index in range(table.width)]
    cells = [
        [row.get(name, "") for name in names] if isinstance(row, dict) else list(row) for row in table.sample[:rows]
    ]
    shown = Preview(
        table.kind,
        names,
        bool(table.columns),
        table.encoding,
        table.delimiter,
        [[cell[:200] for cell in row] for row in cells],
        source.field_map or source.proposed_map(table),
    )
    try:
        for record in islice(source.read(saved), rows):
            shown.records.append(record)
    except SourceTrouble as trouble:
        shown.trouble = str(trouble)
    return shown
