"""Deal cards of the pool to the operators who are present, within every limit."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app

from app.extensions import db
from app.services import dealing


def run() -> dict[str, int]:
    done = dealing.deal_cards(db.session(), datetime.now(UTC), current_app.config["PROZVON"].timezone)
    db.session.commit()
    return {"given": done.given}
