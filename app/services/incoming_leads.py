"""Leads that come in: written down at once, made cards of by a job, and timed until somebody takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from app.domain import lead_words
from app.domain.lead_words import Junk, LeadWords
from app.errors import Refused
from app.models import IncomingLead, LeadIntake
from app.services import lead_intakes, moving
from app.services.audit import note_event
from app.services.deferring import defer
from app.services.distribution import Place

MOST_AT_ONCE = 100


class NotSigned(Exception):
    """A partner's request whose signature is wrong, absent or too old."""


class TooMany(Exception):
    """More leads within a minute than the intake takes."""


@dataclass(frozen=True, slots=True)
class Taken:
    lead_id: int
    is_new: bool


def intake_of(session: Session, token: str) -> LeadIntake:
    row = session.execute(select(LeadIntake).where(LeadIntake.token == token, LeadIntake.is_enabled)).scalar()
    if row is None:
        raise Refused("intake_gone")
    return row


def intake_by_id(session: Session, intake_id: int) -> LeadIntake:
    row = session.get(LeadIntake, intake_id)
    if row is None or not row.is_enabled:
        raise Refused("intake_gone")
    return row


def check_signature(row: LeadIntake, headers: Mapping[str, str], body: bytes, secret_key: str, now: datetime) -> None:
    """Raises NotSigned; OutsideError when our own secrets cannot be read."""
    secret = lead_intakes.secret_of(row, secret_key)
    timestamp, given = headers.get("X-Timestamp", ""), headers.get("X-Signature", "")
    if not lead_words.is_signed(secret, timestamp, given, body, now.timestamp()):
        raise NotSigned("X-Timestamp or X-Signature is absent, wrong or more than five minutes old")


def take(
    session: Session, row: LeadIntake, told: Mapping[str, Any], now: datetime, zone: str, *, is_known: bool = False
) -> Taken:
    """One lead into the books. Sent again it changes nothing; the same id with other words is refused.

    `is_known`: the sender has a key of his own with limits of its own; the way's guard against floods is for strangers.
    Raises lead_words.Junk, TooMany, Refused("lead_changed").
    """
    words = lead_words.read(told, day=f"{now.astimezone(ZoneInfo(zone)):%Y%m%d}")
    was = _known(session, row.id, words)
    if was is not None:
        return Taken(was, is_new=False)
    since = {"intake": row.id, "since": now - timedelta(minutes=1)}
    if not is_known and session.execute(_LATELY, since).scalar_one() >= row.per_minute:
        raise TooMany
    lead_id = session.execute(
        _INSERT,
        {
            "intake": row.id, "once": words.once, "phone": words.phone, "name": words.name, "note": words.note,
            "facts": words.facts, "now": now, "due": now + timedelta(minutes=row.target_min),
        },
    ).scalar()  # fmt: skip
    if lead_id is None:  # two at once: the other one was quicker
        return Taken(_known(session, row.id, words) or 0, is_new=False)
    defer(session, "take_leads")
    return Taken(lead_id, is_new=True)


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one lead of many. `reason` in the words of the interface of programs."""

    position: int
    result: str  # new, known, rejected
    id: int | None = None
    reason: str = ""


def take_many(session: Session, row: LeadIntake, leads: Sequence[Any], now: datetime, zone: str) -> list[Told]:
    """Leads of a program with a key; junk stops none of the others."""
    return [_told(session, row, position, one, now, zone) for position, one in enumerate(leads)]


def _told(session: Session, row: LeadIntake, position: int, one: Any, now: datetime, zone: str) -> Told:
    if not isinstance(one, Mapping):
        return Told(position, "rejected", reason="an object is needed")
    try:
        taken = take(session, row, one, now, zone, is_known=True)
    except Junk as junk:
        return Told(position, "rejected", reason=str(junk))
    except Refused:
        return Told(position, "rejected", reason="this id was sent with other words")
    return Told(position, "new" if taken.is_new else "known", taken.lead_id)


def _known(session: Session, intake_id: int, words: LeadWords) -> int | None:
    row = session.execute(
        select(IncomingLead).where(IncomingLead.intake_id == intake_id, IncomingLead.once == words.once)
    ).scalar()
    if row is None:
        return None
    if (row.phone, row.name, row.note, row.facts) != (words.phone, words.name, words.note, words.facts):
        raise Refused("lead_changed")
    return row.id


_LATELY = text("SELECT count(*) FROM incoming_lead WHERE intake_id = :intake AND received_at > :since")
_INSERT = text("""
    INSERT INTO incoming_lead (intake_id, once, phone, name, note, facts, received_at, due_at)
    VALUES (:intake, :once, :phone, :name, :note, :facts, :now, :due)
    ON CONFLICT ON CONSTRAINT incoming_lead_once DO NOTHING RETURNING id
