"""End calls whose end was not told, by the records of the exchange; and orders that nobody has fetched."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app

from app.extensions import db
from app.services import call_claims, call_closing


def run() -> dict[str, int]:
    now, zone = datetime.now(UTC), str(current_app.config["PROZVON"].timezone)
    expired = call_claims.expire(db.session(), now, zone)
    db.session.commit()
    ended = call_closing.close_stuck(db.session(), now, zone)
    db.session.commit()
    return {"expired": expired, "ended": ended}
