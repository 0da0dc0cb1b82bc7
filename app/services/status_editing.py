"""A supervisor edits the statuses: keys that do not clash, the archive, and who changed what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.statuses import may_end_tries
from app.errors import Refused
from app.models import Status
from app.services.audit import note_event
from app.services.statuses import rows, spec_of


def check_key(session: Session, row: Status) -> None:
    """One key, one button: of two the desk would press the first."""
    if not row.hotkey or row.is_enabled is False:
        return
    other = session.execute(
        text("SELECT name FROM status WHERE hotkey = :key AND is_enabled AND id IS DISTINCT FROM :id LIMIT 1"),
        {"key": row.hotkey, "id": row.id},
    ).scalar()
    if other is not None:
        raise Refused("status_key_taken", key=row.hotkey, other=other)


def enders(session: Session) -> list[Status]:
    """Statuses that may stand at the end of tries."""
    return [row for row in rows(session) if row.is_enabled and may_end_tries(spec_of(row)).passed]


def uses(session: Session, status_id: int) -> int:
    """How often it stands in the history: any use is kept, so the status has to stay."""
    found = session.execute(
        text("SELECT count(*) FROM (SELECT 1 FROM status_change WHERE new_id = :id OR old_id = :id LIMIT 1000) x"),
        {"id": status_id},
    )
    return int(found.scalar_one())


def switch(session: Session, row: Status, *, on: bool, actor_id: int) -> None:
    """Into the archive or out of it. Cards keep the status, history keeps its name."""
    if row.is_enabled == on:
        return
    row.is_enabled = on
    if on:
        check_key(session, row)
    note_event(
        session, "status_changed", actor_id=actor_id, subject="status", subject_id=row.id, is_enabled=[not on, on]
    )
    session.flush()


def edits(session: Session, status_id: int) -> list[Row[Any]]:
    """Who changed the status, when, what was and what became; the newest first."""
    return list(
        session.execute(
            text("""
            SELECT e.at, e.what, e.details, COALESCE(btrim(u.first_name || ' ' || u.last_name), '') AS by_name
            FROM audit_event e LEFT JOIN ab_user u ON u.id = e.actor_id
            WHERE e.subject = 'status' AND e.subject_id = :id ORDER BY e.at DESC, e.id DESC LIMIT 100
            """),
            {"id": status_id},
        )
    )
