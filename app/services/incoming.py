"""A seller rings us: whose card it is, at whose desk it opens, and what becomes of it when nobody answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app.domain.phones import read_phone
from app.models import Call, CallOrder
from app.services import caller_cards, missed_calls, recordings

# A call from long ago says nothing of who should answer today.
REMEMBERED = timedelta(days=90)
# A seller whose advert shows a substitute number calls back from one that we have never seen, and does so soon.
CALLS_BACK_WITHIN = timedelta(hours=1)
FREE = "('not_inuse', 'idle')"  # the states of a telephone that can ring
AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Whose:
    """What is known of a caller before anybody answers: his card, who called last, the group."""

    card_id: int | None = None
    operator_id: int | None = None
    group_id: int | None = None


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
    call.seller_id = _seller_of(session, call.card_id)
    call.trunk_id = _trunk_of(session, asterisk_id, said.get("trunk", ""))
    session.flush()
    order_to_somebody(session, call, now, whose=whose)
    return call


def _is_ordered(session: Session, call: Call) -> bool:
    ordered = session.execute(text("SELECT 1 FROM call_order WHERE call_id = :id AND verb = 'route'"), {"id": call.id})
    return ordered.first() is not None


def number_of(raw: str) -> str:
    """7XXXXXXXXXX where it is a Russian number however it was sent, else the digits; nothing of a hidden one."""
    found = read_phone(raw).number
    if found is not None:
        return found
    digits = "".join(letter for letter in raw if letter in "0123456789")
    return digits[:20]


# --- whose it is


def whose_call(session: Session, phone: str, called: str, now: datetime) -> Whose:
    """By our own calls to that number, by the number's seller, by our calls from the number that was dialled back."""
    values = {"phone": phone, "called": called, "since": now - REMEMBERED, "lately": now - CALLS_BACK_WITHIN}
    found = None
    if phone:
        found = session.execute(_BY_CALL, values).one_or_none() or session.execute(_BY_SELLER, values).one_or_none()
    if found is None and called:
        guesses = session.execute(_BY_LINE, values).all()
        found = guesses[0] if len(guesses) == 1 else None  # two sellers may be meant: then nobody is
    if found is None:
        return Whose()
    return Whose(found.card_id, found.operator_id, found.group_id)


_WHOSE = """
  SELECT k.id AS card_id, COALESCE(q.operator_id, k.operator_id) AS operator_id,
         COALESCE(p.group_id, k.group_id) AS group_id
"""
_LATEST_CARD = """
  JOIN card was ON was.id = q.card_id
  JOIN LATERAL (SELECT * FROM card WHERE vehicle_id = was.vehicle_id ORDER BY stage = 9, id DESC LIMIT 1) k ON true
  LEFT JOIN operator_profile p ON p.user_id = COALESCE(q.operator_id, k.operator_id)
"""
# The number that he dials back tells which of several talks he means.
_BY_CALL = text(f"""
  {_WHOSE} FROM (
    SELECT card_id, operator_id, created_at, caller_number = :called AS is_back FROM call
    WHERE phone = :phone AND type NOT IN ('incoming', 'internal') AND card_id IS NOT NULL AND created_at > :since
    ORDER BY is_back DESC, created_at DESC LIMIT 1) q {_LATEST_CARD}
""")  # noqa: S608  constants of this module
_BY_SELLER = text(f"""
  {_WHOSE} FROM (
    SELECT c.id AS card_id, CAST(NULL AS int) AS operator_id FROM seller_phone s
    JOIN vehicle v ON v.seller_id = s.seller_id JOIN card c ON c.vehicle_id = v.id
    WHERE s.phone = :phone AND NOT s.is_substitute
    ORDER BY c.stage = 9, c.stage IN (1,2,3) DESC, v.on_sale DESC, c.id DESC LIMIT 1) q {_LATEST_CARD}
""")  # noqa: S608
_BY_LINE = text(f"""
  {_WHOSE} FROM (
    SELECT DISTINCT ON (c.card_id) c.card_id, c.operator_id FROM call c
    JOIN seller_phone s ON s.phone = c.phone AND s.is_substitute
    WHERE c.caller_number = :called AND c.type NOT IN ('incoming', 'internal') AND c.card_id IS NOT NULL
      AND c.created_at > :lately AND c.outcome IS DISTINCT FROM 'answered'
    ORDER BY c.card_id, c.created_at DESC LIMIT 2) q {_LATEST_CARD}
""")  # noqa: S608


def _trunk_of(session: Session, asterisk_id: int, endpoint: str) -> int | None:
    return session.execute(
        text("SELECT id FROM trunk WHERE asterisk_id = :asterisk AND endpoint = :endpoint"),
        {"asterisk": asterisk_id, "endpoint": endpoint},
    ).scalar()


def _seller_of(session: Session, card_id: int | None) -> int | None:
    return session.execute(
        text("SELECT v.seller_id FROM card c JOIN vehicle v ON v.id = c.vehicle_id WHERE c.id = :id"), {"id": card_id}
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
    args["record"] = recordings.is_on(session, call.asterisk_id)
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
    """Calls that rang while our process was away, from the records of the exchange; returns how many were missed.

    The record says in `pz_kind` that it came in; a link that has a call already was seen.
    """
    rows = session.execute(
        text("""
        SELECT d.linkedid AS link, min(d.src) AS caller, min(d.pz_called) AS called, min(d.start) AS began,
               max(d."end") AS ended, COALESCE(max(d.pz_talk_ms), 0) > 0 AS is_answered,
               max(d.pz_talk_ms) AS talk_ms, max(d.pz_rec) AS recording
        FROM cdr d WHERE d.pz_kind = 'in' AND d.start > :since
          AND NOT EXISTS (SELECT 1 FROM call c WHERE c.link = d.linkedid)
        GROUP BY d.linkedid ORDER BY min(d.start) LIMIT :n
        """),
        {"since": now - timedelta(days=7), "n": AT_ONCE},
    ).all()
    missed = 0
    for row in rows:
        call = _written_later(session, asterisk_id, row, now)
        missed += call.outcome == "no_answer" and missed_calls.to_callback(session, call, now, zone)
    return missed


def _written_later(session: Session, asterisk_id: int, row: Row[Any], now: datetime) -> Call:
    phone, called = number_of(row.caller or ""), number_of(row.called or "")
    card_id = whose_call(session, phone, called, row.began).card_id
    if card_id is None and (ours := read_phone(phone).number) is not None:
        card_id = caller_cards.open_for(session, ours, now)
    call = Call(
        link=row.link, type="incoming", state="ended", asterisk_id=asterisk_id, phone=phone, caller_number=called,
        card_id=card_id, seller_id=_seller_of(session, card_id), created_at=row.began, ringing_at=row.began,
        ended_at=row.ended, outcome="answered" if row.is_answered else "no_answer",
        talk_ms=row.talk_ms if row.is_answered else None, recording=(row.recording or "") if row.is_answered else "",
    )  # fmt: skip
    session.add(call)
    session.flush()
    return call
