"""Pack recordings of ended calls as Opus; without ffmpeg or opusenc they stay as they are."""

from __future__ import annotations

from datetime import UTC, datetime

from app import settings
from app.extensions import db
from app.services import recording_packing


def run(now: datetime | None = None) -> dict[str, int]:
    encoder = recording_packing.encoder()
    if encoder is None or not settings.get(db.session(), "recording_opus"):
        return {}
    counts = {"packed": 0, "failed": 0}
    for call_id in recording_packing.waiting(db.session(), now or datetime.now(UTC)):
        packed = recording_packing.pack(db.session(), call_id, encoder)
        db.session.commit()  # the row names the new file before the old one goes
        if packed is None:
            counts["failed"] += 1
            continue
        packed.unlink(missing_ok=True)
        counts["packed"] += 1
    return counts
