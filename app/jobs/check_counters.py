"""Compare the counters of open work with the cards every night, and set right what differs."""

from __future__ import annotations

from app.extensions import db
from app.services import counters


def run() -> dict[str, int]:
    wrong = counters.count_anew(db.session())
    db.session.commit()
    return {"wrong": wrong}
