"""Sending, one message at a time: claim (commit), act with nothing held, record (commit). A message that may be out is
never sent again; where the gateway keeps our id it is asked first, where it does not the message stays «unknown»."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.domain import callbacks as hours
from app.errors import OutsideError, Refused
from app.extensions import outside
from app.models import Lead, SmsGateway, SmsMessage
from app.services import leads, sms
from app.services.secrets_box import unseal
from app.sms import CLOSES, AnswerLost, Gateway, Message, Permanent, Sent, Temporary

BURST = timedelta(seconds=1)  # so much of a gateway's limit may be used up at once
LEASE = timedelta(seconds=120)  # longer than the longest try
LIFE = timedelta(hours=48)  # so long a message waits for the morning and a gateway; an older one would only surprise
REST = timedelta(minutes=15)  # of a gateway that lets nobody in or wants money
SILENT_S = 60  # who wants to be left alone for less has only been asked too fast
NEVER = timedelta(days=36500)
FINAL = ("delivered", "failed", "expired")
LOST = "sms_answer_lost"  # the mark of a message that may be out and may not; a report takes it away


@dataclass(frozen=True, slots=True)
class Keys:
    """What the deployment decides."""

    secret_key: str
    allow_private: bool


def gateway_of(row: SmsGateway, keys: Keys) -> Gateway:
    """Ready to be asked. Raises Refused, or OutsideError when the secrets cannot be read."""
    kind = outside.sms.get(row.kind)
    if kind is None:
        raise Refused("adapter_unknown", name=row.kind)
    known = {item.name for item in fields(kind)}
    given = {**(row.options or {}), **unseal(row.secrets or "", keys.secret_key)}
    own: dict[str, Any] = {name: value for name, value in given.items() if name in known - {"door", "allow_private"}}
    if "door" in known:
        own["door"] = outside.sms_door(allow_private=keys.allow_private)
    else:
        own["allow_private"] = keys.allow_private
    made: Gateway = kind(**own)
    return made


# --- sending


def send_due(session: Session, keys: Keys, now: Callable[[], datetime], *, go_on: Callable[[], bool]) -> dict[str, int]:
    """Message after message while there is something due and `go_on()` says yes. Commits."""
    counts = {"recovered": recover(session, now())}
    while go_on():
        told = send_next(session, keys, now())
        if not told:
            break
        counts[told] = counts.get(told, 0) + 1
    return counts


def send_next(session: Session, keys: Keys, now: datetime) -> str:
    """One message out of the door: sent, later, failed, unknown or cancelled; empty when nothing is due. Commits."""
    claimed = _claim(session, now)
    if not isinstance(claimed, tuple):
        session.commit()
        return claimed
    message_id, row, wait_s = claimed
    message = session.get_one(SmsMessage, message_id)
    try:
        gateway = gateway_of(row, keys)
    except (Refused, OutsideError):
        return _put_off(session, message, row, Permanent("sms_auth"), now)
    out, attempt = Message(str(message.id), message.phone, message.text, row.sender), message.attempts_n
    message.ref = gateway.ref_of(out)
    session.commit()  # whatever happens from here on, the row says that the message may be out
    if wait_s > 0:  # nothing is held meanwhile
        time.sleep(wait_s)
    try:
        sent = gateway.send(out)
    except (Temporary, Permanent, AnswerLost) as trouble:
        message = _locked(session, message_id)
        if message.attempts_n != attempt or not (message.state == "sending" or message.trouble == LOST):
            session.rollback()  # others have found out more while we waited for the answer
            return "later"
        if isinstance(trouble, AnswerLost):
            return _lost(session, message, gateway, now)
        return _put_off(session, message, row, trouble, now)
    _record(session, _locked(session, message_id), sent, attempt, now)
    row.last_ok_at, row.trouble = now, ""
    session.commit()
    return "sent"


def _locked(session: Session, message_id: int) -> SmsMessage:
    return session.get_one(SmsMessage, message_id, with_for_update=True, populate_existing=True)


def _record(session: Session, message: SmsMessage, sent: Sent, attempt: int, now: datetime) -> None:
    """A report may have been quicker than the answer: what it said stays."""
    if message.attempts_n != attempt:
        return
    if message.state not in FINAL:
        message.state, message.trouble, message.next_at = "sent", "", now + timedelta(seconds=5)
    message.sent_at, message.ref = now, sent.ref[:80]
    message.parts, message.cost = sent.parts or message.parts, sent.cost
    _tell_crm(session, message, now)


def _claim(session: Session, now: datetime) -> tuple[int, SmsGateway, float] | str:
    """The next message, ours from now on, its gateway and how many seconds to wait for the turn; a word when it does
    not go now; empty: none due."""
    message = session.execute(
        select(SmsMessage).where(SmsMessage.state == "waiting", SmsMessage.next_at <= now)
        .order_by(SmsMessage.next_at, SmsMessage.id).limit(1).with_for_update(of=SmsMessage, skip_locked=True)
    ).scalar_one_or_none()  # fmt: skip
    if message is None:
        return ""
    if sms.forbidden(session, message.phone, now):  # the number has been stopped since
        return _end(message, "cancelled", "sms_stopped", now)
    if now - message.created_at > LIFE:
        return _end(message, "failed", message.trouble or "sms_no_gateway", now)
    zone = session.execute(_ZONE, {"card": message.card_id}).scalar() or "Europe/Moscow"
    morning = hours.next_open(now, ZoneInfo(zone), sms.quiet_hours(session))
    if morning > now:
        message.next_at = morning
        return "later"
    rows = session.scalars(
        select(SmsGateway).where(SmsGateway.is_enabled).order_by(SmsGateway.position, SmsGateway.id)
    ).all()
    left = [row for row in rows if row.id not in message.tried_ids]
    if rows and not left:
        return _end(message, "failed", message.trouble or "sms_refused", now)
    awake = [row for row in left if row.closed_until is None or row.closed_until <= now]
    if not awake:
        opens = min((row.closed_until for row in left if row.closed_until), default=now)
        message.next_at = min(max(opens, now + timedelta(seconds=1)), now + timedelta(minutes=1))
        message.trouble = message.trouble or "sms_no_gateway"
        return "later"
    message.state, message.gateway_id, message.next_at = "sending", awake[0].id, now + LEASE
    message.attempts_n += 1
    session.flush()
    turn = session.execute(_TURN, {"id": awake[0].id, "now": now}).scalar_one()
    return message.id, awake[0], max(0.0, (turn - now - BURST).total_seconds())


# One row of places for all workers; a second's worth of them may be taken at once.
_TURN = text("""
    UPDATE sms_gateway SET turn_at = GREATEST(turn_at, :now) + make_interval(secs => 1.0 / per_second)
    WHERE id = :id RETURNING turn_at - make_interval(secs => 1.0 / per_second)
