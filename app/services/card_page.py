"""One card with all that is known: the car, its ads and prices, the seller's others, the time-line. Plain rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.errors import Refused


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
    calls: dict[int, Row[Any]] = field(default_factory=dict)  # by id, for the time-line
    messages: dict[int, Row[Any]] = field(default_factory=dict)  # SMS by id, for the time-line


def load(session: Session, card_id: int) -> CardPage:
    """Everything the card shows. Refused when there is no such card."""
    card = session.execute(_CARD, {"id": card_id}).one_or_none()
    if card is None:
        raise Refused("card_gone")
    page = CardPage(card)
    values = {"card": card_id, "vehicle": card.vehicle_id, "seller": card.seller_id}
    page.ads = list(session.execute(_ADS, values))
    page.prices = list(session.execute(_PRICES, values))
    page.history = list(session.execute(_HISTORY, values))
    page.calls = {row.id: row for row in session.execute(_CALLS, values)}
    page.messages = {row.id: row for row in session.execute(_MESSAGES, values)}
    page.earlier = list(session.execute(_EARLIER, values))
    if card.seller_id is not None:
        page.others = list(session.execute(_OTHERS, values))
        page.others_n = page.others[0].n if page.others else 0
    page.doubts_n = int(session.execute(_DOUBTS, values).scalar() or 0)
    page.phones = list(dict.fromkeys(phone for ad in page.ads for phone in ad.phones))
    return page


_CARD = text("""
  SELECT c.id, c.vehicle_id, c.stage, c.status_id, c.version, c.form, c.operator_id, c.filter_id, c.next_call_at,
         c.assigned_at, c.taken_at, c.attempts_n, c.closed_why, c.processed_at,
         v.title, v.year, v.mileage_km, v.price, v.price_pct, v.body, v.fuel, v.gearbox, v.drive, v.wheel, v.color,
         v.engine_cc, v.power_hp, v.owners, v.vin, v.plate, v.is_damaged, v.is_reserved, v.on_sale, v.published_at,
         v.seller_kind, v.reseller_score, v.seller_id, v.ad_id, v.edits, v.make_id, v.model_id, v.generation_id,
         v.city_id,
         (SELECT name FROM make WHERE id = v.make_id) AS make,
         (SELECT name FROM car_model WHERE id = v.model_id) AS model,
         (SELECT name FROM generation WHERE id = v.generation_id) AS generation, ci.name AS city, re.name AS region,
         COALESCE(ci.timezone, NULLIF(re.timezone, ''), 'Europe/Moscow') AS timezone,
         a.description, a.photos, a.url, a.seller_name, a.phone_protected, a.phone_trouble, a.prev_price,
         (SELECT name FROM ad_filter WHERE id = c.filter_id) AS filter_name,
         (SELECT first_name || ' ' || last_name FROM ab_user WHERE id = c.operator_id) AS operator_name,
         (SELECT note FROM seller WHERE id = v.seller_id) AS seller_note,
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
  ORDER BY CASE a.state WHEN 'active' THEN 0 WHEN 'reserved' THEN 1 ELSE 2 END, a.published_at DESC NULLS LAST, a.id
  LIMIT 20
""")

_PRICES = text("""
  SELECT p.ad_id, p.old_price, p.new_price, p.at, s.name AS source FROM ad_price p JOIN ad a ON a.id = p.ad_id
  JOIN source s ON s.id = a.source_id WHERE a.vehicle_id = :vehicle ORDER BY p.at DESC LIMIT 20
""")

_OTHERS = text("""
  SELECT v.id, v.title, v.year, v.price, v.on_sale, c.id AS card_id, c.operator_id, count(*) OVER () AS n FROM vehicle v
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

_CALLS = text("""
  SELECT id, type, state, outcome, talk_ms, operator_id, recording, recording_bytes, recording_gone_at FROM call
  WHERE card_id = :card ORDER BY created_at DESC LIMIT 100
""")

# One time-line of what people and sites did, newest first.
_MESSAGES = text("""
  SELECT id, state, trouble, text, parts, created_at FROM sms_message WHERE card_id = :card
  ORDER BY created_at DESC LIMIT 50
""")

_HISTORY = text("""
  SELECT * FROM (
    SELECT sc.at, 'status' AS what, n.name AS title, sc.note AS body, sc.by_id AS who, n.color AS color,
           NULL::timestamptz AS due
    FROM status_change sc JOIN status n ON n.id = sc.new_id WHERE sc.card_id = :card
    UNION ALL
    SELECT nt.at, 'note', '', nt.text, nt.by_id, '', NULL FROM note nt WHERE nt.card_id = :card
      AND NOT EXISTS (SELECT 1 FROM status_change sc WHERE sc.card_id = :card AND sc.at = nt.at AND sc.note = nt.text)
    UNION ALL
    SELECT cb.created_at, 'callback', cb.timezone, '', cb.by_id, '', cb.at FROM callback cb WHERE cb.card_id = :card
    UNION ALL
    SELECT s.from_at, 'assigned', s.why, '', s.operator_id, '', NULL FROM assignment s WHERE s.card_id = :card
    UNION ALL
    SELECT s.until_at, 'ended', s.ended_why, '', s.operator_id, '', NULL FROM assignment s
    WHERE s.card_id = :card AND s.until_at IS NOT NULL AND s.ended_why NOT IN ('status', 'moved')
    UNION ALL
    SELECT e.at, 'deed', e.what, '', e.actor_id, '', NULL FROM audit_event e
    WHERE e.subject = 'card' AND e.subject_id = :card 
      AND e.what IN ('card_taken', 'phone_shown', 'sms_agreed', 'sms_declined')
    UNION ALL
    (SELECT cl.created_at, 'call', cl.type, cl.id::text, cl.operator_id, '', NULL FROM call cl
     WHERE cl.card_id = :card ORDER BY cl.created_at DESC LIMIT 100)
    UNION ALL
    (SELECT m.created_at, 'sms', COALESCE(t.name, ''), m.id::text, m.by_id, '', NULL FROM sms_message m
     LEFT JOIN sms_template t ON t.id = m.template_id WHERE m.card_id = :card ORDER BY m.created_at DESC LIMIT 50)
    UNION ALL
    SELECT p.at, 'price', COALESCE(p.old_price::text, ''), COALESCE(p.new_price::text, ''), NULL, '', NULL
    FROM ad_price p JOIN ad a ON a.id = p.ad_id WHERE a.vehicle_id = :vehicle
    UNION ALL
    SELECT e.at, 'ad', e.what, '', NULL, '', NULL FROM ad_event e JOIN ad a ON a.id = e.ad_id
    WHERE a.vehicle_id = :vehicle
    UNION ALL
    SELECT a.first_seen_at, 'ad', 'seen', s.name, NULL, '', NULL FROM ad a JOIN source s ON s.id = a.source_id
    WHERE a.vehicle_id = :vehicle
  ) h LEFT JOIN (SELECT id AS user_id, first_name || ' ' || last_name AS person FROM ab_user) u ON u.user_id = h.who
  ORDER BY at DESC LIMIT 100
""")
