"""Hand leads over to the CRM, with the notes and talks that came after them; what failed goes again when it is due."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from flask import current_app

from app.extensions import db
from app.jobs.stopping import is_stopping
from app.services import crm_push, leads
from app.services.crm import Keys
from app.wording_crm import comment_text

WITHIN_S = 60.0


def run() -> dict[str, int]:
    session = db.session()
    waiting = leads.hand_over_waiting(session)
    news = leads.collect_news(session, datetime.now(UTC))
    session.commit()
    settings = current_app.config["PROZVON"]
    keys = Keys(settings.secret_key, settings.allow_private_crm)
    end = time.monotonic() + WITHIN_S
    counts = crm_push.drain(session, keys, comment_text, go_on=lambda: not is_stopping() and time.monotonic() < end)
    return {"leads": waiting, "news": news, **counts}
