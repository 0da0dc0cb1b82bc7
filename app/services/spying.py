"""Live calls as a supervisor sees them, and what he may ask of one: listen, whisper, barge in, hang up, take over."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Asterisk, Call, CallOrder, PhoneAccount
from app.services import call_closing
from app.services.audit import note_event

# verb -> what is written into the log
VERBS = {
    "listen": "call_listened",
    "whisper": "call_whispered",
    "barge": "call_barged",
    "hangup": "call_hung_up",
    "take_over": "call_taken_over",
}
NEEDS_PHONE = {"listen", "whisper", "barge", "take_over"}  # the supervisor's own telephone rings
NEEDS_TALK = {"listen", "whisper", "barge", "take_over"}
FREE = ("not_inuse", "idle")
SILENT = timedelta(seconds=20)  # a telephony process that has said nothing for so long is dead
SHOWN = 300


def live(session: Session) -> list[Row[Any]]:
    """Every call that goes on now, the longest first."""
    return list(
        session.execute(
            text("""
            SELECT c.id, c.type, c.state, c.phone, c.card_id, c.operator_id, c.caller_number,
                   COALESCE(c.answered_at, c.ringing_at, c.created_at) AS since,
                   u.first_name || ' ' || u.last_name AS operator_name, g.name AS group_name,
                   s.name AS seller, v.title, t.name AS line, p.digits AS prefix,
                   (SELECT string_agg(b.first_name || ' ' || b.last_name, ', ' ORDER BY b.last_name) FROM (
                      SELECT e.details->>'Extension' AS extension FROM call_event e
                      WHERE e.call_id = c.id AND e.name IN ('SpyStarted', 'SpyStopped') GROUP BY 1
                      HAVING sum(CASE e.name WHEN 'SpyStarted' THEN 1 ELSE -1 END) > 0) s
                    JOIN phone_account a ON a.asterisk_id = c.asterisk_id AND a.extension = s.extension
                    JOIN ab_user b ON b.id = a.user_id
                   ) AS listeners
            FROM call c LEFT JOIN ab_user u ON u.id = c.operator_id
            LEFT JOIN operator_profile o ON o.user_id = c.operator_id LEFT JOIN operator_group g ON g.id = o.group_id
            LEFT JOIN seller s ON s.id = c.seller_id LEFT JOIN card k ON k.id = c.card_id
            LEFT JOIN vehicle v ON v.id = k.vehicle_id
            LEFT JOIN trunk t ON t.id = c.trunk_id LEFT JOIN dial_prefix p ON p.id = c.prefix_id
            WHERE c.state <> 'ended' ORDER BY since, c.id LIMIT :n
            """),
            {"n": SHOWN},
        )
    )


def ask(session: Session, call_id: int, verb: str, *, actor_id: int, now: datetime) -> CallOrder | None:
    """Write the order for telephony, which hears of it at once. Refused with what stands in the way.

    None: telephony did not have the call yet, and never will.
    """
    if verb not in VERBS:
        raise Refused("verb_unknown")
    call = session.get(Call, call_id, with_for_update={"of": Call}, populate_existing=True)
    if call is None or call.state == "ended":
        raise Refused("call_over")
    if verb in NEEDS_TALK and call.state != "talking":
        raise Refused("call_not_talking")
    if verb == "hangup" and call.state == "asked":
        call_closing.cancel(session, call, now)
        _note(session, call, verb, actor_id)
        return None
    server = session.get_one(Asterisk, call.asterisk_id)
    if server.state != "up" or server.seen_at is None or server.seen_at < now - SILENT:
        raise Refused("telephony_down")
    args: dict[str, Any] = {}
    if verb in NEEDS_PHONE:
        args["extension"] = _own_phone(session, call, actor_id)
    order = CallOrder(
        asterisk_id=call.asterisk_id, verb=verb, call_id=call.id, args=args, asked_by_id=actor_id, asked_at=now
    )
    session.add(order)
    _note(session, call, verb, actor_id)
    session.flush()
    session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": f"telephony_{call.asterisk_id}"})
    return order


def _note(session: Session, call: Call, verb: str, actor_id: int) -> None:
    note_event(
        session, VERBS[verb], actor_id=actor_id, subject="call", subject_id=call.id, operator_id=call.operator_id,
        card_id=call.card_id,
    )  # fmt: skip


def _own_phone(session: Session, call: Call, actor_id: int) -> str:
    """The supervisor's telephone, on the server of that call and free to ring."""
    if call.operator_id == actor_id:
        raise Refused("call_is_own")
    account = session.get(PhoneAccount, actor_id)
    if account is None or account.asterisk_id != call.asterisk_id:
        raise Refused("phone_elsewhere_server" if account is not None else "phone_none")
    if account.device_state not in FREE:
        raise Refused("phone_busy" if account.device_state in ("inuse", "busy", "ringing") else "own_phone_absent")
    return account.extension


def answer_of(session: Session, order_id: int, actor_id: int) -> str | None:
    """What became of an order of this person's: None while it is open, a code when it could not be done, else ''."""
    row = session.execute(
        text("SELECT done_at, trouble FROM call_order WHERE id = :id AND asked_by_id = :actor"),
        {"id": order_id, "actor": actor_id},
    ).one_or_none()
    return None if row is None or row.done_at is None else str(row.trouble)
