"""Delete recordings that are older than the company keeps them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from app.extensions import db
from app.services import recordings


def run(now: datetime | None = None) -> dict[str, int]:
    now, counts = now or datetime.now(UTC), Counter[str]()
    while True:
        done = recordings.remove_old(db.session(), now)
        db.session.commit()
        counts.update(done)
        if done["removed"] < recordings.AT_ONCE:  # the rest, if any, cannot be reached now
            return dict(counts)
