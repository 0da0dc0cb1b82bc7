"""Ask the sources whose time has come; each pull is a job of its own, on any worker."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import sources
from app.services.deferring import defer


def run() -> dict[str, int]:
    asked = sum(defer(db.session(), "pull_source", source_id=source_id) for source_id in _due())
    db.session.commit()
    return {"asked": asked}


def _due() -> list[int]:
    return sources.due(db.session(), datetime.now(UTC))
