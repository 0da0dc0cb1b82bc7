"""Return to the pool what lies too long: new cards nobody opened, cards of absent operators; end idle readiness."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import distribution, presence


def run() -> dict[str, int]:
    now = datetime.now(UTC)
    idle = presence.end_idle(db.session(), now)
    db.session.commit()
    done = distribution.return_overdue(db.session(), now)
    db.session.commit()
    return {**done, "idle": idle}
