"""The card: everything that is known of a car, its adverts, its seller and what people did with it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.errors import Refused
from app.services import card_form, card_page
from tests import factories
from tests.factories import NOON
from tests.services.adverts import PHONE, ad_of, bring_in, card_of, press, said, take_next, vin


@pytest.fixture
def operator(session):
    return factories.make_operator(session)


@pytest.fixture
def source(session):
    return factories.make_source(session)


def test_the_card_tells_all_that_is_known(session, source, operator):
    other = factories.make_source(session)
    bring_in(session, source, said(vin=vin(7)), said("S1", make="Skoda", model="Octavia", year=2015))
    bring_in(session, other, said("B1", vin=vin(7), price=980_000, phones=("79020000002",)))
    bring_in(session, source, said(vin=vin(7), price=990_000))
    factories.make_filter(session)
    operator_card = take_next(session, operator)
    card = card_of(session)
    if operator_card.id != card.id:
        card = operator_card if operator_card.vehicle_id == ad_of(session).vehicle_id else take_next(session, operator)
    press(session, card, "call_later", operator, callback_at=NOON + timedelta(hours=2), note="после обеда")
    page = card_page.load(session, card.id)
    assert (page.card.make, page.card.model, page.card.city) == ("Kia", "Rio", "Тверь")
    assert {ad.external_id for ad in page.ads} == {"A1", "B1"}
    assert page.phones == [PHONE, "79020000002"] or set(page.phones) == {PHONE, "79020000002"}
    assert [(row.old_price, row.new_price) for row in page.prices] == [(1_000_000, 990_000)]
    assert page.card.callback_at == NOON + timedelta(hours=2) and page.card.callback_note == "после обеда"
    card_form.add_note(session, card.id, "Звонить с домофона", actor_id=operator.user_id, now=NOON)
    history = card_page.load(session, card.id).history
    assert {"status", "note", "assigned", "price", "ad", "callback"} <= {row.what for row in history}
    assert [row.body for row in history if row.what == "note"] == ["Звонить с домофона"]  # a result keeps its own
    assert [row.due for row in history if row.what == "callback"] == [NOON + timedelta(hours=2)]


def test_the_sellers_other_cars_are_shown(session, source):
    bring_in(session, source, said(), said("S1", make="Skoda", model="Octavia", title="Skoda Octavia", year=2015))
    page = card_page.load(session, card_of(session).id)
    assert [row.card_id for row in page.others] == [card_of(session, "S1").id] and page.others_n == 1


def test_a_card_that_does_not_exist_is_refused(session):
    with pytest.raises(Refused) as refused:
        card_page.load(session, 10**9)
    assert refused.value.reason.code == "card_gone"


def test_the_time_line_tells_that_the_card_was_taken_and_its_number_seen(session, source, operator):
    bring_in(session, source, said())
    factories.make_filter(session)
    card = take_next(session, operator)
    card_form.reveal(session, card.id, actor_id=operator.user_id, now=NOON, address="198.51.100.7")
    session.flush()
    deeds = {row.title for row in card_page.load(session, card.id).history if row.what == "deed"}
    assert "phone_shown" in deeds


def test_more_cars_of_a_seller_than_are_listed_are_counted(session):
    seller = factories.make_seller(session)
    cards = [factories.make_card(session, factories.make_vehicle(session, seller_id=seller.id)) for _ in range(23)]
    page = card_page.load(session, cards[0].id)
    assert (page.others_n, len(page.others)) == (22, 20)
