"""Files that people have made of reports: ordered here, made by a job, taken for a day by who ordered them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Export
from app.services import deferring
from app.services.audit import note_event

FORMATS = ("xlsx", "csv", "json")
KEPT = timedelta(hours=24)
MOST_AT_ONCE = 3  # of one person, waiting or being made


def order(
    session: Session, report: str, kind: str, question: Mapping[str, Any], *, user_id: int, now: datetime, address: str
) -> Export:
    """Refused: an unknown format, or too many already under way."""
    if kind not in FORMATS:
        raise Refused("export_format", known=", ".join(FORMATS))
    busy = session.execute(
        text(
            "SELECT count(*) FROM export WHERE user_id = :id AND state IN ('waiting', 'making') AND created_at > :since"
        ),
        {"id": user_id, "since": now - KEPT},
    ).scalar()
    if (busy or 0) >= MOST_AT_ONCE:
        raise Refused("exports_busy", cap=MOST_AT_ONCE)
    made = Export(
        token=secrets.token_urlsafe(32), user_id=user_id, report=report, format=kind, question=dict(question),
        created_at=now, until=now + KEPT,
    )  # fmt: skip
    session.add(made)
    session.flush()
    note_event(session, "export_ordered", actor_id=user_id, subject="export", subject_id=made.id,
               details={"report": report, "format": kind}, address=address)  # fmt: skip
    deferring.defer(session, "make_export", export_id=made.id)
    return made


def mine(session: Session, user_id: int, token: str) -> Export | None:
    return session.scalars(select(Export).where(Export.token == token[:64], Export.user_id == user_id)).one_or_none()


def is_over(made: Export, now: datetime) -> bool:
    return made.until is None or made.until <= now


def cancel(session: Session, made: Export) -> None:
    """A file that is not made yet will not be; the job looks before it delivers."""
    session.execute(
        text("UPDATE export SET state = 'cancelled' WHERE id = :id AND state IN ('waiting', 'making')"), {"id": made.id}
    )
    session.refresh(made)


def path_of(var_dir: Path, made: Export) -> Path:
    """Where the file lies; the token is our own and made of safe letters."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{20,64}", made.token) or made.format not in FORMATS:
        raise Refused("export_gone")
    return var_dir / "exports" / f"{made.token}.{made.format}"


def note_taken(session: Session, made: Export, *, user_id: int, address: str) -> None:
    note_event(session, "export_taken", actor_id=user_id, subject="export", subject_id=made.id,
               details={"report": made.report, "rows": made.rows_n}, address=address)  # fmt: skip


def purge(session: Session, var_dir: Path, now: datetime) -> int:
    """Files and rows whose day is over go. Returns how many."""
    gone = list(session.scalars(select(Export).where(Export.until < now)))
    for made in gone:
        path_of(var_dir, made).unlink(missing_ok=True)
        session.delete(made)
    return len(gone)
