"""Ways in for leads, and leads that have come by them, for tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app import models
from app.services import incoming_leads, lead_intakes
from app.services.lead_intakes import IntakeDraft
from tests import factories

ZONE = "Europe/Moscow"
PHONE = "79160001122"
KEY = "a key of the tests, long enough for anybody"


def make_intake(session: Session, kind: str = "form", key: str = KEY, **more: Any) -> tuple[models.LeadIntake, str]:
    draft = IntakeDraft(name=f"Сайт {kind}", kind=kind, **more)
    return lead_intakes.save(session, None, draft, secret_key=key, actor_id=None, now=factories.NOON)


def send(session: Session, row: models.LeadIntake, **told: Any) -> incoming_leads.Taken:
    return incoming_leads.take(session, row, {"phone": PHONE, "name": "Олег"} | told, factories.NOON, ZONE)
