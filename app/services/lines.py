"""Lines that stopped by themselves: who sees it, and who starts them again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.services.audit import note_event


def stopped(session: Session) -> list[Row[tuple[int, str, datetime, str, int]]]:
    """For the banner of whoever steers the work."""
    return list(
        session.execute(
            text("""
            SELECT t.id, t.name, t.stopped_at, t.stopped_why, t.failed_n FROM trunk t
            JOIN asterisk a ON a.id = t.asterisk_id AND a.is_enabled
            WHERE t.is_enabled AND t.stopped_at IS NOT NULL ORDER BY t.stopped_at LIMIT 20
            """)
        )
    )


def start_again(session: Session, trunk_id: int, *, actor_id: int) -> None:
    """A person says that the line is in order: its failures are forgotten."""
    done = session.execute(
        text("""
        UPDATE trunk SET stopped_at = NULL, stopped_why = '', failed_n = 0
        WHERE id = :id AND (stopped_at IS NOT NULL OR failed_n > 0) RETURNING id
        """),
        {"id": trunk_id},
    ).first()
    if done is None:
        raise Refused("line_runs")
    note_event(session, "trunk_started", actor_id=actor_id, subject="trunk", subject_id=trunk_id)
    session.expire_all()
