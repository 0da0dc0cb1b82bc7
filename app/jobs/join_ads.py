"""Join ads that were stored but not joined yet: an import that was killed in between is finished here."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import sources


def run() -> dict[str, int]:
    return {"joined": sources.join_all(db.session(), lambda: datetime.now(UTC))}
