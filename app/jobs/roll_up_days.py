"""Count the days of the reports again where something has changed, and those that have just ended."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import current_app

from app.extensions import db
from app.reports import rollups

MOST_AT_ONCE = 400  # of days × families that were never counted: a first fill goes in steps, newest days first


def run() -> dict[str, int]:
    zone = ZoneInfo(current_app.config["PROZVON"].timezone)
    now = datetime.now(UTC)
    changed = rollups.roll_up_changed(db.session(), zone, now)
    db.session.commit()
    first = rollups.first_happening(db.session())
    days = (now - first).days + 2 if first is not None else 0
    fresh = rollups.roll_up_missing(db.session(), zone, now, back_days=days, most=MOST_AT_ONCE)
    db.session.commit()
    return {"changed": changed, "new": fresh}
