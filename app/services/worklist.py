"""What the desk shows: the operator's lists and one card with all that is known. Plain rows, few statements, no ORM."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.errors import Refused
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

_CARD_COLUMNS = """
  c.id, c.vehicle_id, c.stage, c.status_id, c.rank, c.next_call_at, c.assigned_at, c.processed_at, c.version
"""
# Names are looked up by single queries in the list of columns: as joins they would take the planner longer to order
# than the whole query takes to run.
_LINE = """
  c.id, c.stage, c.status_id, c.next_call_at, c.assigned_at, c.processed_at, c.version,
  v.title, v.year, v.mileage_km, v.price, v.price_pct, v.is_reserved, v.published_at, v.on_sale,
  (SELECT name FROM city WHERE id = v.city_id) AS city, (SELECT timezone FROM city WHERE id = v.city_id) AS timezone,
  (SELECT name FROM make WHERE id = v.make_id) AS make, (SELECT name FROM car_model WHERE id = v.model_id) AS model,
  (SELECT prev_price FROM ad WHERE id = v.ad_id) AS prev_price,
  (SELECT name FROM status WHERE id = c.status_id) AS status, (SELECT color FROM status WHERE id = c.status_id) AS color
"""


def _lines_of(condition: str, order: str) -> str:
    """The page is cut out of the cards alone; only what is left of them meets the vehicles."""
    return f"""
    SELECT {_LINE} FROM (SELECT {_CARD_COLUMNS} FROM card c WHERE {condition} ORDER BY {order} LIMIT :n) c
    JOIN vehicle v ON v.id = c.vehicle_id ORDER BY {order}
    """  # noqa: S608  the parts are constants of this module


def counts(session: Session, operator_id: int, now: datetime) -> dict[str, int]:
    """How many cards wait in each tab; one index scan."""
    row = session.execute(
        text("""
        SELECT count(*) FILTER (WHERE stage = 1) AS new, count(*) FILTER (WHERE stage = 2) AS work,
               count(*) FILTER (WHERE stage = 3) AS callbacks,
               count(*) FILTER (WHERE stage = 3 AND next_call_at <= :now) AS overdue, count(*) AS all
        FROM card WHERE operator_id = :id AND stage IN (1,2,3)
        """),
        {"id": operator_id, "now": now},
    ).one()
    return dict(row._mapping)


def lines(session: Session, operator_id: int, tab: str, *, after: tuple[datetime, int] | None = None) -> list[Row[Any]]:
    """One page of a tab. Only the closed ones go on past a page, by the last row's (processed_at, id)."""
    condition, order = TABS.get(tab, TABS["all"])
    values: dict[str, Any] = {"id": operator_id, "n": PAGE}
    if tab == "done" and after is not None:
        condition += " AND (c.processed_at, c.id) < (:at, :last)"
        values |= {"at": after[0], "last": after[1]}
    return list(session.execute(text(_lines_of(f"c.operator_id = :id AND {condition}", order)), values))


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


@dataclass(slots=True)
class CardPage:
    card: Row[Any]
    ads: list[Row[Any]] = field(default_factory=list)
    prices: list[Row[Any]] = field(default_factory=list)
    others: list[Row[Any]] = field(default_factory=list)  # the seller's other cars
    others_n: int = 0
    earlier: list[Row[Any]] = field(default_factory=list)  # earlier cards of the same car
    history: list[Row[Any]] = field(default_factory=list)
    doubts_n: int = 0
    phones: list[str] = field(default_factory=list)


def card_page(session: Session, card_id: int) -> CardPage:
    """Everything the card shows. Refused when there is no such card."""
    card = session.execute(_CARD, {"id": card_id}).one_or_none()
    if card is None:
        raise Refused("card_gone")
    page = CardPage(card)
    values = {"card": card_id, "vehicle": card.vehicle_id, "seller": card.seller_id}
    page.ads = list(session.execute(_ADS, values))
    page.prices = list(session.execute(_PRICES, values))
    page.history = list(session.execute(_HISTORY, values))
    page.earlier = list(session.execute(_EARLIER, values))
    if card.seller_id is not None:
        page.others = list(session.execute(_OTHERS, values))
        page.others_n = len(page.others)
    page.doubts_n = int(session.execute(_DOUBTS, values).scalar() or 0)
    page.phones = list(dict.fromkeys(phone for ad in page.ads for phone in ad.phones))
    return page


