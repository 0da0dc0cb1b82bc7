"""Work out the market median of like cars and each car's price against it."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import market


def run() -> dict[str, int]:
    counts = market.refresh(db.session(), datetime.now(UTC))
    db.session.commit()
    return counts
