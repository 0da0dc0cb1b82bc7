"""End the passwords of browser telephones that nobody renews, or whose log-in is over."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import phone_accounts


def run() -> dict[str, int]:
    ended = phone_accounts.end_stale(db.session(), datetime.now(UTC))
    db.session.commit()
    return {"ended": ended}
