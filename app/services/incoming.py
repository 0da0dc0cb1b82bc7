"""A seller rings us: whose card it is, at whose desk it opens, and what becomes of it when nobody answers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.domain.phones import read_phone
from app.models import Call, CallOrder
from app.services import caller_cards, missed_calls, recordings, unseen_calls
from app.services.callers import Whose, number_of, seller_of, whose_call

FREE = "('not_inuse', 'idle')"  # the states of a telephone that can ring


def arrived(session: Session, asterisk_id: int, link: str, said: dict[str, str], now: datetime) -> Call:
    """Write the call down once, find whose it is, order it to a telephone. `said`: caller, called, trunk."""
    call = session.scalars(select(Call).where(Call.link == link).with_for_update(of=Call)).one_or_none()
    if call is not None and (call.type != "incoming" or _is_ordered(session, call)):
        return call
    phone, called = number_of(said.get("caller", "")), number_of(said.get("called", ""))
    whose = whose_call(session, phone, called, now)
    if call is None:
        call = Call(
            link=link, type="incoming", state="ringing", asterisk_id=asterisk_id, created_at=now, ringing_at=now
        )
        session.add(call)
    call.phone, call.caller_number, call.card_id = phone, called, whose.card_id
    if call.card_id is None and (ours := read_phone(phone).number) is not None:
        call.card_id = caller_cards.open_for(session, ours, now)
    call.seller_id = seller_of(session, call.card_id)
    call.trunk_id = _trunk_of(session, asterisk_id, said.get("trunk", ""))
    session.flush()
    order_to_somebody(session, call, now, whose=whose)
    return call


def _is_ordered(session: Session, call: Call) -> bool:
    ordered = session.execute(text("SELECT 1 FROM call_order WHERE call_id = :id AND verb = 'route'"), {"id": call.id})
    return ordered.first() is not None


def _trunk_of(session: Session, asterisk_id: int, endpoint: str) -> int | None:
    return session.execute(
        text("SELECT id FROM trunk WHERE asterisk_id = :asterisk AND endpoint = :endpoint"),
        {"asterisk": asterisk_id, "endpoint": endpoint},
    ).scalar()


# --- whose telephone rings


def order_to_somebody(session: Session, call: Call, now: datetime, *, whose: Whose | None = None) -> int | None:
    """Order the call to the next telephone that may ring; none is left: the caller is told so. Returns whose."""
    if call.state != "ringing":
        return None
    whose = whose or whose_call(session, call.phone, call.caller_number, now)
    chosen = next_operator(session, call, whose)
    call.operator_id = chosen.user_id if chosen is not None else None
    args: dict[str, Any] = {"extension": chosen.extension if chosen is not None else ""}
    args["record"] = "1" if recordings.is_on(session, call.asterisk_id) else "0"
    session.add(CallOrder(asterisk_id=call.asterisk_id, verb="route", call_id=call.id, args=args, asked_at=now))
    session.flush()
    session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": f"telephony_{call.asterisk_id}"})
    return chosen.user_id if chosen is not None else None


def next_operator(session: Session, call: Call, whose: Whose) -> Row[Any] | None:
    """Who called last, if his telephone is free; then the free ones of his group, the longest idle first.

    A card without a group, and an unknown caller, is for anyone who is on the line. Each is tried once.
    """
    return session.execute(
        text(f"""
        SELECT p.user_id, a.extension FROM operator_profile p
        JOIN ab_user u ON u.id = p.user_id AND u.active
        JOIN phone_account a ON a.user_id = p.user_id AND a.asterisk_id = :asterisk AND a.device_state IN {FREE}
        WHERE (p.presence = 'ready' OR (p.presence = 'wrap_up' AND p.user_id = :last))
          AND (p.user_id = :last OR CAST(:group AS int) IS NULL OR p.group_id = :group)
          AND NOT EXISTS (SELECT 1 FROM call c WHERE c.operator_id = p.user_id AND c.state <> 'ended' AND c.id <> :call)
          AND NOT EXISTS (SELECT 1 FROM call_order o WHERE o.call_id = :call AND o.verb = 'route'
                          AND o.args->>'extension' = a.extension)
        ORDER BY p.user_id = :last DESC NULLS LAST,
                 (SELECT max(c.ended_at) FROM call c WHERE c.operator_id = p.user_id AND c.created_at > :day)
                 NULLS FIRST, p.presence_since, p.user_id
        LIMIT 1 FOR UPDATE OF p SKIP LOCKED
        """),  # noqa: S608  a constant of this module
        {
            "asterisk": call.asterisk_id,
            "last": whose.operator_id,
            "group": whose.group_id,
            "call": call.id,
            "day": call.created_at - timedelta(days=1),
        },
    ).first()


# --- what became of it


def answered(session: Session, call: Call, now: datetime, zone: str) -> None:
    """The operator who answered works on the card from now on, also when it was a colleague's or had been closed."""
    call.state, call.answered_at = "talking", call.answered_at or now
    call.operator_up_at = call.operator_up_at or now
    session.flush()
    if call.card_id is not None and call.operator_id is not None:
        caller_cards.give(session, call.card_id, call.operator_id, now, zone)


def ended(session: Session, call: Call, now: datetime, zone: str) -> bool:
    """The incoming call is over; returns whether it was missed and has become a call-back."""
    if call.answered_at is not None:
        return False
    return missed_calls.to_callback(session, call, now, zone)


def note_unseen(session: Session, asterisk_id: int, now: datetime, zone: str) -> int:
    """After every connect: what came while our process was away. Returns how many calls were missed."""
    return unseen_calls.write_down(session, now, zone)["missed"]
