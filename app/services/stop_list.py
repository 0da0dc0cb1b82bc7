"""Numbers that nobody calls: the one place where they are asked for, added and erased. An erased one still forbids."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from app.domain.phones import phone_mark
from app.extensions import outside
from app.models import DoNotCall
from app.services import forgetting
from app.services.audit import note_event


def mark(phone: str) -> str:
    return phone_mark(phone, outside.phone_key)


def stopped(session: Session, phones: Collection[str], now: datetime) -> set[str]:
    """Those of the numbers (7XXXXXXXXXX) that must not be called now."""
    marks = {mark(phone): phone for phone in phones}
    if not marks:
        return set()
    # A number that is still kept forbids even when the key has been changed by mistake.
    rows = session.execute(
        text("""
        SELECT phone, phone_hash FROM do_not_call
        WHERE (phone_hash = ANY(:marks) OR phone = ANY(:phones)) AND (until IS NULL OR until > :now)
        """),
        {"marks": list(marks), "phones": list(marks.values()), "now": now},
    )
    return {marks.get(row.phone_hash) or row.phone for row in rows}


def entry_of(session: Session, phone: str) -> DoNotCall | None:
    """The entry of a number, in force or not."""
    return session.scalars(
        select(DoNotCall).where(or_(DoNotCall.phone_hash == mark(phone), DoNotCall.phone == phone))
    ).first()


def add(
    session: Session, phone: str, *, reason: str, actor_id: int | None, now: datetime, until: datetime | None = None
) -> bool:
    """Stop calling a number. True when that is new, or when an earlier ban would have ended sooner."""
    values: dict[str, Any] = {
        "phone": phone, "mark": mark(phone), "reason": reason, "until": until, "by": actor_id, "now": now
    }  # fmt: skip
    longer = session.execute(
        text("""
        UPDATE do_not_call SET until = :until, reason = :reason, by_id = :by, at = :now
        WHERE (phone_hash = :mark OR phone = :phone) AND until IS NOT NULL
          AND (CAST(:until AS timestamptz) IS NULL OR until < :until)
        """),
        values,
    )
    added = session.execute(
        text("""
        INSERT INTO do_not_call (phone, phone_hash, reason, until, by_id, at)
        VALUES (:phone, :mark, :reason, :until, :by, :now) ON CONFLICT DO NOTHING
        """),
        values,
    )
    return bool(longer.rowcount or added.rowcount)  # type: ignore[attr-defined]


def erase(session: Session, entry_id: int, *, actor_id: int | None, now: datetime) -> bool:
    """Forget the number, with leads, SMS and copies of the CRM that hold it, and keep the ban. No log tells which."""
    phone = session.execute(select(DoNotCall.phone).where(DoNotCall.id == entry_id)).scalar()
    if phone is None:
        return False
    forgetting.erase_number(session, phone)
    done = session.execute(
        text("UPDATE do_not_call SET phone = NULL, erased_at = :now WHERE id = :id AND phone IS NOT NULL"),
        {"id": entry_id, "now": now},
    )
    if not done.rowcount:  # type: ignore[attr-defined]
        return False
    note_event(session, "do_not_call_erased", actor_id=actor_id, subject="do_not_call", subject_id=entry_id)
    session.expire_all()
    return True


def erased(session: Session, phones: Collection[str]) -> set[str]:
    """Those of the numbers whose owners wanted to be forgotten: they are not written down again."""
    if (
        not phones
        or session.execute(text("SELECT 1 FROM do_not_call WHERE erased_at IS NOT NULL LIMIT 1")).first() is None
    ):
        return set()
    marks = {mark(phone): phone for phone in phones}
    found = session.scalars(
        select(DoNotCall.phone_hash).where(DoNotCall.phone_hash.in_(marks), DoNotCall.erased_at.is_not(None))
    )
    return {marks[one] for one in found}


def unreadable(session: Session) -> bool:
    """Is the key another one than that by which the numbers were marked? Then erased ones forbid nothing."""
    row = session.execute(text("SELECT phone, phone_hash FROM do_not_call WHERE phone IS NOT NULL LIMIT 1")).first()
    return row is not None and mark(row.phone) != row.phone_hash
