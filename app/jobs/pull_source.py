"""Pull one source: what is new there becomes ads, vehicles and cards."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app

from app.errors import OutsideError, Refused
from app.extensions import db, outside
from app.models import Source
from app.services import source_runs, sources
from app.services.deferring import defer


def run(source_id: int) -> dict[str, int]:
    row = db.session.get(Source, source_id)
    if row is None or not row.is_enabled:
        return {}
    settings = current_app.config["PROZVON"]
    try:
        adapter = sources.adapter_of(
            row, outside.sources, secret_key=settings.secret_key, allow_private=settings.allow_private_sources
        )
    except (Refused, OutsideError) as trouble:
        source_runs.put_off(db.session(), row, trouble, datetime.now(UTC))
        db.session.commit()
        raise
    try:
        done = sources.pull(db.session(), source_id, adapter, lambda: datetime.now(UTC))
    except Refused as refused:
        if refused.reason.code == "pull_running":
            return {}
        raise
    defer(db.session(), "match_cards")
    db.session.commit()
    return {"read": done.read, "new": done.new, "changed": done.changed, "rejected": done.rejected}
