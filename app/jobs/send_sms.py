"""Send the SMS that are due, in the hours of the receiver; through the next gateway if one fails."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from flask import current_app

from app.extensions import db
from app.jobs.stopping import is_stopping
from app.services import sms_sending

WITHIN_S = 60.0


def run() -> dict[str, int]:
    settings = current_app.config["PROZVON"]
    keys = sms_sending.Keys(settings.secret_key, settings.allow_private_sms)
    end = time.monotonic() + WITHIN_S
    return sms_sending.send_due(
        db.session(), keys, lambda: datetime.now(UTC), go_on=lambda: not is_stopping() and time.monotonic() < end
    )
