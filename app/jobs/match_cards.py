"""Match cards of the pool that the current filters have not seen, batch by batch."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import matching


def run() -> dict[str, int]:
    total = matching.drop_stale(db.session(), datetime.now(UTC))
    db.session.commit()
    matched = 0
    while n := matching.match_cards(db.session(), datetime.now(UTC)):
        db.session.commit()
        matched += n
    return {"matched": matched, "grown_old": total}
