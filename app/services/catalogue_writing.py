"""Rows of the catalogue as they are written: many at once, and only those that are missing."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain import vocabulary
from app.domain.modifications import read_modification
from app.seeds.importers import CatalogueEntry

_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_MOST_LITRES = 20


class NewGeneration(NamedTuple):
    model_id: int
    name: str
    year_from: int | None
    year_to: int | None


class NewModification(NamedTuple):
    generation_id: int
    name: str
    engine_cc: int | None
    power_hp: int | None
    fuel: str | None
    gearbox: str | None
    drive: str | None


class Spelling(NamedTuple):
    kind: str
    context: str
    folded: str
    text: str


def modification_of(generation_id: int, entry: CatalogueEntry) -> NewModification:
    """What the name tells, and above it what the file says in fields of its own."""
    read, told = read_modification(entry.modification), dict(entry.facts)
    return NewModification(
        generation_id, entry.modification, _cubic(told.get("engine", "")) or read.engine_cc,
        _power(told.get("power", "")) or read.power_hp, vocabulary.fuel(told.get("fuel", "")) or read.fuel,
        vocabulary.gearbox(told.get("gearbox", "")) or read.gearbox,
        vocabulary.drive(told.get("drive", "")) or read.drive,
    )  # fmt: skip


def _cubic(written: str) -> int | None:
    """«2.0» are litres, «1998» cubic centimetres."""
    found = _NUMBER.search(written.replace(" ", ""))
    value = float(found[0].replace(",", ".")) if found else 0.0
    cubic = round(value * 1000) if value < _MOST_LITRES else round(value)
    return cubic if 100 <= cubic <= 30_000 else None


def _power(written: str) -> int | None:
    found = _NUMBER.search(written)
    power = round(float(found[0].replace(",", "."))) if found else 0
    return power if 1 <= power <= 3_000 else None


def add_makes(session: Session, names: list[str]) -> dict[str, int]:
    rows = session.execute(
        text("""
        INSERT INTO make (name) SELECT unnest(CAST(:names AS text[])) ON CONFLICT DO NOTHING RETURNING name, id
        """),
        {"names": names},
    )
    return {row.name: row.id for row in rows}


def add_models(session: Session, pairs: list[tuple[int, str]]) -> dict[tuple[int, str], int]:
    rows = session.execute(
        text("""
        INSERT INTO car_model (make_id, name) SELECT * FROM unnest(CAST(:makes AS int[]), CAST(:names AS text[]))
        ON CONFLICT DO NOTHING RETURNING make_id, name, id
        """),
        {"makes": [pair[0] for pair in pairs], "names": [pair[1] for pair in pairs]},
    )
    return {(row.make_id, row.name): row.id for row in rows}


def add_generations(session: Session, new: list[NewGeneration]) -> dict[tuple[int, str], int]:
    rows = session.execute(
        text("""
        INSERT INTO generation (model_id, name, year_from, year_to)
        SELECT * FROM unnest(CAST(:model_id AS int[]), CAST(:name AS text[]), CAST(:year_from AS int[]),
                             CAST(:year_to AS int[]))
        ON CONFLICT DO NOTHING RETURNING model_id, name, id
        """),
        _columns(NewGeneration, new),
    )
    return {(row.model_id, row.name): row.id for row in rows}


def fill_years(session: Session, years: dict[int, NewGeneration]) -> int:
    """Years that somebody has written stay; a generation that had none gets those of the file."""
    filled = session.execute(
        text("""
        UPDATE generation g SET year_from = new.year_from, year_to = new.year_to
        FROM unnest(CAST(:ids AS int[]), CAST(:year_from AS int[]), CAST(:year_to AS int[]))
          AS new(id, year_from, year_to)
        WHERE g.id = new.id AND g.year_from IS NULL AND g.year_to IS NULL RETURNING g.id
        """),
        {"ids": list(years)} | _columns(NewGeneration, list(years.values()), ("year_from", "year_to")),
    )
    return len(filled.all())


def add_modifications(session: Session, new: list[NewModification]) -> int:
    added = session.execute(
        text("""
        INSERT INTO modification (generation_id, name, engine_cc, power_hp, fuel, gearbox, drive)
        SELECT * FROM unnest(CAST(:generation_id AS int[]), CAST(:name AS text[]), CAST(:engine_cc AS int[]),
          CAST(:power_hp AS int[]), CAST(:fuel AS text[]), CAST(:gearbox AS text[]), CAST(:drive AS text[]))
        ON CONFLICT DO NOTHING RETURNING id
        """),
        _columns(NewModification, new),
    )
    return len(added.all())


def add_spellings(session: Session, new: list[tuple[Spelling, int]], now: datetime) -> int:
    """A spelling that waited for a person is known now; one that a person has mapped or ignored stays as it is."""
    added = session.execute(
        text("""
        INSERT INTO name_alias (kind, context, folded, text, target_id, mapped_at)
        SELECT *, CAST(:now AS timestamptz) FROM unnest(CAST(:kind AS text[]), CAST(:context AS text[]),
          CAST(:folded AS text[]), CAST(:text AS text[]), CAST(:targets AS bigint[]))
        ON CONFLICT (kind, context, folded) DO UPDATE SET target_id = EXCLUDED.target_id, mapped_at = EXCLUDED.mapped_at
        WHERE name_alias.target_id IS NULL AND NOT name_alias.is_ignored RETURNING id
        """),
        _columns(Spelling, [one for one, _ in new]) | {"targets": [target for _, target in new], "now": now},
    )
    return len(added.all())


def _columns(kind: Any, rows: list[Any], names: tuple[str, ...] = ()) -> dict[str, list[Any]]:
    return {name: [getattr(row, name) for row in rows] for name in names or kind._fields}
