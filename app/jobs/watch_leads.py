"""See which incoming leads have been taken, and tell supervisors of those that wait too long."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import incoming_leads


def run() -> dict[str, int]:
    counts = incoming_leads.watch(db.session(), datetime.now(UTC))
    db.session.commit()
    return counts
