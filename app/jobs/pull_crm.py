"""Ask the CRMs whose time has come; each is a job of its own. Web-hooks that still wait are worked off again."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text

from app.extensions import db
from app.services import crm_sync
from app.services.deferring import defer


def run() -> dict[str, int]:
    session, now = db.session(), datetime.now(UTC)
    asked = sum(defer(session, "sync_crm", connection_id=one) for one in crm_sync.due(session, now))
    open_ids = session.execute(text("SELECT DISTINCT connection_id FROM crm_hook WHERE done_at IS NULL")).scalars()
    for one in sorted(open_ids):
        defer(session, "take_hooks", connection_id=one)
    crm_sync.forget_hooks(session, now)
    session.commit()
    return {"asked": asked}