""").bindparams(bindparam("facts", type_=JSONB))


# --- how soon


def watch(session: Session, now: datetime) -> dict[str, int]:
    """Who has taken which lead, by what really happened on its card; and which are late: the supervisors see them."""
    taken = session.execute(_TAKEN).rowcount  # type: ignore[attr-defined]
    session.execute(_BY_FILTER)
    late = list(session.execute(_LATE, {"now": now}).scalars())
    for lead_id in late:
        note_event(session, "lead_overdue", actor_id=None, actor="job", subject="incoming", subject_id=lead_id)
    return {"taken": int(taken), "late": len(late)}


_TAKEN = text("""
    UPDATE incoming_lead l SET taken_at = d.at, taken_by_id = d.who
    FROM incoming_lead w CROSS JOIN LATERAL (
      SELECT q.at, q.who FROM (
        SELECT COALESCE(a.taken_at, a.from_at) AS at, a.operator_id AS who FROM assignment a
        WHERE a.card_id = w.card_id AND a.operator_id IS NOT NULL AND (a.taken_at IS NOT NULL OR a.why = 'taken')
        UNION ALL SELECT s.at, s.by_id FROM status_change s WHERE s.card_id = w.card_id AND s.by_id IS NOT NULL
        UNION ALL SELECT c.created_at, c.operator_id FROM call c
        WHERE c.card_id = w.card_id AND c.operator_id IS NOT NULL) q
      WHERE q.at >= w.received_at ORDER BY q.at LIMIT 1) d
    WHERE w.taken_at IS NULL AND w.trouble = '' AND w.card_id IS NOT NULL AND l.id = w.id
""")
# A filter may want its leads taken sooner, or later, than the way in says.
_BY_FILTER = text("""
    UPDATE incoming_lead l SET due_at = l.received_at + make_interval(mins => CAST(f.criteria ->> 'take_min' AS int))
    FROM card c JOIN ad_filter f ON f.id = c.filter_id
    WHERE l.taken_at IS NULL AND l.trouble = '' AND c.id = l.card_id AND f.criteria ? 'take_min'
      AND l.due_at <> l.received_at + make_interval(mins => CAST(f.criteria ->> 'take_min' AS int))
""")
_LATE = text("""
    UPDATE incoming_lead SET escalated_at = :now
    WHERE taken_at IS NULL AND trouble = '' AND due_at < :now AND escalated_at IS NULL RETURNING id
""")


def waiting(session: Session, now: datetime) -> tuple[int, int]:
    """(nobody has taken them yet, of these too late)"""
    row = session.execute(_WAITING, {"now": now}).one()
    return int(row.waiting), int(row.late)


_WAITING = text("""
    SELECT count(*) AS waiting, count(*) FILTER (WHERE due_at < :now) AS late
    FROM incoming_lead WHERE taken_at IS NULL AND trouble = ''
""")


def give(session: Session, lead_id: int, operator_id: int, place: Place, *, actor_id: int) -> None:
    """The lead's card goes to this operator, within his caps; undone on the board like every hand-over."""
    lead = session.get(IncomingLead, lead_id)
    if lead is None or lead.card_id is None:
        raise Refused("lead_no_card")
    moving.move(session, [lead.card_id], [operator_id], place, actor_id=actor_id, why="lead")
