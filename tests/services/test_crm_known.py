"""On the card: whether the seller is a client of the CRM, which cars it knows, what became of the lead."""

from __future__ import annotations

import pytest
from werkzeug.datastructures import MultiDict

from app import models
from app.crm import CarIn, ClientIn, Found
from app.domain.filters import FilterSpec
from app.services import crm_known, crm_sync, filter_form, filter_preview, matching, revisions
from tests import factories
from tests.crm.connections import make_connection, make_lead

PHONE = "79160001122"
URL = "https://crm.example.test/1"


@pytest.fixture
def connection(app, session) -> models.CrmConnection:
    return make_connection(session, "bitrix24", {"hook_url": "https://crm.example.test/rest/1/x/"}, is_enabled=False)


def test_a_seller_whose_number_the_crm_knows_is_its_client_with_his_car(session, connection):
    lead = make_lead(session, phone=PHONE)
    crm_sync.store(session, connection.id, Found(
        clients=[ClientIn("1", "Олег Примеров", (PHONE,), URL), ClientIn("2", "Другой", ("79160009999",))],
        cars=[CarIn("deal1", "1", {"make": "LADA", "model": "Vesta", "year": "2019"}, URL)]), {})  # fmt: skip
    known = crm_known.of_card(session, lead.card_id, [PHONE])
    assert [(one["name"], one["url"]) for one in known.clients] == [("Олег Примеров", URL)]
    assert [(one["make"], one["is_same"]) for one in known.cars] == [("LADA", False)]
    assert [(one["id"], one["state"]) for one in known.leads] == [(lead.id, "waiting")]


def test_a_substitute_number_makes_nobody_a_client(session, connection):
    vehicle = factories.make_vehicle(session)
    factories.make_ad(session, vehicle, phone=PHONE, phone_protected=True)
    card = factories.make_card(session, vehicle)
    crm_sync.store(session, connection.id, Found(clients=[ClientIn("1", "Олег", (PHONE,))]), {})
    assert crm_known.of_card(session, card.id, [PHONE]).clients == []


def test_the_same_vin_is_the_same_car_whoever_sells_it(session, connection):
    vehicle = factories.make_vehicle(session, vin="XTAGFL110KY000001")
    card = factories.make_card(session, vehicle)
    car = CarIn("deal1", "", {"make": "LADA", "vin": "XTAGFL110KY000001"})
    crm_sync.store(session, connection.id, Found(cars=[car, CarIn("deal2", "", {"make": "Kia"})]), {})
    known = crm_known.of_card(session, card.id, [])
    assert [(one["make"], one["is_same"]) for one in known.cars] == [("LADA", True)]


def test_the_card_shows_it(session, as_operator, connection):
    operator = factories.get_user(session, "operator")
    profile = session.get(models.OperatorProfile, operator.id)
    vehicle = factories.make_vehicle(session)
    factories.make_ad(session, vehicle, phone=PHONE)
    card = factories.make_card(session, vehicle, operator=profile)
    crm_sync.store(session, connection.id, Found(clients=[ClientIn("1", "Олег <b>Примеров", (PHONE,), URL)]), {})
    page = as_operator.get(f"/desk/?card={card.id}").get_data(as_text=True)
    assert "клиент CRM" in page and "Олег &lt;b&gt;Примеров" in page and f'href="{URL}"' in page


def client_and_stranger(session) -> tuple[models.Card, models.Card]:
    cards = []
    for phone in (PHONE, "79160005566"):
        seller = factories.make_seller(session, phone=phone)
        cards.append(factories.make_card(session, factories.make_vehicle(session, seller_id=seller.id)))
    return cards[0], cards[1]


def match(session) -> None:
    matching.match_cards(session, factories.NOON)
    session.expire_all()


def set_to(session, name: str, value: object) -> None:
    session.merge(models.Setting(name=name, value=value))
    session.flush()


