"""The books in memory: makes, models, generations, cities and the spellings that people have mapped."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.cars import UnknownName
from app.domain.names import AliasRow, CatalogueRows, GenerationRow, MakeRow, ModelRow, NameBook, fold
from app.domain.places import AliasRow as PlaceAliasRow
from app.domain.places import Atlas
from app.seeds import load_seed
from app.seeds.places import alias_rows, city_rows, foreign_rows, load_places, region_rows
from app.services import revisions


@dataclass(slots=True)
class Books:
    revision: int
    names: NameBook
    atlas: Atlas

    def queue_unknown(self, session: Session, unknown: Counter[UnknownName]) -> None:
        """Spellings nobody has mapped yet wait for a person, the most frequent first."""
        rows = [
            {
                "kind": name.kind,
                "context": str(name.context)[:200],
                "text": name.text[:200],
                "folded": fold(name.text)[:200],
                "n": n,
            }
            for name, n in unknown.items()
            if name.text.strip()
        ]
        rows.sort(key=lambda row: (row["kind"], row["context"], row["folded"], row["text"]))
        if rows:
            session.execute(_QUEUE, rows)


_QUEUE = text("""
    INSERT INTO name_alias (kind, context, text, folded, seen_n) VALUES (:kind, :context, :text, :folded, :n)
    ON CONFLICT (kind, context, folded) DO UPDATE SET seen_n = name_alias.seen_n + EXCLUDED.seen_n
""")

_current: Books | None = None
_lock = threading.Lock()


def current(session: Session) -> Books:
    """The books of this process; read again when a person has changed them anywhere."""
    global _current
    revision = revisions.of(session, "names")
    with _lock:
        if _current is None or _current.revision != revision:
            _current = Books(revision, NameBook.of(rows_of(session)), _atlas(session))
        return _current


def rows_of(session: Session) -> CatalogueRows:
    """The catalogue of the database, with the spellings we ship and those that people have mapped since."""
    rows = CatalogueRows(
        makes=[MakeRow(row.id, row.name) for row in session.execute(text("SELECT id, name FROM make"))],
        models=[
            ModelRow(row.id, row.make_id, row.name)
            for row in session.execute(text("SELECT id, make_id, name FROM car_model"))
        ],
        generations=[
            GenerationRow(row.id, row.model_id, row.name, row.year_from, row.year_to)
            for row in session.execute(text("SELECT id, model_id, name, year_from, year_to FROM generation"))
        ],
        aliases=[],
    )
    rows.aliases.extend(_shipped_aliases(rows))
    rows.aliases.extend(_mapped_aliases(session))
    return rows


def _shipped_aliases(own: CatalogueRows) -> list[AliasRow]:
    """The seed numbers its rows by itself; names tell which row of the database each one is."""
    seed = load_seed()
    makes = {row.name: row.id for row in own.makes}
    make_of = {row.id: makes.get(row.name) for row in seed.makes}
    models = {(row.make_id, row.name): row.id for row in own.models}
    model_of = {row.id: models.get((make_of[row.make_id] or 0, row.name)) for row in seed.models}
    generations = {(row.model_id, row.name): row.id for row in own.generations}
    generation_of = {row.id: generations.get((model_of[row.model_id] or 0, row.name)) for row in seed.generations}
    targets = {"make": make_of, "model": model_of, "generation": generation_of}
    found = []
    for alias in seed.aliases:
        target = targets[alias.kind].get(alias.target_id)
        narrow = model_of if alias.kind == "generation" else make_of
        if target is not None:
            found.append(AliasRow(alias.kind, narrow.get(alias.make_id or 0), alias.text, target))
    return found


def _mapped_aliases(session: Session) -> list[AliasRow]:
    rows = session.execute(
        text("""
        SELECT kind, context, text, target_id FROM name_alias
        WHERE target_id IS NOT NULL AND kind IN ('make', 'model', 'generation')
        """)
    )
    return [AliasRow(r.kind, int(r.context) if r.context.isdigit() else None, r.text, r.target_id) for r in rows]


def _atlas(session: Session) -> Atlas:
    """The places we ship, with the city spellings that people have mapped."""
    mapped = session.execute(
        text("""
        SELECT n.text, c.name, c.region_id FROM name_alias n JOIN city c ON c.id = n.target_id WHERE n.kind = 'city'
        """)
    ).all()
    if not mapped:
        return load_places()
    aliases = [*alias_rows(), *(PlaceAliasRow(row.text, row.name, row.region_id) for row in mapped)]
    return Atlas(city_rows(), region_rows(), foreign_rows(), aliases)