_CARD = text("""
  SELECT c.id, c.vehicle_id, c.stage, c.status_id, c.version, c.form, c.operator_id, c.filter_id, c.next_call_at,
         c.assigned_at, c.taken_at, c.attempts_n, c.closed_why, c.processed_at,
         v.title, v.year, v.mileage_km, v.price, v.price_pct, v.body, v.fuel, v.gearbox, v.drive, v.wheel, v.color,
         v.engine_cc, v.power_hp, v.owners, v.vin, v.plate, v.is_damaged, v.is_reserved, v.on_sale, v.published_at,
         v.seller_kind, v.reseller_score, v.seller_id, v.edits, v.make_id, v.model_id, v.generation_id, v.city_id,
         (SELECT name FROM make WHERE id = v.make_id) AS make,
         (SELECT name FROM car_model WHERE id = v.model_id) AS model,
         (SELECT name FROM generation WHERE id = v.generation_id) AS generation, ci.name AS city, re.name AS region,
         COALESCE(ci.timezone, NULLIF(re.timezone, ''), 'Europe/Moscow') AS timezone,
         a.description, a.photos, a.url, a.seller_name, a.phone_protected, a.phone_trouble, a.prev_price,
         (SELECT name FROM ad_filter WHERE id = c.filter_id) AS filter_name,
         (SELECT first_name || ' ' || last_name FROM ab_user WHERE id = c.operator_id) AS operator_name,
         st.name AS status_name, st.color AS status_color, st.is_closing, m.median, m.n AS median_n,
         cb.at AS callback_at, cb.note AS callback_note
  FROM card c JOIN vehicle v ON v.id = c.vehicle_id
  LEFT JOIN city ci ON ci.id = v.city_id LEFT JOIN region re ON re.id = COALESCE(ci.region_id, v.region_id)
  LEFT JOIN ad a ON a.id = v.ad_id LEFT JOIN status st ON st.id = c.status_id
  LEFT JOIN market_price m ON m.model_id = v.model_id AND m.year = v.year
  LEFT JOIN callback cb ON cb.card_id = c.id AND cb.done_at IS NULL
  WHERE c.id = :id
""")

_ADS = text("""
  SELECT a.id, a.external_id, a.url, a.title, a.price, a.state, a.published_at, a.phones, a.phone_protected,
         a.seller_name, s.name AS source
  FROM ad a JOIN source s ON s.id = a.source_id WHERE a.vehicle_id = :vehicle
  ORDER BY CASE a.state WHEN 'active' THEN 0 WHEN 'reserved' THEN 1 ELSE 2 END, a.published_at DESC NULLS LAST LIMIT 20
""")

_PRICES = text("""
  SELECT p.old_price, p.new_price, p.at, s.name AS source FROM ad_price p JOIN ad a ON a.id = p.ad_id
  JOIN source s ON s.id = a.source_id WHERE a.vehicle_id = :vehicle ORDER BY p.at DESC LIMIT 20
""")

_OTHERS = text("""
  SELECT v.id, v.title, v.year, v.price, v.on_sale, c.id AS card_id FROM vehicle v
  LEFT JOIN card c ON c.vehicle_id = v.id AND c.stage < 9
  WHERE v.seller_id = :seller AND v.id <> :vehicle ORDER BY v.on_sale DESC, v.id DESC LIMIT 20
""")

_EARLIER = text("""
  SELECT c.id, c.processed_at, c.closed_why, s.name AS status FROM card c LEFT JOIN status s ON s.id = c.status_id
  WHERE c.vehicle_id = :vehicle AND c.id <> :card ORDER BY c.id DESC LIMIT 10
""")

_DOUBTS = text("""
  SELECT count(*) FROM same_pair p JOIN ad a ON a.id IN (p.ad_id, p.other_ad_id)
  WHERE a.vehicle_id = :vehicle AND p.state = 'waiting'
""")

