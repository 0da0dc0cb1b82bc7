"""Who is at work: ready, finishing, on a break, away; with history for the reports."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import Refused

STATES = ("ready", "wrap_up", "break", "lunch", "training", "offline")
IDLE_AFTER = timedelta(minutes=15)


def set_state(session: Session, operator_id: int, state: str, now: datetime, *, reason: str = "") -> bool:
    """Change the state; False when it was so already. Counts as an action of the person."""
    if state not in STATES:
        raise Refused("presence_unknown")
    was = session.execute(
        text("SELECT presence FROM operator_profile WHERE user_id = :id FOR UPDATE"), {"id": operator_id}
    ).scalar()
    if was is None:
        raise Refused("not_an_operator")
    session.execute(
        text("UPDATE operator_profile SET seen_at = :now WHERE user_id = :id"), {"id": operator_id, "now": now}
    )
    if was == state:
        return False
    session.execute(
        text("UPDATE operator_profile SET presence = :state, presence_since = :now WHERE user_id = :id"),
        {"id": operator_id, "now": now, "state": state},
    )
    session.execute(
        text("UPDATE operator_state SET until = :now WHERE user_id = :id AND until IS NULL"),
        {"id": operator_id, "now": now},
    )
    session.execute(
        text("INSERT INTO operator_state (user_id, state, reason, since) VALUES (:id, :state, :reason, :now)"),
        {"id": operator_id, "state": state, "reason": reason[:200], "now": now},
    )
    return True


def touch(session: Session, operator_id: int, now: datetime) -> None:
    """An own action. At most one write a minute: this row is hot."""
    session.execute(
        text("""
        UPDATE operator_profile SET seen_at = :now
        WHERE user_id = :id AND (seen_at IS NULL OR seen_at < :now - interval '1 minute')
        """),
        {"id": operator_id, "now": now},
    )


def end_idle(session: Session, now: datetime) -> int:
    """«Ready» ends when nothing has happened for long; returns for how many."""
    idle = (
        session.execute(
            text("SELECT user_id FROM operator_profile WHERE presence IN ('ready', 'wrap_up') AND seen_at < :since"),
            {"since": now - IDLE_AFTER},
        )
        .scalars()
        .all()
    )
    for operator_id in idle:
        seen_at = session.execute(
            text("SELECT seen_at FROM operator_profile WHERE user_id = :id"), {"id": operator_id}
        ).scalar()
        set_state(session, operator_id, "offline", now)
        session.execute(
            text("UPDATE operator_profile SET seen_at = :seen WHERE user_id = :id"),
            {"id": operator_id, "seen": seen_at},
        )
    return len(idle)