def test_cards_of_clients_are_kept_back_when_the_company_says_so(session, connection):
    factories.make_filter(session)
    revisions.raise_it(session, "filters")
    known, stranger = client_and_stranger(session)
    match(session)
    assert known.filter_id and stranger.filter_id
    set_to(session, "crm_clients_excluded", True)
    crm_sync.store(session, connection.id, Found(clients=[ClientIn("1", "Олег", (PHONE,))]), {})
    match(session)
    assert known.filter_id is None and stranger.filter_id is not None


def test_cards_of_clients_go_first_or_last_when_the_company_says_so(session, connection):
    factories.make_filter(session)
    revisions.raise_it(session, "filters")
    known, stranger = client_and_stranger(session)
    set_to(session, "crm_clients_priority", 5)
    crm_sync.store(session, connection.id, Found(clients=[ClientIn("1", "Олег", (PHONE,))]), {})
    match(session)
    assert known.rank > stranger.rank and known.filter_id == stranger.filter_id


def filter_for(session, kind: str, **more: object) -> models.AdFilter:
    criteria = {"crm_client": [kind], "accept_damaged": True} if kind else {"accept_damaged": True}
    return factories.make_filter(session, criteria=criteria | more.pop("wishes", {}), **more)


@pytest.mark.parametrize("kind", ["client", "stranger"])
def test_a_filter_may_take_only_clients_or_everybody_else(session, connection, kind):
    wanting = filter_for(session, kind)
    revisions.raise_it(session, "filters")
    known, stranger = client_and_stranger(session)
    crm_sync.store(session, connection.id, Found(clients=[ClientIn("1", "Олег", (PHONE,))]), {})
    match(session)
    taken, left = (known, stranger) if kind == "client" else (stranger, known)
    assert (taken.filter_id, left.filter_id) == (wanting.id, None)
    (opinion,) = matching.explain_card(session, left.id, factories.NOON)
    assert [check.criterion for check in opinion.checks if not check.passed] == ["crm_client"]
    assert matching.explain_card(session, taken.id, factories.NOON)[0].fits


def test_one_filter_prefers_clients_and_another_does_not(session, connection):
    preferring = filter_for(session, "", wishes={"client_points": 7})
    revisions.raise_it(session, "filters")
    known, stranger = client_and_stranger(session)
    crm_sync.store(session, connection.id, Found(clients=[ClientIn("1", "Олег", (PHONE,))]), {})
    match(session)
    assert known.filter_id == stranger.filter_id == preferring.id and known.rank > stranger.rank
    preferring.criteria = {"client_points": -7}
    revisions.raise_it(session, "filters")
    match(session)
    assert known.rank < stranger.rank


def test_the_builder_counts_and_shows_clients_as_matching_takes_them(session, connection):
    client_and_stranger(session)
    factories.make_vehicle(session)  # of nobody that we know
    crm_sync.store(session, connection.id, Found(clients=[ClientIn("1", "Олег", (PHONE,))]), {})
    only = FilterSpec(id=1, crm_client=frozenset({"client"}))
    others = FilterSpec(id=2, crm_client=frozenset({"stranger"}))
    told = [filter_preview.count(session, spec, factories.NOON).fits for spec in (only, others, FilterSpec(id=3))]
    assert told == [1, 2, 3]
    tried = filter_preview.test_run(session, only, factories.NOON)
    assert len(tried.fitting) == 1 and tried.missed_by == {"crm_client": 2}
    filter_for(session, "client")
    assert [one.n for one in filter_preview.overlap(session, FilterSpec(id=3), factories.NOON)] == [1]


def test_the_form_of_a_filter_keeps_what_it_wants_of_clients():
    fields = MultiDict([("name", "Для новых"), ("crm_client", "stranger"), ("client_points", "-5")])
    draft, bad = filter_form.read(fields)
    assert not bad and draft.criteria["crm_client"] == ["stranger"] and draft.criteria["client_points"] == -5
    again, _ = filter_form.read(MultiDict([(k, v) for k, vs in filter_form.fields_of(draft).items() for v in vs]))
    assert again == draft
    assert filter_form.read(MultiDict([("name", "x"), ("client_points", "5000")]))[1] == {
        "client_points": "filter_priority_range"
    }
