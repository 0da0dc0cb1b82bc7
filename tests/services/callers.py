"""An operator at a telephone with a card in work and a line to the network: what every test of a call begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from app import models
from app.models import IN_WORK
from app.services import calls
from tests.factories import (
    NOON,
    fictional_phone,
    make_ad,
    make_card,
    make_city,
    make_operator,
    make_seller,
    make_vehicle,
)
from tests.services.calls_made import make_asterisk, make_phone, make_trunk


@dataclass
class Seat:
    session: Session
    asterisk: models.Asterisk
    trunk: models.Trunk
    operator: models.OperatorProfile
    account: models.PhoneAccount
    card: models.Card
    phone: str

    def ask(self, **more: Any) -> models.Call:
        values = {"operator_id": self.operator.user_id, "now": NOON} | more
        return calls.request_call(
            self.session, values.pop("card_id", self.card.id), values.pop("phone", self.phone), **values
        )


def take_seat(session: Session, asterisk: models.Asterisk | None = None, **line: Any) -> Seat:
    server = asterisk or make_asterisk(session, seen_at=NOON)
    trunk = make_trunk(session, server, **line) if asterisk is None or line else session.query(models.Trunk).first()
    operator = make_operator(session)
    account = make_phone(session, server, operator.user_id, device_state="not_inuse")
    card, phone = give_card(session, operator)
    return Seat(session, server, trunk, operator, account, card, phone)


def give_card(session: Session, operator: models.OperatorProfile, **more: Any) -> tuple[models.Card, str]:
    """One more card in work, of a car with one advert and one number."""
    phone = fictional_phone()
    seller = make_seller(session, phone)
    vehicle = make_vehicle(session, seller_id=seller.id, city=more.pop("city", None) or make_city(session))
    make_ad(session, vehicle, phone=phone)
    return make_card(session, vehicle, **({"operator": operator, "stage": IN_WORK} | more)), phone
