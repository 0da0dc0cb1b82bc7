"""Give missed call-backs to those of the group who are at work."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app

from app.extensions import db
from app.services import callback_sharing


def run() -> dict[str, int]:
    now, zone = datetime.now(UTC), str(current_app.config["PROZVON"].timezone)
    common = callback_sharing.release_absent(db.session(), now)
    db.session.commit()
    shared = callback_sharing.share_due(db.session(), now, zone)
    db.session.commit()
    return {"common": common, "shared": shared}
