"""Adverts that somebody sends us through our own API: JSON records whose names are those of the field map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from app.domain.ads import AdData, Rejected
from app.sources import Source
from app.sources._field_map import READERS, Mapper
from app.sources._guess import FieldMap
from app.sources._identity import as_row, one_record
from app.sources._objects import flat
from app.sources._trouble import parsed_json

FIELDS = tuple(READERS)  # what a record may tell when the source has no map of its own


@dataclass
class PushApi(Source):
    key: ClassVar[str] = "push_api"
    label: ClassVar[str] = "Sent to us by the API"
    takes_push: ClassVar[bool] = True

    field_map: dict[str, Any] = field(
        default_factory=dict, metadata={"label": "Field map", "help": "Field to name; empty: our own names"}
    )

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        said = parsed_json(content)
        records = said.get("ads") if isinstance(said, dict) else said
        yield from self.read(records if isinstance(records, list) else [said])

    def read(self, records: Sequence[Any]) -> list[AdData | Rejected]:
        """Exactly one answer per record, in order. Raises SourceTrouble when the field map fits none of them."""
        rows = [_row(record) for record in records]
        rules: FieldMap = self.field_map or {name: name for name in FIELDS}
        columns = list(dict.fromkeys([*FIELDS, *(name for row in rows for name in row or ())]))
        mapper = Mapper(rules, columns, len(columns), by_name=True)
        return [self._one(mapper, row, record, n) for n, (row, record) in enumerate(zip(rows, records, strict=True), 1)]

    def _one(self, mapper: Mapper, row: dict[str, str] | None, record: Any, position: int) -> AdData | Rejected:
        if row is None:
            return Rejected("not_a_record", as_row(record), position)
        done = one_record(row, mapper.advert, position) if row else None
        return done if done is not None else Rejected("empty", as_row(record), position)


def _row(record: Any) -> dict[str, str] | None:
    """The record flat and in text, as a row of a table is; None when it is no record at all."""
    if not isinstance(record, dict):
        return None
    return {_clean(name): _clean(said) for name, said in flat(record).items() if said}


def _clean(said: str) -> str:
    """JSON can tell halves of letters and NUL, which no database takes."""
    return said.replace("\0", "").encode("utf-8", "ignore").decode()
