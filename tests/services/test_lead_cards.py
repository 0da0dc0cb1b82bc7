"""A lead meets the car that it means; its card waits for operators like any other."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import models
from app.services import lead_cards, matching, revisions
from tests import factories
from tests.services.intakes import PHONE, make_intake, send

NOON = factories.NOON
VIN = "XTAGFL110KY000001"


@pytest.fixture
def intake(own_database, app, session) -> models.LeadIntake:
    return make_intake(session)[0]


def arrive(session, intake: models.LeadIntake, **told: object) -> models.IncomingLead:
    lead_id = send(session, intake, **told).lead_id
    session.commit()
    assert lead_cards.make_cards(session, lambda: NOON) == 1 and lead_cards.make_cards(session, lambda: NOON) == 0
    return session.get_one(models.IncomingLead, lead_id, populate_existing=True)


def cards_n(session) -> int:
    return session.scalar(select(func.count()).select_from(models.Card))


def known_car(session, **more: object) -> models.Card:
    vehicle = factories.make_vehicle(session, seller_id=factories.make_seller(session, phone=PHONE).id, **more)
    factories.make_ad(session, vehicle, phone=PHONE, url="https://cars.example.test/lada_vesta_2125000001",
                      external_id="2125000001", vin=more.get("vin"))  # fmt: skip
    return factories.make_card(session, vehicle)


def test_a_lead_of_nobody_known_becomes_a_card_that_a_filter_of_its_source_takes(session, intake):
    wanting = factories.make_filter(session, criteria={"source_ids": [intake.source_id], "accept_damaged": True})
    revisions.raise_it(session, "filters")
    lead = arrive(session, intake, make="LADA", model="Vesta", year="2019", comment="Звоните вечером")
    card = session.get_one(models.Card, lead.card_id)
    assert (card.stage, lead.phone, lead.due_at) == (0, PHONE, NOON + timedelta(minutes=5))
    matching.match_cards(session, NOON)
    session.refresh(card)
    assert card.filter_id == wanting.id
    assert "Звоните вечером" in session.scalars(select(models.Note.text)).one()


@pytest.mark.parametrize(
    "told",
    [{"url": "https://cars.example.test/lada_vesta_2125000001?from=site", "phone": "79160005566"},
     {"vin": VIN, "phone": "79160005566"}, {}],
)  # fmt: skip
def test_a_lead_about_a_car_that_we_have_joins_its_card(session, intake, told):
    card = known_car(session, vin=VIN)
    lead = arrive(session, intake, **told)
    assert lead.card_id == card.id and cards_n(session) == 1


def test_a_number_that_may_mean_two_cars_means_neither(session, intake):
    known_car(session)
    seller = session.scalars(select(models.SellerPhone).where(models.SellerPhone.phone == PHONE)).one().seller_id
    factories.make_card(session, factories.make_vehicle(session, seller_id=seller))
    arrive(session, intake)
    assert cards_n(session) == 3


def test_a_closed_card_comes_back_when_its_seller_asks(session, intake):
    card = known_car(session)
    card.stage, card.closed_why = 9, "status"
    session.flush()
    lead = arrive(session, intake)
    session.refresh(card)
    assert (lead.card_id, card.stage) == (card.id, 0)


def test_a_card_in_work_stays_with_its_operator_and_the_note_tells_him(session, intake):
    card = known_car(session)
    operator = factories.make_operator(session)
    card.stage, card.operator_id = 2, operator.user_id
    session.flush()
    lead = arrive(session, intake, comment="Жду звонка")
    session.refresh(card)
    assert (lead.card_id, card.stage, card.operator_id) == (card.id, 2, operator.user_id)
    assert session.scalars(select(models.Note.text)).one().endswith("Жду звонка")
