"""Gateways and templates for tests of the services."""

from __future__ import annotations

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from app import models
from app.demo.sms import LOGIN, PASSWORD
from app.services.secrets_box import seal
from app.services.sms_sending import Keys

SECRET_KEY = "a key of the tests, long enough for anybody"
KEYS = Keys(SECRET_KEY, allow_private=True)
_numbers = count(1)


def make_gateway(session: Session, url: str = "https://gateway.example.test", **more: Any) -> models.SmsGateway:
    """SMSC.ru by default; `url` leads to a server of the test."""
    number = next(_numbers)
    values: dict[str, Any] = {"name": f"Шлюз {number}", "kind": "smsc", "options": {"url": url}, "is_enabled": True}
    values |= {"hook_token": f"sms-token-{number:030d}"} | more
    secrets = values.pop("secrets", {"login": LOGIN, "password": PASSWORD})
    row = models.SmsGateway(secrets=seal(secrets, SECRET_KEY), **values)
    session.add(row)
    session.flush()
    return row


def make_template(session: Session, words: str = "Здравствуйте! Ваша машина ещё продаётся?", **more: Any) -> Any:
    row = models.SmsTemplate(name=f"Шаблон {next(_numbers)}", text=words, **more)
    session.add(row)
    session.flush()
    return row
