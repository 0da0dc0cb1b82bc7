"""Rows of the books that an unknown spelling may mean, and adverts in which it was met."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.models import NameAlias

LIMIT = 20
LOOK_BACK = 20_000  # adverts: a spelling that is worth asking about is met among the newest

_FIND = {
    "make": "SELECT id, name AS text FROM make WHERE {like} ORDER BY is_popular DESC, length(name), name LIMIT :n",
    "model": "SELECT m.id, k.name || ' ' || m.name AS text FROM car_model m JOIN make k ON k.id = m.make_id "
             "WHERE {like} AND (:context = 0 OR m.make_id = :context) ORDER BY length(m.name), m.name LIMIT :n",
    "generation": "SELECT g.id, g.name || ' (' || COALESCE(g.year_from::text, '…') || '–' || "
                  "COALESCE(g.year_to::text, '…') || ')' AS text FROM generation g "
                  "WHERE {like} AND (:context = 0 OR g.model_id = :context) ORDER BY g.year_from LIMIT :n",
    "city": "SELECT c.id, c.name || ', ' || r.name AS text FROM city c JOIN region r ON r.id = c.region_id "
            "WHERE {like} ORDER BY c.population DESC LIMIT :n",
}  # fmt: skip
_NAME = {"make": "name", "model": "m.name", "generation": "g.name", "city": "c.name_sort"}


def find(session: Session, alias: NameAlias, query: str) -> list[dict[str, Any]]:
    """At most 20 rows as {id, text}: those that begin so, else that contain the first letters."""
    wanted = query.strip().lower()
    if alias.kind == "city":
        wanted = wanted.replace("ё", "е")
    context = int(alias.context) if alias.context.isdigit() else 0
    for pattern in (wanted + "%", f"%{wanted}%", wanted[:3] + "%"):
        like = f"lower({_NAME[alias.kind]}) LIKE :pattern"
        rows = session.execute(
            text(_FIND[alias.kind].format(like=like)),  # our own names
            {"pattern": _escaped(pattern), "context": context, "n": LIMIT},
        ).all()
        if rows or not wanted:
            return [{"id": row.id, "text": row.text} for row in rows]
    return []


def models(session: Session, query: str) -> list[dict[str, Any]]:
    """At most 20 models whose name, with or without its make, holds the words."""
    wanted = " ".join(query.lower().split())
    rows = session.execute(
        text("""
        SELECT m.id, k.name || ' ' || m.name AS text FROM car_model m JOIN make k ON k.id = m.make_id
        WHERE lower(k.name || ' ' || m.name) LIKE :pattern
        ORDER BY lower(m.name) NOT LIKE :start, length(m.name), m.name LIMIT :n
        """),
        {"pattern": _escaped(f"%{wanted}%"), "start": _escaped(f"{wanted}%"), "n": LIMIT},
    )
    return [{"id": row.id, "text": row.text} for row in rows]


def _escaped(pattern: str) -> str:
    start, end = pattern.startswith("%"), pattern.endswith("%")
    middle = pattern.strip("%").replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return "%" * start + middle + "%" * end


def samples(session: Session, alias: NameAlias) -> list[Row[Any]]:
    """A few of the newest adverts written so."""
    if alias.kind not in _FIND:
        return []
    return list(
        session.execute(
            text("""
            SELECT a.id, a.title, a.url, a.year, a.price, a.written FROM ad a
            WHERE a.id > (SELECT COALESCE(max(id), 0) FROM ad) - :back
              AND lower(a.written->>CAST(:kind AS text)) = :wanted
            ORDER BY a.id DESC LIMIT 5
            """),
            {"back": LOOK_BACK, "kind": alias.kind, "wanted": alias.text.strip().lower()},
        )
    )
