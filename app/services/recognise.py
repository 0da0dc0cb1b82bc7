"""Ads whose names were unknown are read again after a person has mapped those names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.ads import AdData
from app.domain.recognition import recognise
from app.services import books, cards, revisions

BATCH = 2_000


def again(session: Session, now: datetime) -> int:
    """One batch of ads with a gap that the newest books may fill. 0: everything has been read with them."""
    revision = revisions.of(session, "names")
    at = session.execute(text("SELECT n FROM revision WHERE name = 'names_read'")).scalar() or 0
    if at >= revision:
        return 0
    reading = session.execute(text("SELECT n FROM revision WHERE name = 'names_reading'")).scalar() or 0
    position = session.execute(text("SELECT n FROM revision WHERE name = 'names_position'")).scalar() or 0
    if reading != revision:  # the books have grown in between: what was read before has to be read with them too
        _remember(session, "names_reading", revision)
        position = 0
    rows = session.execute(
        text("""
        SELECT id, vehicle_id, title, make_id, model_id, generation_id, city_id, region_id, is_foreign, year, written
        FROM ad WHERE id > :position AND state <> 'removed'
          AND (make_id IS NULL OR model_id IS NULL OR (city_id IS NULL AND NOT is_foreign))
        ORDER BY id LIMIT :n
        """),
        {"position": position, "n": BATCH},
    ).all()
    changes = [change for row in rows if (change := _read(session, row)) is not None]
    if changes:
        cards.take_turn(session)
        session.execute(_WRITE, changes)
        cards.settle(session, {row.vehicle_id for row in rows if row.vehicle_id}, now)
    _remember(session, "names_position", rows[-1].id if rows else 0)
    if len(rows) < BATCH:
        _remember(session, "names_read", revision)
        _remember(session, "names_position", 0)
        return len(changes)
    return max(len(changes), 1)


def _read(session: Session, row: Row[Any]) -> dict[str, Any] | None:
    written = {name: value for name, value in row.written.items() if name in AdData.__slots__ and name != "phones"}
    known_books = books.current(session)
    known = recognise(
        AdData(external_id=str(row.id), title=row.title, year=row.year, **written), known_books.names, known_books.atlas
    )
    # A model of another make than the one that is stored would make a car that does not exist.
    agrees = row.make_id in (None, known.make_id) and row.model_id in (None, known.model_id)
    new = {
        "make_id": row.make_id or known.make_id,
        "model_id": row.model_id or (known.model_id if agrees else None),
        "generation_id": row.generation_id or (known.generation_id if agrees else None),
        "city_id": row.city_id or known.city_id,
        "region_id": row.region_id or known.region_id,
        "is_foreign": row.is_foreign or known.is_foreign,
    }
    if all(getattr(row, name) == value for name, value in new.items()):
        return None
    return new | {"id": row.id}


_WRITE = text("""
    UPDATE ad SET make_id = :make_id, model_id = :model_id, generation_id = :generation_id, city_id = :city_id,
           region_id = :region_id, is_foreign = :is_foreign, changed_at = now() WHERE id = :id
""")


def _remember(session: Session, name: str, n: int) -> None:
    session.execute(
        text("INSERT INTO revision (name, n) VALUES (:name, :n) ON CONFLICT (name) DO UPDATE SET n = EXCLUDED.n"),
        {"name": name, "n": n},
    )
