"""Asking for an SMS: which number, which words, whether it may go and when. The sending itself is a job's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app import settings
from app.domain import callbacks as hours
from app.domain import sms_text
from app.errors import Reason, Refused, refuse_unless
from app.models import SmsConsent, SmsGateway, SmsMessage, SmsTemplate
from app.services import sms_facts, stop_list
from app.services.audit import note_event
from app.services.deferring import defer

ONCE_PER = timedelta(hours=24)  # one template to one ad, and to one number
_LOCK = 724_500 * 10**12  # advisory locks of numbers: this, then the number
# Counts as having gone out: only a message that surely did not may be asked for again.
_GOES = "state NOT IN ('failed', 'cancelled')"


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be sent. `refused` says why it would not; `not_before` when it would have to wait for the morning."""

    template_id: int
    phone: str
    text: str
    count: sms_text.Count
    refused: Reason | None
    not_before: datetime | None


def preview(session: Session, card_id: int, template_id: int, *, actor_id: int | None, now: datetime) -> Preview:
    """Raises Refused when there is no such card or template."""
    about = sms_facts.about_of(session, card_id)
    template = session.get(SmsTemplate, template_id)
    if template is None:
        raise Refused("sms_template_gone")
    words = sms_text.fill(template.text, sms_facts.values_of(session, about, actor_id))
    phone, refused = "", None
    try:
        phone = _mobile(about.phones)
        _check(session, about.id, template, phone, now)
        _count(words)
    except Refused as no:
        refused = no.reason
    later = _not_before(session, about.timezone, now)
    return Preview(template.id, phone, words, sms_text.count(words), refused, later if later > now else None)


def ask(
    session: Session, card_id: int, template_id: int, *, ground: str, actor_id: int | None, now: datetime
) -> SmsMessage:
    """One message on its way once the caller has committed. Raises Refused; two who ask at once get one message."""
    about = sms_facts.about_of(session, card_id)
    template = session.get(SmsTemplate, template_id)
    if template is None or not template.is_enabled:
        raise Refused("sms_template_gone")
    phone = _mobile(about.phones)
    # Until our commit nobody else asks for this number: the look for an earlier message and the new row are one.
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK + int(phone)})
    _check(session, card_id, template, phone, now)
    words = sms_text.fill(template.text, sms_facts.values_of(session, about, actor_id))
    counted = _count(words)
    later = _not_before(session, about.timezone, now)
    message = SmsMessage(
        card_id=card_id, template_id=template.id, phone=phone, text=words, parts=counted.parts, ground=ground,
        by_id=actor_id, created_at=now, next_at=later, state="waiting",
    )  # fmt: skip
    session.add(message)
    session.flush()
    note_event(session, "sms_asked", actor_id=actor_id, subject="card", subject_id=card_id, message_id=message.id)
    if later <= now:
        defer(session, "send_sms")
    return message


def take_back(session: Session, card_id: int, message_id: int, *, actor_id: int, now: datetime) -> None:
    """One that still waits, for the morning or for a gateway. Refused once it may be out."""
    done: Any = session.execute(
        update(SmsMessage)
        .where(SmsMessage.id == message_id, SmsMessage.card_id == card_id, SmsMessage.state == "waiting")
        .values(state="cancelled", trouble="sms_taken_back", done_at=now)
    )
    if not done.rowcount:
        raise Refused("sms_gone_already")
    note_event(session, "sms_cancelled", actor_id=actor_id, subject="card", subject_id=card_id, message_id=message_id)


def by_itself(session: Session, card_id: int, template_ids: list[int], *, ground: str, now: datetime) -> int:
    """Automatic messages: what may not go does not, and nobody is told off for it."""
    made = 0
    for template_id in template_ids:
        try:
            with session.begin_nested():
                ask(session, card_id, template_id, ground=ground, actor_id=None, now=now)
            made += 1
        except Refused:
            continue
    return made


def after_status(session: Session, card_id: int, status_id: int, now: datetime) -> int:
    rows = session.scalars(
        select(SmsTemplate.id)
        .where(SmsTemplate.is_enabled, SmsTemplate.status_id == status_id)
        .order_by(SmsTemplate.id)
    )
    return by_itself(session, card_id, list(rows), ground="status", now=now)


def after_missed(session: Session, card_id: int, now: datetime) -> int:
    """Called when a call to the seller has ended unanswered: the template whose number of tries this was."""
    wanted = session.execute(select(SmsTemplate.id, SmsTemplate.after_missed).where(
        SmsTemplate.is_enabled, SmsTemplate.after_missed.is_not(None)
    )).all()  # fmt: skip
    if not wanted:
        return 0
    missed = session.execute(_MISSED, {"card": card_id}).scalar_one()
    return by_itself(session, card_id, [row.id for row in wanted if row.after_missed == missed],
                     ground="missed_calls", now=now)  # fmt: skip


# Tries in a row: a talk begins the count anew.
_MISSED = text("""
    SELECT count(*) FROM call c WHERE c.card_id = :card AND c.type <> 'incoming' AND c.state = 'ended'
      AND c.outcome IN ('no_answer', 'busy', 'unavailable', 'rejected') AND c.created_at > COALESCE(
        (SELECT max(a.created_at) FROM call a WHERE a.card_id = :card AND a.outcome = 'answered'), '-infinity')
""")


