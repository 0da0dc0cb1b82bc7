"""Names behind ids, a whole page at once: one statement per kind, however many rows."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

NAMES = {
    "user": "SELECT id, btrim(first_name || ' ' || last_name) AS name FROM ab_user WHERE id = ANY(:ids)",
    "city": "SELECT id, name FROM city WHERE id = ANY(:ids)",
    "region": "SELECT id, name FROM region WHERE id = ANY(:ids)",
    "make": "SELECT id, name FROM make WHERE id = ANY(:ids)",
    "model": "SELECT m.id, k.name || ' ' || m.name AS name FROM car_model m JOIN make k ON k.id = m.make_id "
             "WHERE m.id = ANY(:ids)",
    "generation": "SELECT id, name FROM generation WHERE id = ANY(:ids)",
    "ad": "SELECT id, title AS name FROM ad WHERE id = ANY(:ids)",
    "vehicle": "SELECT id, title AS name FROM vehicle WHERE id = ANY(:ids)",
    "filter": "SELECT id, name FROM ad_filter WHERE id = ANY(:ids)",
    "group": "SELECT id, name FROM operator_group WHERE id = ANY(:ids)",
    "trunk": "SELECT id, name FROM trunk WHERE id = ANY(:ids)",
    "pause": "SELECT id, name FROM pause_reason WHERE id = ANY(:ids)",
    "status": "SELECT id, code AS name FROM status WHERE id = ANY(:ids)",
    "source": "SELECT id, key AS name FROM source WHERE id = ANY(:ids)",
}  # fmt: skip


def names_of(session: Session, kind: str, ids: Iterable[Any]) -> dict[Any, str]:
    wanted = sorted({one for one in ids if one is not None})
    if not wanted:
        return {}
    return {row.id: row.name for row in session.execute(text(NAMES[kind]), {"ids": wanted})}
