"""Hand one lead over to the CRM at once, as soon as its card is closed."""

from __future__ import annotations

import time

from flask import current_app

from app.extensions import db
from app.jobs.stopping import is_stopping
from app.services import crm_push
from app.services.crm import Keys
from app.wording_crm import comment_text

WITHIN_S = 30.0


def run(lead_id: int) -> dict[str, int]:
    settings = current_app.config["PROZVON"]
    keys = Keys(settings.secret_key, settings.allow_private_crm)
    end = time.monotonic() + WITHIN_S
    return crm_push.drain(
        db.session(), keys, comment_text, lead_id=lead_id,
        go_on=lambda: not is_stopping() and time.monotonic() < end,
    )  # fmt: skip
