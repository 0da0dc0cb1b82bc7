"""Make cards of the cars that a CRM's clients have."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import crm_segment


def run(connection_id: int) -> dict[str, int]:
    return {"new": crm_segment.make_cards(db.session(), connection_id, lambda: datetime.now(UTC))}
