"""The time after a call: a person talks, then finishes the card, then is ready again. It never ends by itself."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import settings
from app.services import presence

LONGER = timedelta(minutes=1)


def begin_talk(session: Session, operator_id: int, now: datetime) -> None:
    """A call of the operator is under way: whoever was ready, or finishing the one before, talks."""
    if _presence(session, operator_id) in ("ready", "wrap_up", "offline"):
        presence.set_state(session, operator_id, "talking", now)


def end_talk(session: Session, operator_id: int, now: datetime, *, to_finish: bool = True) -> None:
    """The call is over. What was never put through leaves nothing to finish."""
    if _presence(session, operator_id) != "talking":
        return
    presence.set_state(session, operator_id, "wrap_up" if to_finish else "ready", now)
    until = now + timedelta(seconds=settings.get(session, "wrap_up_s"))
    session.execute(
        text("UPDATE operator_profile SET wrap_up_until = :until WHERE user_id = :id"),
        {"id": operator_id, "until": until if to_finish else None},
    )


def prolong(session: Session, operator_id: int, now: datetime) -> None:
    """One more minute from now, or from the end of the time if that is later."""
    session.execute(
        text("""
        UPDATE operator_profile
        SET wrap_up_until = GREATEST(COALESCE(wrap_up_until, :now), :now) + :more, seen_at = :now
        WHERE user_id = :id AND presence = 'wrap_up'
        """),
        {"id": operator_id, "now": now, "more": LONGER},
    )


def finish(session: Session, operator_id: int, card_id: int, now: datetime) -> None:
    """The card of the last call has got its result: the operator is ready again."""
    if _presence(session, operator_id) != "wrap_up":
        return
    last = session.execute(
        text("""
        SELECT card_id FROM call
        WHERE (operator_id = :id OR asked_by_id = :id) AND created_at > :now - interval '12 hours'
        ORDER BY created_at DESC LIMIT 1
        """),
        {"id": operator_id, "now": now},
    ).scalar()
    if last is None or last == card_id:
        presence.set_state(session, operator_id, "ready", now)


def _presence(session: Session, operator_id: int) -> str:
    found = session.execute(text("SELECT presence FROM operator_profile WHERE user_id = :id"), {"id": operator_id})
    return str(found.scalar() or "")
