"""The form of a result: which status, when to call again, what to note."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import abort, request

from app.desk import seat
from app.domain import callbacks as callback_rules
from app.errors import Refused
from app.extensions import db
from app.services import statuses
from app.services.statuses import Result


def read_result(card_id: int) -> Result:
    status_id = request.form.get("status_id", type=int)
    if status_id is None:
        abort(400)
    return Result(
        status_id=status_id,
        callback_at=_callback_at(card_id),
        anyones=request.form.get("anyones") == "1",
        note=request.form.get("note", "").replace("\0", ""),
    )


def _callback_at(card_id: int) -> datetime | None:
    """A chip, or a date and time in the seller's zone."""
    chip, written = request.form.get("chip", ""), request.form.get("callback_at", "").strip()
    seller = statuses.seller_zone(db.session, seat.card_or_404(card_id))
    if written:
        try:
            return datetime.fromisoformat(written).replace(tzinfo=seller).astimezone(UTC)
        except (ValueError, OverflowError):
            raise Refused("callback_bad_time") from None
    if not chip:
        return None
    try:
        return callback_rules.when_again(chip, seat.now(), seller)
    except ValueError:
        raise Refused("callback_bad_time") from None
