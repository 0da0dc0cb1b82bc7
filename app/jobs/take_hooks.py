"""Work off what a CRM has told by web-hooks: ask it for the thing that changed, and keep it."""

from __future__ import annotations

from flask import current_app

from app.extensions import db
from app.jobs.stopping import is_stopping
from app.services import crm_sync
from app.services.crm import Keys


def run(connection_id: int) -> dict[str, int]:
    settings = current_app.config["PROZVON"]
    keys = Keys(settings.secret_key, settings.allow_private_crm)
    return {"hooks": crm_sync.work_off(db.session(), connection_id, keys, go_on=lambda: not is_stopping())}
