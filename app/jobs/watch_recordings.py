"""Measure new recordings and stop recording before the disk is full."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import recordings


def run(now: datetime | None = None) -> dict[str, int]:
    now = now or datetime.now(UTC)
    changed = recordings.watch_disks(db.session(), now)
    db.session.commit()
    measured = recordings.measure(db.session(), now)
    db.session.commit()
    return {"servers_changed": changed, "measured": measured}
