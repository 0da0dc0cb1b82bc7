"""Make cards of leads that have come in."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.jobs.stopping import is_stopping
from app.services import lead_cards


def run() -> dict[str, int]:
    total = 0
    while not is_stopping() and (n := lead_cards.make_cards(db.session(), lambda: datetime.now(UTC))):
        total += n
    return {"leads": total}
