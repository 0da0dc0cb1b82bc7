"""Recognise anew the ads whose unknown names a person has mapped since."""

from __future__ import annotations

from datetime import UTC, datetime

from app.extensions import db
from app.services import recognise


def run() -> dict[str, int]:
    total = 0
    while n := recognise.again(db.session(), datetime.now(UTC)):
        db.session.commit()
        total += n
    db.session.commit()
    return {"ads": total}
