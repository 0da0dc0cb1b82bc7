"""Return to the pool what lies too long, and cars that got cheaper once their time is over; end idle readiness."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import cards, presence, returning


def run() -> dict[str, int]:
    now = datetime.now(UTC)
    idle = presence.end_idle(db.session(), now)
    db.session.commit()
    done = returning.return_overdue(db.session(), now)
    db.session.commit()
    reopened = cards.reopen_cheaper(db.session(), now)
    db.session.commit()
    return {**done, "idle": idle, "reopened": reopened}
