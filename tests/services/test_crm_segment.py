"""Clients with cars can be called: their cars become cards, once."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from app import models
from app.crm import CarIn, ClientIn, Found
from app.errors import Refused
from app.services import cards, crm_segment, crm_sync
from tests import factories
from tests.crm.connections import make_connection


def test_the_cars_of_clients_with_a_number_become_cards_once(own_database, app, session):
    row = make_connection(session, "bitrix24", {"hook_url": "https://crm.example.test/rest/1/x/"})
    admin = factories.get_user(session, "admin")
    with pytest.raises(Refused):
        crm_segment.ask(session, row.id, actor_id=admin.id)
    crm_sync.store(session, row.id, Found(
        clients=[ClientIn("1", "Олег", ("79160001122",)), ClientIn("2", "Без номера", ())],
        cars=[CarIn("d1", "1", {"make": "LADA", "model": "Vesta", "year": "2019", "city": "Самара"}),
              CarIn("d2", "2", {"make": "Kia"}), CarIn("d3", "", {"make": "Kia"})]), {})  # fmt: skip
    crm_segment.ask(session, row.id, actor_id=admin.id)
    session.commit()
    now = lambda: factories.NOON  # noqa: E731
    assert crm_segment.make_cards(session, row.id, now) == 1 and crm_segment.make_cards(session, row.id, now) == 0
    ad = session.scalars(select(models.Ad)).one()
    assert (ad.phone, ad.seller_name, ad.year) == ("79160001122", "Олег", 2019)
    cards.join_new_ads(session, factories.NOON)
    assert session.scalar(select(func.count()).select_from(models.Card)) == 1