# One time-line of what people and sites did, newest first.
_HISTORY = text("""
  SELECT * FROM (
    SELECT sc.at, 'status' AS what, n.name AS title, sc.note AS body, sc.by_id AS who, n.color AS color
    FROM status_change sc JOIN status n ON n.id = sc.new_id WHERE sc.card_id = :card
    UNION ALL
    SELECT nt.at, 'note', '', nt.text, nt.by_id, '' FROM note nt WHERE nt.card_id = :card
    UNION ALL
    SELECT s.from_at, 'assigned', s.why, '', s.operator_id, '' FROM assignment s WHERE s.card_id = :card
    UNION ALL
    SELECT s.until_at, 'ended', s.ended_why, '', s.operator_id, '' FROM assignment s
    WHERE s.card_id = :card AND s.until_at IS NOT NULL AND s.ended_why NOT IN ('status', 'moved')
    UNION ALL
    SELECT p.at, 'price', COALESCE(p.old_price::text, ''), COALESCE(p.new_price::text, ''), NULL, ''
    FROM ad_price p JOIN ad a ON a.id = p.ad_id WHERE a.vehicle_id = :vehicle
    UNION ALL
    SELECT e.at, 'ad', e.what, '', NULL, '' FROM ad_event e JOIN ad a ON a.id = e.ad_id WHERE a.vehicle_id = :vehicle
    UNION ALL
    SELECT a.first_seen_at, 'ad', 'seen', s.name, NULL, '' FROM ad a JOIN source s ON s.id = a.source_id
    WHERE a.vehicle_id = :vehicle
  ) h LEFT JOIN (SELECT id AS user_id, first_name || ' ' || last_name AS person FROM ab_user) u ON u.user_id = h.who
  ORDER BY at DESC LIMIT 100
""")


def may_see(session: Session, card_id: int, operator_id: int) -> bool:
    """The operator has the card, or had it and closed it."""
    return bool(
        session.execute(
            text("SELECT 1 FROM card WHERE id = :id AND operator_id = :operator"),
            {"id": card_id, "operator": operator_id},
        ).scalar()
    )


def find(session: Session, query: str, operator_id: int | None) -> list[Row[Any]]:
    """Cards by card number, end or start of the phone, VIN, ad id. `operator_id` limits to the own ones."""
    query = storable(query)
    digits = "".join(letter for letter in query if letter.isdigit() and letter.isascii())
    if len(digits) == 11 and digits[0] == "8":
        digits = "7" + digits[1:]
    start = digits if digits.startswith("7") else "7" + digits
    values: dict[str, Any] = {"vin": query.strip().upper()[:17], "external": query.strip()[:100], "n": 20}
    where = [_BY_VIN, _BY_AD] if query.strip() else []
    if 0 < len(digits) <= 9:
        where.append("SELECT vehicle_id FROM card WHERE id = :id")
        values["id"] = int(digits)
    if len(digits) >= 4:
        where.append(_BY_PHONE.format(condition="reverse(p.phone) LIKE :phone_end"))
        values["phone_end"] = digits[::-1] + "%"
    if len(digits) >= 6:  # a shorter start fits half the country
        where.append(_BY_PHONE.format(condition="p.phone LIKE :phone_start"))
        values["phone_start"] = start + "%"
    if not where:
        return []
    condition = f"c.vehicle_id IN ({' UNION '.join(where)})"
    if operator_id is not None:
        condition += " AND c.operator_id = :operator"
        values["operator"] = operator_id
    return list(session.execute(text(_lines_of(condition, "c.id DESC")), values))


_BY_VIN = "SELECT id FROM vehicle WHERE vin = :vin"
_BY_AD = """
  SELECT vehicle_id FROM ad WHERE external_id = :external AND vehicle_id IS NOT NULL
    AND source_id IN (SELECT id FROM source)
"""
_BY_PHONE = "SELECT v.id FROM seller_phone p JOIN vehicle v ON v.seller_id = p.seller_id WHERE {condition}"
