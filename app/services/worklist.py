"""The operator's lists, their numbers and the search. Plain rows, few statements, no ORM."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import plain_rows
from app.services.ingest import storable

PAGE = 50

# The conditions are literal: a partial index is used only when the query plainly implies its condition.
TABS = {
    "new": ("c.stage = 1", "c.rank DESC, c.id"),
    "work": ("c.stage = 2", "c.rank DESC, c.id"),
    "callbacks": ("c.stage = 3", "c.next_call_at, c.id"),
    "all": ("c.stage IN (1,2,3)", "c.rank DESC, c.id"),
    "done": ("c.stage = 9", "c.processed_at DESC, c.id DESC"),
}

_CARD_COLUMNS = "c.id, c.vehicle_id, c.stage, c.status_id, c.rank, c.next_call_at, c.processed_at"
# Names are looked up by single queries in the list of columns: as joins they would take the planner longer to order
# than the whole query takes to run.
_LINE = """
  c.id, c.stage, c.next_call_at, c.processed_at, v.title, v.year, v.mileage_km, v.price,
  (SELECT name FROM city WHERE id = v.city_id) AS city,
  (SELECT name FROM make WHERE id = v.make_id) AS make, (SELECT name FROM car_model WHERE id = v.model_id) AS model,
  (SELECT prev_price FROM ad WHERE id = v.ad_id) AS prev_price,
  (SELECT name FROM status WHERE id = c.status_id) AS status, (SELECT color FROM status WHERE id = c.status_id) AS color
"""


class Listed(NamedTuple):
    """One line of a list."""

    id: int
    stage: int
    next_call_at: datetime | None
    processed_at: datetime | None
    title: str
    year: int | None
    mileage_km: int | None
    price: int | None
    city: str | None
    make: str | None
    model: str | None
    prev_price: int | None
    status: str | None
    color: str | None


@lru_cache
def _lines_of(condition: str, order: str) -> str:
    """The page is cut out of the cards alone; only what is left of them meets the vehicles."""
    return f"""
    SELECT {_LINE} FROM (SELECT {_CARD_COLUMNS} FROM card c WHERE {condition} ORDER BY {order} LIMIT %(n)s) c
    JOIN vehicle v ON v.id = c.vehicle_id ORDER BY {order}
    """  # noqa: S608  the parts are constants of this module


COUNTED = ("new", "work", "callbacks", "overdue", "all")
COUNTS = """
    SELECT count(*) FILTER (WHERE stage = 1) AS new, count(*) FILTER (WHERE stage = 2) AS work,
           count(*) FILTER (WHERE stage = 3) AS callbacks,
           count(*) FILTER (WHERE stage = 3 AND next_call_at <= %(now)s) AS overdue, count(*) AS all
    FROM card WHERE operator_id = %(id)s AND stage IN (1,2,3)
"""


def counts(session: Session, operator_id: int, now: datetime) -> dict[str, int]:
    """How many cards wait in each tab; one index scan."""
    row = plain_rows.rows(session, COUNTS, {"id": operator_id, "now": now})[0]
    return dict(zip(COUNTED, row, strict=True))


def pulse(session: Session, card_id: int, operator_id: int) -> dict[str, Any] | None:
    """Whether an open card is still the operator's to work on, and its version: one look at the primary key."""
    row = session.execute(
        text("SELECT operator_id = :operator AND stage IN (1,2,3) AS mine, version FROM card WHERE id = :id"),
        {"id": card_id, "operator": operator_id},
    ).one_or_none()
    if row is None or not row.mine:
        return {"mine": False}  # what happens on others' cards is not told
    return {"mine": True, "version": row.version}


def lines(session: Session, operator_id: int, tab: str, *, after: tuple[datetime, int] | None = None) -> list[Listed]:
    """One page of a tab. Only the closed ones go on past a page, by the last row's (processed_at, id)."""
    condition, order = TABS.get(tab, TABS["all"])
    values: dict[str, Any] = {"id": operator_id, "n": PAGE}
    if tab == "done" and after is not None:
        condition += " AND (c.processed_at, c.id) < (%(at)s, %(last)s)"
        values |= {"at": after[0], "last": after[1]}
    found = plain_rows.rows(session, _lines_of(f"c.operator_id = %(id)s AND {condition}", order), values)
    return [Listed._make(row) for row in found]


def first_of(session: Session, operator_id: int, now: datetime) -> int | None:
    """What to work on now: a call-back that is due, then new cards, then those in work."""
    return session.execute(
        text("""
        (SELECT id FROM card WHERE operator_id = :id AND stage = 3 AND next_call_at <= :now
         ORDER BY next_call_at LIMIT 1)
        UNION ALL (SELECT id FROM card WHERE operator_id = :id AND stage = 1 ORDER BY rank DESC, id LIMIT 1)
        UNION ALL (SELECT id FROM card WHERE operator_id = :id AND stage = 2 ORDER BY rank DESC, id LIMIT 1)
        LIMIT 1
        """),
        {"id": operator_id, "now": now},
    ).scalar()


def may_see(session: Session, card_id: int, operator_id: int) -> bool:
    """The operator has the card, or had it and closed it; or its seller rings him now."""
    return bool(
        session.execute(
            text("""
            SELECT 1 FROM card WHERE id = :id AND operator_id = :operator
            UNION ALL SELECT 1 FROM call WHERE card_id = :id AND operator_id = :operator AND state <> 'ended' LIMIT 1
            """),
            {"id": card_id, "operator": operator_id},
        ).scalar()
    )


def find(session: Session, query: str, operator_id: int | None) -> list[Listed]:
    """Cards by card number, end or start of the phone, VIN, ad id. `operator_id` limits to the own ones."""
    query = storable(query)
    digits = "".join(letter for letter in query if letter.isdigit() and letter.isascii())
    if len(digits) == 11 and digits[0] == "8":
        digits = "7" + digits[1:]
    start = digits if digits.startswith("7") else "7" + digits
    values: dict[str, Any] = {"vin": query.strip().upper()[:17], "external": query.strip()[:100], "n": 20}
    where = [_BY_VIN, _BY_AD] if query.strip() else []
    if 0 < len(digits) <= 9:
        where.append("SELECT vehicle_id FROM card WHERE id = %(id)s")
        values["id"] = int(digits)
    if len(digits) >= 4:
        where.append(_BY_PHONE.format(condition="reverse(p.phone) LIKE %(phone_end)s"))
        values["phone_end"] = digits[::-1] + "%"
    if len(digits) >= 6:  # a shorter start fits half the country
        where.append(_BY_PHONE.format(condition="p.phone LIKE %(phone_start)s"))
        values["phone_start"] = start + "%"
    if not where:
        return []
    condition = f"c.vehicle_id IN ({' UNION '.join(where)})"
    if operator_id is not None:
        condition += " AND c.operator_id = %(operator)s"
        values["operator"] = operator_id
    return [Listed._make(row) for row in plain_rows.rows(session, _lines_of(condition, "c.id DESC"), values)]


_BY_VIN = "SELECT id FROM vehicle WHERE vin = %(vin)s"
_BY_AD = """
  SELECT vehicle_id FROM ad WHERE external_id = %(external)s AND vehicle_id IS NOT NULL
    AND source_id IN (SELECT id FROM source)
"""
_BY_PHONE = "SELECT v.id FROM seller_phone p JOIN vehicle v ON v.seller_id = p.seller_id WHERE {condition}"
