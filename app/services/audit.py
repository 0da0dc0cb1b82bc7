"""Who did what, when, on which row. Rows are only ever added."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.models import AuditEvent


def note_event(
    session: Session,
    what: str,
    *,
    actor_id: int | None = None,
    actor: str = "user",
    subject: str = "",
    subject_id: int | None = None,
    address: str = "",
    **details: Any,
) -> None:
    """Write one event in the caller's transaction. Details must hold no phone and no secret."""
    session.add(
        AuditEvent(
            what=what,
            actor_id=actor_id,
            actor=actor if actor_id is None and actor != "user" else "user",
            subject=subject,
            subject_id=subject_id,
            address=address[:64],
            details=details,
        )
    )
