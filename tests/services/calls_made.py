"""Servers, lines and calls for tests of telephony: rows as the product leaves them."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from app import models
from tests.factories import NOON, fictional_phone

_numbers = count(1)


def make_asterisk(session: Session, **more: Any) -> models.Asterisk:
    values = {"name": f"Сервер {next(_numbers)}", "ami_host": "127.0.0.1", "ami_user": "prozvon", "state": "up"} | more
    return _add(session, models.Asterisk(**values))


def make_trunk(session: Session, asterisk: models.Asterisk, **more: Any) -> models.Trunk:
    n = next(_numbers)
    return _add(
        session, models.Trunk(**({"asterisk_id": asterisk.id, "name": f"Линия {n}", "endpoint": f"t{n}"} | more))
    )


def make_caller_number(session: Session, trunk: models.Trunk, phone: str = "") -> models.CallerNumber:
    return _add(session, models.CallerNumber(trunk_id=trunk.id, phone=phone or f"7495000{next(_numbers):04d}"))


def make_phone(session: Session, asterisk: models.Asterisk, user_id: int, **more: Any) -> models.PhoneAccount:
    values = {"asterisk_id": asterisk.id, "user_id": user_id, "extension": f"op{user_id}", "device_state": "idle"}
    return _add(session, models.PhoneAccount(**(values | more)))


def make_call(session: Session, asterisk: models.Asterisk, **more: Any) -> models.Call:
    """A talk of a minute that has ended, unless told otherwise."""
    values: dict[str, Any] = {"asterisk_id": asterisk.id, "type": "individual", "phone": fictional_phone()}
    if more.get("state", "ended") == "ended":
        values |= {"state": "ended", "outcome": "answered", "created_at": NOON, "answered_at": NOON,
                   "ended_at": NOON + timedelta(minutes=1), "talk_ms": 60_000}  # fmt: skip
    return _add(session, models.Call(**(values | more)))


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row
