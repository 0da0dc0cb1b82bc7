"""End the passwords of browser telephones that nobody renews, or whose log-in is over."""

from __future__ import annotations

from datetime import UTC, datetime

from app import log_ins
from app.extensions import db


def run() -> dict[str, int]:
    ended = log_ins.end_phones(db.session(), now=datetime.now(UTC))
    db.session.commit()
    return {"ended": ended}
