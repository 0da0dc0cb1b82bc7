"""Read what has changed in one CRM: clients, cars, what became of the leads."""

from __future__ import annotations

from flask import current_app

from app.extensions import db
from app.jobs.stopping import is_stopping
from app.services import crm_sync
from app.services.crm import Keys


def run(connection_id: int) -> dict[str, int]:
    settings = current_app.config["PROZVON"]
    keys = Keys(settings.secret_key, settings.allow_private_crm)
    return crm_sync.sync(db.session(), connection_id, keys, go_on=lambda: not is_stopping())