""")


_ZONE = text("""
    SELECT COALESCE(ci.timezone, NULLIF(re.timezone, '')) FROM card c JOIN vehicle v ON v.id = c.vehicle_id
    LEFT JOIN city ci ON ci.id = v.city_id LEFT JOIN region re ON re.id = COALESCE(ci.region_id, v.region_id)
    WHERE c.id = :card
""")


def _end(message: SmsMessage, state: str, trouble: str, now: datetime) -> str:
    message.state, message.trouble, message.done_at = state, trouble, now
    return state


def _put_off(
    session: Session, message: SmsMessage, row: SmsGateway, trouble: Temporary | Permanent, now: datetime
) -> str:
    """Surely not out. Trouble of the account lets the gateway rest; the next one is tried at once."""
    message.state, message.ref, message.sent_at = "waiting", "", None
    message.trouble = "" if message.trouble == LOST else message.trouble
    if isinstance(trouble, Temporary):
        row.closed_until = now + timedelta(seconds=min(max(trouble.retry_after, 1.0), 3600.0))
        row.trouble = "sms_silent" if trouble.retry_after >= SILENT_S else row.trouble
        message.next_at = now
    elif trouble.code in CLOSES:
        row.closed_until, row.trouble = now + REST, trouble.code
        message.trouble, message.next_at = trouble.code, now
    else:
        message.trouble, message.next_at = trouble.code, now
        message.tried_ids = [*message.tried_ids, row.id]
    session.commit()
    return "later"


def _lost(session: Session, message: SmsMessage, gateway: Gateway, now: datetime) -> str:
    if gateway.keeps_id and message.ref:
        message.state, message.sent_at, message.next_at = "sent", now, now + timedelta(seconds=5)
        message.trouble = LOST
        session.commit()
        return "sent"
    message.state, message.sent_at, message.trouble = "unknown", now, LOST
    session.commit()
    return "unknown"


def recover(session: Session, now: datetime) -> int:
    """Messages whose sender died. What may be out is asked after by our id, or stays unknown; never sent anew."""
    rows = session.execute(_DEAD, {"now": now}).all()
    for row in rows:
        kind = outside.sms.get(row.kind)
        asks = bool(row.ref) and kind is not None and kind.keeps_id
        values = {"state": "sent" if asks else "unknown", "sent_at": now, "next_at": now if asks else now + NEVER}
        session.execute(
            update(SmsMessage).where(SmsMessage.id == row.id).values(**values, trouble=LOST)
        )  # fmt: skip
    session.commit()
    return len(rows)


_DEAD = text("""
    SELECT m.id, m.ref, g.kind FROM sms_message m JOIN sms_gateway g ON g.id = m.gateway_id
    WHERE m.state = 'sending' AND m.next_at <= :now ORDER BY m.id LIMIT 500 FOR UPDATE OF m SKIP LOCKED
""")


def _tell_crm(session: Session, message: SmsMessage, now: datetime) -> None:
    """The lead's comments in the CRM get the message too."""
    ids = list(session.scalars(select(Lead.id).where(Lead.card_id == message.card_id))) if message.card_id else []
    if ids:
        leads.tell(session, ids, f"sms:{message.id}", "sms", message.text, now)
