"""Any table of cars: CSV, XLSX, JSON or XML with a field map. Without a map one is proposed from the content."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from app.domain.ads import AdData, Rejected
from app.sources import Source, SourceTrouble
from app.sources._bytes import Saved, encoding_of, head_of
from app.sources._field_map import Mapper
from app.sources._guess import FieldMap, propose
from app.sources._identity import ROW_KEPT, keyed
from app.sources._objects import json_rows, json_table, xml_rows, xml_table
from app.sources._rows import Table, csv_rows, csv_table
from app.sources._text import Absurd
from app.sources._workbook import is_workbook, workbook_rows, workbook_table

_ROWS = {"csv": csv_rows, "xlsx": workbook_rows, "json": json_rows, "xml": xml_rows}
_HEADER = {"yes": True, "no": False}


@dataclass
class TableFile(Source):
    key: ClassVar[str] = "table_file"
    label: ClassVar[str] = "Table: CSV, Excel, JSON or XML"
    extensions: ClassVar[tuple[str, ...]] = (".csv", ".xlsx", ".json", ".xml", ".tsv", ".txt", ".csv.gz", ".jsonl")

    field_map: dict[str, Any] = field(
        default_factory=dict, metadata={"label": "Field map", "help": "Field to column; empty: found from the content"}
    )
    encoding: str = field(default="", metadata={"label": "Encoding", "help": "Empty: found from the content"})
    delimiter: str = field(default="", metadata={"label": "Delimiter", "help": "Empty: found from the content"})
    header: str = field(
        default="", metadata={"label": "Header row", "help": "yes, no, or empty: found", "choices": ("", "yes", "no")}
    )
    sheet: str = field(default="", metadata={"label": "Sheet", "help": "Name of the sheet; empty: the first"})

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        return self.read(content)

    def parse_file(self, path: Path) -> Iterator[AdData | Rejected]:
        return self.read(path)

    def table(self, saved: Saved) -> Table:
        """What the file is: kind, columns, first rows. Raises SourceTrouble when it is no table."""
        head = head_of(saved, 4096)
        start = head.decode(encoding_of(head), "ignore").lstrip("\ufeff \t\r\n")
        header = _HEADER.get(self.header)
        if is_workbook(head):
            return workbook_table(saved, sheet=self.sheet, header=header)
        if start[:1] == "<":
            return xml_table(saved)
        if _is_json(start):
            return json_table(saved)
        return csv_table(saved, encoding=self.encoding, delimiter=self.delimiter, header=header)

    def proposed_map(self, table: Table) -> FieldMap:
        return propose(table.columns, table.sample, table.width)

    def read(self, saved: Saved) -> Iterator[AdData | Rejected]:
        table = self.table(saved)
        by_name = table.kind in ("json", "xml")
        mapper = Mapper(self.field_map or self.proposed_map(table), table.columns, table.width, by_name=by_name)
        advert = mapper.advert
        for item in _ROWS[table.kind](saved, table):
            if isinstance(item, Rejected):
                yield item
                continue
            line, row = item
            try:
                ad = advert(row)
            except Absurd as absurd:
                yield Rejected(absurd.reason, _shown(row), line, str(absurd))
                continue
            # A known id and make need no closer look; this is the path of a hundred thousand rows.
            yield ad if ad.external_id and ad.make else keyed(ad, lambda row=row: _shown(row), line)  # type: ignore[misc]

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        if is_workbook(head):
            return True
        try:
            table = cls().table(head.rpartition(b"\n")[0] or head)
        except (SourceTrouble, UnicodeError):
            return False
        found = propose(table.columns, table.sample, table.width)
        return bool({"make", "model", "title"} & found.keys()) and bool({"price", "year", "mileage_km"} & found.keys())


def _is_json(start: str) -> bool:
    """A CSV may begin with a bracket too, so what follows it has to look like JSON."""
    following = start[1:].lstrip()[:1]
    return (start[:1] == "{" and following in ('"', "}")) or (start[:1] == "[" and following in ("{", "]", "[", '"'))


def _shown(row: list[str] | dict[str, str]) -> str:
    if isinstance(row, dict):
        return "; ".join(f"{name}: {said}" for name, said in row.items())[:ROW_KEPT]
    return ";".join(row)[:ROW_KEPT]
