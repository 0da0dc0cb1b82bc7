"""Connections and leads for tests of the services."""

from __future__ import annotations

from itertools import count
from typing import Any

from sqlalchemy.orm import Session

from app import models
from app.demo.crm import APPLICATION_TOKEN
from app.services.crm import Keys
from app.services.secrets_box import seal
from tests import factories

SECRET_KEY = "a key of the tests, long enough for anybody"
KEYS = Keys(SECRET_KEY, allow_private=True)
_numbers = count(1)


def make_bitrix(session: Session, portal: Any, **more: Any) -> models.CrmConnection:
    secrets = {"hook_url": portal.hook, "application_token": APPLICATION_TOKEN}
    values = {"options": {"entity": "lead"}, "field_map": [["TITLE", "{title}"], ["UF_CRM_VIN", "{vin}"]]} | more
    return make_connection(session, "bitrix24", secrets, **values)


def make_connection(session: Session, adapter: str, secrets: dict[str, str], **more: Any) -> models.CrmConnection:
    number = next(_numbers)
    values = {"name": f"CRM {number}", "is_enabled": True, "hook_token": f"token-{number:032d}"} | more
    row = models.CrmConnection(adapter=adapter, secrets=seal(secrets, SECRET_KEY), **values)
    session.add(row)
    session.flush()
    return row


def make_lead(session: Session, phone: str = "", **more: Any) -> models.Lead:
    """A lead of a card of its own that is already handed over to every connection that is on."""
    from app.services import leads

    vehicle = factories.make_vehicle(session)
    factories.make_ad(session, vehicle, **({"phone": phone} if phone else {}))
    card = factories.make_card(session, vehicle)
    status = session.query(models.Status).filter_by(code="inspection").one()
    lead = leads.enqueue(session, card, status.id, actor_id=None)
    for name, value in more.items():
        setattr(lead, name, value)
    session.flush()
    return lead


def pushes(session: Session) -> list[models.CrmPush]:
    return list(session.query(models.CrmPush).order_by(models.CrmPush.id).populate_existing())
