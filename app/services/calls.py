"""Calls as people ask for them: may this number be called now, by which line, and the order that telephony takes.

An order is a row and a NOTIFY of the same transaction; telephony claims it, commits, and only then acts.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.domain.dialling import Asked, Attempt, Server, may_call_now
from app.errors import Refused, refuse_unless
from app.models import CALLBACK, IN_WORK, Call, Card
from app.services import campaign_log, stop_list
from app.services.call_claims import claim_orders, finish_order
from app.services.call_closing import reconcile
from app.services.call_limits import rules, rules_of_card
from app.services.call_orders import check_phone, notify, order, order_own
from app.services.callbacks import seller_zone
from app.services.line_choice import MOSCOW, Line, Wanted, choose

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 200  # of a number; more were never made
# Which live-call index says no, in words.
_TAKEN = {"call_live_operator": "already_in_call", "call_live_phone": "number_in_call"}


def request_call(
    session: Session,
    card_id: int,
    phone: str,
    *,
    operator_id: int,
    now: datetime,
    type: str = "individual",  # noqa: A002  the word of the table
    zone: str = MOSCOW,
) -> Call:
    """Write the call that telephony dials next. Refused with what stands in the way; `zone` is the company's."""
    try:
        return _request(session, card_id, phone, operator_id, now, type, zone)
    except Refused as refused:
        log.info("call refused", extra={"why": refused.reason.code, "card": card_id, "operator": operator_id})
        raise


def _request(session: Session, card_id: int, phone: str, operator_id: int, now: datetime, kind: str, zone: str) -> Call:
    card = _own_card(session, card_id, operator_id)
    if phone not in numbers_of_card(session, card_id):
        raise Refused("number_wrong")
    check_number(session, card, phone, operator_id=operator_id, now=now)
    place = session.execute(_PLACE, {"card": card.id, "operator": operator_id}).one()
    campaign_id = campaign_log.campaign_of(session, card.id, operator_id)
    wanted = Wanted(place.asterisk_id, phone, place.city_id, place.region_id, place.group_id, campaign_id)
    line = choose(session, wanted, now, zone)
    kind = "callback" if kind == "individual" and card.stage == CALLBACK else kind
    if campaign_id is not None and kind == "individual":
        kind = "campaign"
    call = _written(session, card, phone, place, line, operator_id, kind, now)
    if campaign_id is not None:
        campaign_log.note_dial(session, campaign_id, call, by_id=operator_id, now=now)
    notify(session, call.asterisk_id)
    return call


def _own_card(session: Session, card_id: int, operator_id: int) -> Card:
    card = session.get(Card, card_id)
    if card is None:
        raise Refused("card_gone")
    if card.operator_id != operator_id:
        raise Refused("card_not_yours")
    if card.stage not in (IN_WORK, CALLBACK):
        raise Refused("card_not_taken")
    return card


def check_number(session: Session, card: Card, phone: str, *, operator_id: int, now: datetime) -> None:
    """May this operator call this number of the card now? Refused with the reason. The desk may ask it in advance."""
    seat = session.execute(_SEAT, {"operator": operator_id, "phone": phone}).one()
    asked = Asked(
        phone=phone,
        server=Server(seat.state, seat.seen_at) if seat.state is not None else None,
        device=seat.device_state or "unknown",
        operator_in_call=seat.operator_in_call,
        number_in_call=seat.number_in_call,
        is_stopped=bool(stop_list.stopped(session, [phone], now)),
        attempts=attempts(session, phone),
    )
    refuse_unless(may_call_now(asked, now=now, zone=seller_zone(session, card), rules=rules_of_card(session, card.id)))


_SEAT = text("""
  SELECT a.state, a.seen_at, p.device_state,
         EXISTS (SELECT FROM call WHERE operator_id = :operator AND state <> 'ended') AS operator_in_call,
         EXISTS (SELECT FROM call WHERE phone = :phone AND state <> 'ended' AND type <> 'internal') AS number_in_call
  FROM (SELECT 1) one LEFT JOIN phone_account p ON p.user_id = :operator
  LEFT JOIN asterisk a ON a.id = p.asterisk_id AND a.is_enabled
""")
_PLACE = text("""
  SELECT p.asterisk_id, v.city_id, COALESCE(c.region_id, v.region_id) AS region_id, v.ad_id, v.seller_id, o.group_id
  FROM card k JOIN vehicle v ON v.id = k.vehicle_id LEFT JOIN city c ON c.id = v.city_id
  JOIN phone_account p ON p.user_id = :operator LEFT JOIN operator_profile o ON o.user_id = p.user_id
  WHERE k.id = :card
""")


def attempts(session: Session, phone: str) -> list[Attempt]:
    """Calls to the number that reached the network: neither a failure of ours nor given up before it rang."""
    rows = session.execute(
        text("""
        SELECT created_at, outcome = 'answered' AS is_answered FROM call
        WHERE phone = :phone AND type NOT IN ('incoming', 'internal') AND state = 'ended' AND outcome <> 'failed'
          AND (outcome <> 'cancelled' OR ringing_at IS NOT NULL)
        ORDER BY created_at DESC LIMIT :n
        """),
        {"phone": phone, "n": MOST_ATTEMPTS},
    )
    return [Attempt(row.created_at, row.is_answered) for row in rows]


def numbers_of_card(session: Session, card_id: int) -> list[str]:
    """The numbers that may be called from the card, in the order in which it shows them."""
    rows = session.execute(
        text("""
        SELECT a.phones FROM card c JOIN ad a ON a.vehicle_id = c.vehicle_id WHERE c.id = :card
        ORDER BY CASE a.state WHEN 'active' THEN 0 WHEN 'reserved' THEN 1 ELSE 2 END,
                 a.published_at DESC NULLS LAST, a.id LIMIT 20
        """),
        {"card": card_id},
    ).scalars()
    return list(dict.fromkeys(phone for phones in rows for phone in phones or ()))


def _written(
    session: Session, card: Card, phone: str, place: Row[Any], line: Line, operator_id: int, kind: str, now: datetime
) -> Call:
    call = Call(
        type=kind, asterisk_id=place.asterisk_id, trunk_id=line.trunk_id, prefix_id=line.prefix_id, phone=phone,
        caller_number=line.caller_number, operator_id=operator_id, asked_by_id=operator_id, card_id=card.id,
        ad_id=place.ad_id, seller_id=place.seller_id, created_at=now,
    )  # fmt: skip
    try:
        with session.begin_nested():
            session.add(call)
            session.flush()
    except IntegrityError as error:
        name = getattr(getattr(error.orig, "diag", None), "constraint_name", "") or ""
        if name not in _TAKEN:
            raise
        raise Refused(_TAKEN[name]) from None
    return call


__all__ = [
    "attempts", "check_number", "check_phone", "claim_orders", "finish_order", "notify", "numbers_of_card", "order",
    "order_own", "reconcile", "request_call", "rules",
]  # fmt: skip