def templates(session: Session) -> list[SmsTemplate]:
    """Those that can be chosen by hand."""
    return list(session.scalars(
        select(SmsTemplate).where(SmsTemplate.is_enabled).order_by(SmsTemplate.position, SmsTemplate.name)
    ))  # fmt: skip


def consent(
    session: Session, phone: str, *, note: str, actor_id: int | None, now: datetime, card_id: int | None = None,
    is_withdrawn: bool = False,
) -> None:  # fmt: skip
    """Write down that the owner of a number agreed to messages, or no longer does: then it is never written to."""
    row = SmsConsent(phone_hash=stop_list.mark(phone), card_id=card_id, by_id=actor_id, note=note[:500], at=now,
                     is_withdrawn=is_withdrawn)  # fmt: skip
    session.add(row)
    session.flush()


def wish_of(session: Session, card_id: int) -> bool | None:
    """Whether the seller of a card wants messages; None: nobody has asked."""
    phones = sms_facts.mobiles_of(sms_facts.about_of(session, card_id).phones)
    return _last_wish(session, phones[0]) if phones else None


def note_wish(session: Session, card_id: int, *, wants: bool, actor_id: int, now: datetime) -> None:
    """What the seller said on the telephone, for all his numbers. Refused without a mobile one."""
    phones = sms_facts.mobiles_of(sms_facts.about_of(session, card_id).phones)
    if not phones:
        raise Refused("sms_no_mobile")
    for phone in phones:
        consent(session, phone, note="", actor_id=actor_id, now=now, card_id=card_id, is_withdrawn=not wants)
    what = "sms_agreed" if wants else "sms_declined"
    note_event(session, what, actor_id=actor_id, subject="card", subject_id=card_id)


# --- whether and when it may go


def _mobile(phones: list[str]) -> str:
    """The first one. When that is stopped, another number of the seller's is no way round."""
    found = sms_facts.mobiles_of(phones)
    if not found:
        raise Refused("sms_no_mobile")
    return found[0]


def _check(session: Session, card_id: int, template: SmsTemplate, phone: str, now: datetime) -> None:
    refuse_unless(sms_text.check_template(template.text))
    rules = settings.all_of(session)
    if forbidden(session, phone, now):
        raise Refused("sms_stopped")
    if rules["sms_with_consent"] and not _last_wish(session, phone):
        raise Refused("sms_no_consent")
    if not session.execute(select(SmsGateway.id).where(SmsGateway.is_enabled).limit(1)).first():
        raise Refused("sms_no_gateway")
    earlier = session.execute(_EARLIER, {"card": card_id, "phone": phone, "template": template.id,
                                         "since": now - ONCE_PER}).first()  # fmt: skip
    if earlier is not None:
        raise Refused("sms_already", hours=int(ONCE_PER.total_seconds() // 3600))
    cap = rules["sms_per_day"]
    sent = session.execute(_SENT_TO, {"phone": phone, "since": now - timedelta(days=1)}).scalar_one()
    if cap and sent >= cap:
        raise Refused("sms_too_many", n=sent, cap=cap)


_EARLIER = text(f"""
    SELECT 1 FROM sms_message WHERE template_id = :template AND {_GOES} AND (card_id = :card OR phone = :phone)
      AND (state IN ('waiting', 'sending') OR COALESCE(sent_at, created_at) > :since) LIMIT 1
""")  # noqa: S608  a constant
_SENT_TO = text(f"""
    SELECT count(*) FROM sms_message WHERE phone = :phone AND {_GOES}
      AND (state IN ('waiting', 'sending') OR COALESCE(sent_at, created_at) > :since)
""")  # noqa: S608


def _count(words: str) -> sms_text.Count:
    """Raises Refused when nothing would be left to read, or when it would cost too much."""
    counted = sms_text.count(words)
    if not words:
        raise Refused("sms_text_empty")
    if counted.parts > sms_text.MOST_PARTS:
        raise Refused("sms_too_many_parts", n=counted.parts, most=sms_text.MOST_PARTS)
    return counted


def forbidden(session: Session, phone: str, now: datetime) -> bool:
    """On the stop list, or the owner has withdrawn the consent."""
    if stop_list.stopped(session, [phone], now):
        return True
    return _last_wish(session, phone) is False


def _last_wish(session: Session, phone: str) -> bool | None:
    is_withdrawn = session.execute(
        select(SmsConsent.is_withdrawn).where(SmsConsent.phone_hash == stop_list.mark(phone))
        .order_by(SmsConsent.at.desc(), SmsConsent.id.desc()).limit(1)
    ).scalar()  # fmt: skip
    return None if is_withdrawn is None else not is_withdrawn


def _not_before(session: Session, zone: str, now: datetime) -> datetime:
    """Now, or the next morning where the receiver lives."""
    return hours.next_open(now, ZoneInfo(zone), quiet_hours(session))


def quiet_hours(session: Session) -> tuple[int, int]:
    """Between these hours messages may arrive. Hours that end before they begin would let nothing out for ever."""
    known = settings.all_of(session)
    first, last = known["sms_hours_from"], known["sms_hours_to"]
    return (first, last) if first < last else (9, 20)
