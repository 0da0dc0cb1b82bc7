"""Gives the demonstration its own SMS gateway and templates, so that a newcomer sees a message arrive."""

from __future__ import annotations

import hmac

from sqlalchemy import select
from sqlalchemy.orm import Session

import config
from app.demo.accounts import sms_port
from app.demo.sms import LOGIN, PASSWORD
from app.models import SmsGateway, SmsTemplate
from app.services.secrets_box import seal

NAME = "Демо-шлюз"
TEMPLATES = (
    ("Не дозвонились", "{имя}, здравствуйте! Звоним по объявлению: {машина}, {год}. Готовы купить, перезвоним сегодня. "
     "{оператор}"),
    ("Ждём на осмотр", "{машина}, {год}: ждём вас на осмотр с 9 до 20. Оценка бесплатно. {оператор}"),
)  # fmt: skip


def install(session: Session, settings: config.Config) -> None:
    row = session.execute(select(SmsGateway).where(SmsGateway.name == NAME)).scalar_one_or_none()
    is_new = row is None
    row = row or SmsGateway(name=NAME, kind="smsc", sender="PROZVON", is_enabled=True)
    row.options = {"url": f"http://127.0.0.1:{sms_port(settings)}", "login": LOGIN}
    row.secrets = seal({"password": PASSWORD}, settings.secret_key)
    row.hook_token = hmac.new(settings.secret_key.encode(), b"prozvon demo sms", "sha256").hexdigest()[:40]
    row.closed_until, row.trouble = None, ""
    session.add(row)
    for position, (name, words) in enumerate(TEMPLATES if is_new else ()):
        if session.execute(select(SmsTemplate.id).where(SmsTemplate.name == name)).first() is None:
            session.add(SmsTemplate(name=name, text=words, position=position))
    session.flush()
