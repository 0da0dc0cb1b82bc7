"""Find incoming calls that came while telephony's process was away, and plan to call back."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app

from app.extensions import db
from app.services import unseen_calls


def run(now: datetime | None = None) -> dict[str, int]:
    counts = unseen_calls.write_down(
        db.session(), now or datetime.now(UTC), str(current_app.config["PROZVON"].timezone)
    )
    db.session.commit()
    return counts
