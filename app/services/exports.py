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
LONG_FORMATS = ("xlsx", "csv")  # of lists, whose rows are told one by one
KEPT = timedelta(hours=24)
MOST_AT_ONCE = 3  # of one person, waiting or being made


def order(
    session: Session, report: str, kind: str, question: Mapping[str, Any], *, user_id: int, now: datetime, address: str
) -> Export:
    """Refused: an unknown format, or too many already under way."""
    known = LONG_FORMATS if "list" in question else FORMATS
    if kind not in known:
        raise Refused("export_format", known=", ".join(known))
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
               report=report, format=kind, asked=told_of(question), address=address)  # fmt: skip
    deferring.defer(session, "make_export", export_id=made.id)
    return made


def mine(session: Session, user_id: int, token: str) -> Export | None:
    return session.scalars(select(Export).where(Export.token == token[:64], Export.user_id == user_id)).one_or_none()


def told_of(question: Mapping[str, Any]) -> dict[str, Any]:
    """What the audit keeps of a question: all of it but whose figures may be told."""
    return {name: value for name, value in question.items() if name != "sight"}


def newest(session: Session, user_id: int) -> list[Export]:
    """One's own files of the last day."""
    return list(session.scalars(select(Export).where(Export.user_id == user_id).order_by(Export.id.desc()).limit(20)))


def begin(session: Session, export_id: int) -> Export | None:
    """The file to be made now; None: made, cancelled or over already."""
    made = session.get(Export, export_id, with_for_update=True)
    if made is None or made.state not in ("waiting", "making"):
        return None
    made.state, made.rows_n, made.of_n = "making", 0, 0
    return made


def note_progress(session: Session, export_id: int, done: int, of: int) -> bool:
    """How far it is, for the bar. False: nobody wants it any more."""
    row = session.execute(
        text("UPDATE export SET rows_n = :n, of_n = :of WHERE id = :id AND state = 'making' RETURNING id"),
        {"n": done, "of": of, "id": export_id},
    ).first()
    return row is not None


def finish(session: Session, export_id: int, rows: int, file_name: str, now: datetime) -> bool:
    """The file is whole and in its place. False: it was cancelled meanwhile."""
    row = session.execute(
        text("""UPDATE export SET state = 'done', rows_n = :n, file_name = :name, done_at = :now
                WHERE id = :id AND state = 'making' RETURNING id"""),
        {"n": rows, "name": file_name, "now": now, "id": export_id},
    ).first()
    return row is not None


def fail(session: Session, export_id: int, why: str) -> None:
    session.execute(
        text("UPDATE export SET state = 'failed', trouble = :why WHERE id = :id AND state IN ('waiting', 'making')"),
        {"why": why, "id": export_id},
    )


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
               report=made.report, rows=made.rows_n, address=address)  # fmt: skip


def half_made(path: Path) -> list[Path]:
    """What a worker that died has left of this file."""
    return list(path.parent.glob(f"{path.stem}.*.part"))


def purge(session: Session, var_dir: Path, now: datetime) -> int:
    """Files and rows whose day is over go. Returns how many."""
    for part in (var_dir / "exports").glob("*.part"):
        if part.stat().st_mtime < (now - KEPT).timestamp():
            part.unlink(missing_ok=True)
    gone = list(session.scalars(select(Export).where(Export.until < now)))
    for made in gone:
        path_of(var_dir, made).unlink(missing_ok=True)
        session.delete(made)
    return len(gone)
