"""What gateways tell: what became of messages, asked for or called back, and what is left to pay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select, text, update
from sqlalchemy.orm import Session

from app import settings
from app.domain import sms_text
from app.domain.phones import read_phone
from app.errors import OutsideError, Refused
from app.models import SmsGateway, SmsMessage
from app.services import sms, stop_list
from app.services.audit import note_event
from app.services.sms_sending import FINAL, LOST, NEVER, Keys, gateway_of
from app.sms import AnswerLost, Heard, Permanent, Report, Temporary

ASK_FOR = timedelta(days=3)  # so long a gateway is asked what became of a message
SOON = timedelta(seconds=10)  # not asked again earlier
SILENCE = timedelta(minutes=1)  # a gateway that gave no answer is asked again after it
SETTLES = timedelta(minutes=2)  # what a gateway does not know before may still be on its way inside of it


def poll(session: Session, keys: Keys, now: datetime) -> dict[str, int]:
    """Ask the gateways about messages that are due for it. Commits per gateway; a silent one stops nobody."""
    counts = {"asked": 0, "changed": 0, "silent": 0}
    # One that is switched off sends no more, but what it has sent is still on its way.
    for row in session.scalars(select(SmsGateway).order_by(SmsGateway.id)).all():
        due = session.execute(_TO_ASK, {"gateway": row.id, "now": now, "most": 200}).all()
        if not due:
            continue
        counts["asked"] += len(due)
        session.execute(_ASK_LATER, {"ids": [one.id for one in due], "now": now, "for": ASK_FOR, "never": NEVER,
                                     "lost": LOST, "soon": SOON})  # fmt: skip
        session.commit()
        try:
            gateway = gateway_of(row, keys)
            told = gateway.reports([one.ref for one in due])
        except (Temporary, Permanent, AnswerLost, Refused, OutsideError):
            counts["silent"] += 1
            session.rollback()
            _ask_soon(session, [one.id for one in due], now)
            continue
        counts["changed"] += apply_reports(session, row.id, told, now)
        take_answers(session, gateway.heard, now)
        answered = {report.ref for report in told}
        if answered:  # the questions after which it fell silent
            _ask_soon(session, [one.id for one in due if one.ref not in answered], now)
        session.commit()
    return counts


def _ask_soon(session: Session, message_ids: list[int], now: datetime) -> None:
    session.execute(_ASK_SOON, {"ids": message_ids, "next": now + SILENCE, "since": now - ASK_FOR})
    session.commit()


_TO_ASK = text("""
    SELECT id, ref FROM sms_message WHERE gateway_id = :gateway AND state = 'sent' AND ref <> '' AND next_at <= :now
    ORDER BY next_at, id LIMIT :most FOR UPDATE SKIP LOCKED
""")
# Soon at first, then ever more seldom: most are delivered within a minute, a switched-off telephone takes a day.
_ASK_LATER = text("""
    UPDATE sms_message SET next_at = CASE WHEN :now > sent_at + :for THEN :now + :never
      ELSE :now + LEAST(GREATEST((:now - sent_at) / 2, :soon), interval '1 hour') END,
      state = CASE WHEN :now > sent_at + :for AND trouble = :lost THEN 'unknown' ELSE state END
    WHERE id = ANY(:ids)
""")

_ASK_SOON = text("""
    UPDATE sms_message SET next_at = LEAST(next_at, :next) WHERE id = ANY(:ids) AND state = 'sent' AND sent_at > :since
""")


def apply_reports(session: Session, gateway_id: int, told: Sequence[Report], now: datetime) -> int:
    """Bring the messages to what the gateway says. Told twice or in the wrong order changes nothing; strangers neither.

    Returns how many have changed."""
    changed = 0
    for report in told:
        if not report.ref.isascii() or not report.ref.isprintable():
            continue
        if report.state == "absent":
            changed += _absent(session, gateway_id, report, now)
            continue
        if report.state not in (*FINAL, "sent"):
            continue
        values: dict[str, Any] = {"state": report.state, "trouble": report.trouble[:32]}
        if report.state in FINAL:
            values["done_at"] = min(report.at or now, now)
        done: Any = session.execute(
            update(SmsMessage)
            .where(SmsMessage.gateway_id == gateway_id, SmsMessage.ref == report.ref[:80], SmsMessage.ref != "",
                   SmsMessage.state.in_(("sending", "sent", "unknown")),
                   or_(SmsMessage.state != report.state, SmsMessage.trouble == LOST))
            .values(**values).execution_options(synchronize_session=False)
        )  # fmt: skip
        changed += done.rowcount
    return changed


def _absent(session: Session, gateway_id: int, report: Report, now: datetime) -> int:
    """The gateway has never had it, so it is surely not out and may go again. A slow one gets time to find it."""
    done: Any = session.execute(
        update(SmsMessage)
        .where(SmsMessage.gateway_id == gateway_id, SmsMessage.ref == report.ref[:80], SmsMessage.ref != "",
               SmsMessage.state == "sent", SmsMessage.trouble == LOST, SmsMessage.sent_at < now - SETTLES)
        .values(state="waiting", next_at=now, ref="", sent_at=None, trouble="")
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return int(done.rowcount)


def take_hook(session: Session, token: str, body: bytes, keys: Keys, now: datetime) -> tuple[str, int]:
    """A call-back: what the gateway wants to read, and how many messages changed. Refused: nobody has that address."""
    row = session.scalars(select(SmsGateway).where(SmsGateway.hook_token == token)).one_or_none()
    if row is None:
        raise Refused("sms_hook_unknown")
    gateway = gateway_of(row, keys)
    if heard := gateway.read_answers(body):
        return gateway.callback_answer, take_answers(session, heard, now)
    return gateway.callback_answer, apply_reports(session, row.id, gateway.read_callback(body), now)


def take_answers(session: Session, heard: Sequence[Heard], now: datetime) -> int:
    """Who asks to be left alone is; returns how many. Told twice it changes nothing. Other answers are not kept."""
    stopped, words = 0, str(settings.get(session, "sms_stop_words"))
    for one in heard:
        number = read_phone(one.phone[:40]).number
        if number is None or not sms_text.asks_to_stop(one.text[:500], words):
            continue
        if not stop_list.add(session, number, reason="sms", actor_id=None, now=now):
            continue
        sms.consent(session, number, note=one.text[:100], actor_id=None, now=now, is_withdrawn=True)
        note_event(session, "sms_stop_asked", actor_id=None, actor="job", subject="sms")
        stopped += 1
    return stopped


def refresh_balance(session: Session, row: SmsGateway, keys: Keys, now: datetime) -> Decimal | None:
    """Ask what is left; raises Temporary, Permanent, Refused, OutsideError. The answer is kept."""
    left = gateway_of(row, keys).balance()
    row.balance, row.balance_at = left, now
    if left is not None and left > 0:  # it lets us in and has money; one that tells nothing proves nothing
        row.closed_until, row.trouble = None, ""
    session.flush()
    return left
