"""Handing over, one push at a time: claim (commit), act with nothing held, record (commit). Killed in between, the
lease runs out and the next one looks before it repeats."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.crm import CommentOut, Crm, CrmTrouble, LeadOut, Receipt
from app.domain import lead_map
from app.errors import OutsideError, Refused
from app.models import CrmConnection, CrmPush, Lead
from app.services import crm, leads
from app.services.crm import Keys

Words = Callable[[Mapping[str, Any]], str]
Clock = Callable[[], datetime]


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pace:
    """How patient we are. The lease is longer than the longest try: three requests, each with its turn."""

    lease_s: float = 90.0
    first_s: float = 5.0
    longest_s: float = 3600.0
    life: timedelta = timedelta(hours=72)

    def pause(self, attempts_n: int) -> timedelta:
        return timedelta(seconds=min(self.first_s * 4 ** min(attempts_n - 1, 12), self.longest_s))


PACE = Pace()


@dataclass(frozen=True, slots=True)
class Claim:
    push_id: int
    lease_no: int
    attempts_n: int


def claim(session: Session, now: datetime, *, pace: Pace = PACE, lead_id: int | None = None) -> Claim | None:
    """The next push that is due, ours for a while. What belongs to one lead goes out in order."""
    values = {"now": now, "until": now + timedelta(seconds=pace.lease_s), "lead": lead_id}
    row = session.execute(_CLAIM, values).one_or_none()
    return Claim(row.id, row.lease_no, row.attempts_n) if row is not None else None


_CLAIM = text("""
    UPDATE crm_push SET lease_until = :until, lease_no = lease_no + 1, attempts_n = attempts_n + 1 WHERE id = (
      SELECT p.id FROM crm_push p JOIN crm_connection c ON c.id = p.connection_id
      LEFT JOIN crm_turn t ON t.connection_id = c.id
      WHERE p.state = 'waiting' AND p.next_at <= :now AND (p.lease_until IS NULL OR p.lease_until <= :now)
        AND c.is_enabled AND (t.closed_until IS NULL OR t.closed_until <= :now)
        AND (CAST(:lead AS bigint) IS NULL OR p.lead_id = CAST(:lead AS bigint))
        AND NOT EXISTS (SELECT 1 FROM crm_push e WHERE e.lead_id = p.lead_id AND e.connection_id = p.connection_id
                        AND e.id < p.id AND e.state IN ('waiting', 'failed'))
      ORDER BY p.next_at, p.id LIMIT 1 FOR UPDATE OF p SKIP LOCKED)
    RETURNING id, lease_no, attempts_n
""")


def deliver(
    session: Session, keys: Keys, words: Words, *, pace: Pace = PACE, lead_id: int | None = None, now: Clock = _utc_now
) -> str:
    """One push out of the door: done, later, failed, lost (somebody else has it) or empty. Commits."""
    mine = claim(session, now(), pace=pace, lead_id=lead_id)
    session.commit()
    if mine is None:
        return "empty"
    push = session.get_one(CrmPush, mine.push_id, populate_existing=True)
    try:
        with crm.opened(session, push.connection, keys) as adapter:
            job = _job(session, adapter, push, words, again=mine.attempts_n > 1)
            session.commit()  # nothing is held while somebody else's machine thinks
            receipt = job()
    except (CrmTrouble, OutsideError, Refused) as trouble:
        session.rollback()
        return _record_trouble(session, mine, _as_trouble(trouble), pace, now())
    return _record_done(session, mine, receipt)


def _as_trouble(trouble: Exception) -> CrmTrouble:
    """An adapter that is gone or secrets that cannot be read are about the connection: its leads wait."""
    if isinstance(trouble, CrmTrouble):
        return trouble
    return CrmTrouble(str(trouble), kind="auth", permanent=True, closes=True)


def _parent_of(session: Session, push: CrmPush) -> str:
    first = select(CrmPush.external_id).where(
        CrmPush.lead_id == push.lead_id, CrmPush.connection_id == push.connection_id, CrmPush.what == "lead"
    )
    return str(session.execute(first).scalar() or "")


def _job(session: Session, adapter: Crm, push: CrmPush, words: Words, *, again: bool) -> Callable[[], Receipt]:
    """Everything that has to be read is read here; the call itself needs the database no more."""
    if push.what == "lead":
        out = lead_out(session, push.connection, push.lead)
        return lambda: adapter.push_lead(out, again=again)
    parent = _parent_of(session, push)
    if not parent:
        raise CrmTrouble("the lead itself is not in the CRM", kind="refused", permanent=True)
    at = datetime.fromisoformat(push.body["at"])
    kind = str(push.body.get("kind", "note"))
    comment = CommentOut(push.key, kind, words(push.body), at, f"[#{push.key[:8]}]")
    return lambda: adapter.push_comment(parent, comment, again=again)


def lead_out(session: Session, connection: CrmConnection, lead: Lead) -> LeadOut:
    facts = leads.told_of(session, lead)
    fields = lead_map.fields_of(connection.field_map or [], facts)
    return LeadOut(lead.key, lead.id, fields, facts, lead.created_at)


def _record_done(session: Session, mine: Claim, receipt: Receipt) -> str:
    values = {"id": mine.push_id, "mine": mine.lease_no, "external": receipt.external_id[:64], "url": receipt.url[:500]}
    row = session.execute(_DONE, values).one_or_none()
    if row is None:
        session.rollback()
        return "lost"
    if row.what == "lead":
        leads.settle(session, row.lead_id)
    crm.note_well(session, row.connection_id)
    session.commit()
    return "done"


_DONE = text("""
    UPDATE crm_push SET state = 'done', external_id = :external, url = :url, error = '', done_at = clock_timestamp(),
                        lease_until = NULL
    WHERE id = :id AND lease_no = :mine AND state = 'waiting' RETURNING lead_id, connection_id, what
""")


def _record_trouble(session: Session, mine: Claim, trouble: CrmTrouble, pace: Pace, now: datetime) -> str:
    push = session.get_one(CrmPush, mine.push_id, with_for_update=True, populate_existing=True)
    if push.lease_no != mine.lease_no or push.state != "waiting":
        session.rollback()
        return "lost"
    push.lease_until, push.error = None, str(trouble)
    if trouble.closes:
        crm.close_for(session, push.connection_id, trouble)
    outlived = now - push.waiting_since > pace.life
    if outlived or (trouble.permanent and not trouble.closes):
        push.state = "failed"
        session.flush()
        if push.what == "lead":
            leads.settle(session, push.lead_id)
    else:
        asked = timedelta(seconds=trouble.wait_s) if trouble.wait_s is not None else pace.pause(push.attempts_n)
        push.next_at = now + asked
    state = push.state
    session.commit()
    return "failed" if state == "failed" else "later"


def drain(
    session: Session, keys: Keys, words: Words, *, go_on: Callable[[], bool], pace: Pace = PACE,
    lead_id: int | None = None, now: Clock = _utc_now,
) -> dict[str, int]:  # fmt: skip
    """Push after push while there is something due and `go_on()` says yes."""
    counts = {"pushed": 0, "put_off": 0, "failed": 0}
    while go_on():
        told = deliver(session, keys, words, pace=pace, lead_id=lead_id, now=now)
        if told == "empty":
            break
        name = {"done": "pushed", "later": "put_off", "failed": "failed"}.get(told)
        if name:
            counts[name] += 1
    return counts
