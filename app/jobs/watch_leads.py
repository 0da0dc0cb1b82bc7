"""See which incoming leads have been taken, and tell supervisors of those that wait too long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from flask import current_app
from sqlalchemy import Row

from app import formats, letters
from app.extensions import db, outside
from app.services import incoming_leads, late_leads
from app.services.mail import Letter


def run() -> dict[str, int]:
    now = datetime.now(UTC)
    counts = incoming_leads.watch(db.session(), now)
    db.session.commit()
    mails = late_leads.mail_late(db.session(), now, _letter, current_app.config["SECRET_KEY"])
    db.session.commit()
    return counts | {"mails": mails}


def _letter(rows: Sequence[Row[Any]]) -> Letter:
    """No numbers: a letter goes through the hands of others."""
    lines = [
        " · ".join(filter(None, (formats.when(row.received_at), row.intake, row.title or row.name, row.operator)))
        for row in rows
    ]
    url = f"{outside.public_url}/incomingleadview/list/" if outside.public_url else ""
    return letters.late_leads(lines, url)
