"""Adverts of one car share a vehicle; a vehicle on sale has one open card; cards leave and come back by rule."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from app import models
from app.domain.ads import AdState
from app.models import CALLBACK, CLOSED, IN_WORK, POOL
from app.services import card_form, cards, counters, matching
from tests import factories
from tests.factories import NOON
from tests.services.adverts import PHONE, ad_of, bring_in, card_of, press, said, take_next, vin


@pytest.fixture
def source(session):
    return factories.make_source(session, "exchange")


@pytest.fixture
def other(session):
    return factories.make_source(session, "other")


@pytest.fixture
def operator(session):
    factories.make_filter(session, open_cap=100)
    return factories.make_operator(session)


def vehicle_of(session, external_id: str = "A1") -> models.Vehicle:
    session.expire_all()
    return session.get_one(models.Vehicle, ad_of(session, external_id).vehicle_id)


def cards_n(session) -> int:
    return session.scalar(select(func.count()).select_from(models.Card))


# --- joining


def test_a_second_ad_with_the_same_vin_joins_the_vehicle(session, source, other):
    bring_in(session, source, said("A1", vin=vin(7), phones=("79010000001",)))
    done = bring_in(session, other, said("B1", vin=vin(7), phones=("79020000002",), mileage_km=80_300))
    assert done.vehicles_new == 0
    assert ad_of(session, "A1").vehicle_id == ad_of(session, "B1").vehicle_id
    assert cards_n(session) == 1
    assert vehicle_of(session).source_ids == sorted([source.id, other.id])


def test_two_ads_of_one_car_in_one_file_share_a_vehicle(session, source):
    bring_in(session, source, said("A1", vin=vin(7)), said("A2", vin=vin(7), price=990_000))
    assert ad_of(session, "A1").vehicle_id == ad_of(session, "A2").vehicle_id
    assert vehicle_of(session).price == 990_000  # what the cheapest of its ads asks


def test_the_same_phone_alone_never_joins(session, source):
    bring_in(session, source, said("A1"), said("B1", make="Skoda", model="Octavia", title="Skoda", year=2015))
    bring_in(session, source, said("C1", mileage_km=190_000, price=400_000))  # like A1, but another car
    assert len({ad_of(session, name).vehicle_id for name in ("A1", "B1", "C1")}) == 3


def test_doubtful_pairs_wait_for_a_person(session, source, other):
    """Nearly the same car on two sites, told by nothing certain: somewhere between «same» and «another» lies doubt."""
    looks = {"color": "синий", "owners": 2, "power_hp": 123, "engine_cc": 1591, "gearbox": "автомат", "body": "седан"}
    for year, mileage_km in enumerate(range(80_500, 90_000, 500), 2000):
        bring_in(session, source, said(f"A{year}", **looks, year=year, phones=()))
        bring_in(session, other, said(f"B{year}", **looks, year=year, phones=("79020000002",), mileage_km=mileage_km,
                                      price=950_000))  # fmt: skip
    pairs = session.scalars(select(models.SamePair)).all()
    assert pairs
    for pair in pairs:
        assert pair.state == "waiting" and pair.reasons
        assert pair.ad.vehicle_id != pair.other_ad.vehicle_id
        assert {pair.ad.year} == {pair.other_ad.year}


def test_joining_again_finds_nothing_to_do(session, source):
    bring_in(session, source, said())
    assert cards.join_new_ads(session, NOON) == cards.Joined()


def test_settling_again_changes_nothing(session, source, operator):
    bring_in(session, source, said())
    card = take_next(session, operator)
    version = card.version
    done = cards.settle(session, [card.vehicle_id], NOON)
    assert done == cards.Joined()
    session.refresh(card)
    assert (card.version, card.stage) == (version, IN_WORK)


# --- leaving and coming back


def remove(session, source, *names: str, now: datetime = NOON) -> None:
    bring_in(session, source, *(said(name, state=AdState.REMOVED) for name in names), now=now)
    session.expire_all()


def test_a_car_whose_last_ad_is_gone_leaves_the_queue_and_the_counters(session, source, operator):
    bring_in(session, source, said())
    card = take_next(session, operator)
    session.refresh(operator)
    wanted = session.get_one(models.AdFilter, card.filter_id)
    assert (operator.open_n, wanted.open_n) == (1, 1)
    remove(session, source, "A1")
    assert (card.stage, card.closed_why) == (CLOSED, "gone")
    assert (operator.open_n, wanted.open_n) == (0, 0)
    assert session.scalars(select(models.Assignment.ended_why)).all() == ["gone"]
    assert counters.count_anew(session) == 0


def test_a_car_with_another_ad_stays(session, source, operator):
    bring_in(session, source, said("A1", vin=vin(7)), said("A2", vin=vin(7)))
    card = take_next(session, operator)
    bring_in(session, source, said("A1", vin=vin(7), state=AdState.REMOVED))
    session.refresh(card)
    assert card.stage == IN_WORK


def test_a_removed_ad_ends_the_call_back_that_was_planned(session, source, operator):
    bring_in(session, source, said())
    card = take_next(session, operator)
    press(session, card, "call_later", operator, callback_at=NOON + timedelta(hours=2))
    remove(session, source, "A1")
    assert session.scalars(select(models.Callback.done_at)).one() is not None
    assert card.next_call_at is None


def test_a_returned_ad_brings_its_card_back_with_its_history(session, source, operator):
    bring_in(session, source, said())
    card = take_next(session, operator)
    press(session, card, "no_answer", operator, note="Занято")
    remove(session, source, "A1")
    bring_in(session, source, said(), now=NOON + timedelta(days=1))
    session.expire_all()
    assert card_of(session).id == card.id and cards_n(session) == 1
    assert (card.stage, card.operator_id, card.status_id, card.closed_why) == (POOL, None, None, "")
    assert session.scalars(select(models.Note.text)).all() == ["Занято"]
    assert len(session.scalars(select(models.StatusChange.id)).all()) == 1
    assert take_next(session, operator).id == card.id  # matched anew and offered again


def test_a_returned_ad_stays_closed_when_the_company_wants_it_so(session, source, operator):
    session.add(models.Setting(name="reopen_returned", value=False))
    bring_in(session, source, said())
    remove(session, source, "A1")
    bring_in(session, source, said())
    session.expire_all()
    assert card_of(session).stage == CLOSED


def test_a_card_closed_by_a_result_stays_closed_when_its_ad_goes_and_returns(session, source, operator):
    bring_in(session, source, said())
    card = take_next(session, operator)
    press(session, card, "refused", operator)
    remove(session, source, "A1")
    bring_in(session, source, said(), now=NOON + timedelta(days=3))
    session.expire_all()
    assert (card.stage, card.closed_why) == (CLOSED, "status")


def test_a_reserved_car_is_not_offered_until_it_is_free_again(session, source, operator):
    bring_in(session, source, said(state=AdState.RESERVED))
    matching.match_cards(session, NOON)
    session.expire_all()
    assert card_of(session).filter_id is None
    bring_in(session, source, said())
    assert take_next(session, operator).id == card_of(session).id


# --- a price drop re-opens


def closed_at(session, source, operator, status: str, price: int = 1_000_000) -> models.Card:
    bring_in(session, source, said(price=price))
    card = take_next(session, operator)
    return press(session, card, status, operator)


@pytest.mark.parametrize(
    ("price", "hours", "stage"),
    [
        (950_000, 24, POOL),
        (950_001, 24, CLOSED),
        (949_000, 24, POOL),
        (1_100_000, 48, CLOSED),
        (None, 48, CLOSED),
    ],
)
def test_a_drop_of_five_percent_after_a_day_reopens_a_refused_card(session, source, operator, price, hours, stage):
    card = closed_at(session, source, operator, "refused")
    bring_in(session, source, said(price=price), now=NOON + timedelta(hours=hours))
    session.refresh(card)
    assert card.stage == stage


def test_a_drop_that_comes_too_early_reopens_the_card_when_its_day_is_over(session, source, operator):
    card = closed_at(session, source, operator, "refused")
    bring_in(session, source, said(price=900_000), now=NOON + timedelta(hours=23))
    session.refresh(card)
    assert card.stage == CLOSED
    assert cards.reopen_cheaper(session, NOON + timedelta(hours=23, minutes=59)) == 0
    assert cards.reopen_cheaper(session, NOON + timedelta(hours=24, minutes=1)) == 1
    session.refresh(card)
    assert card.stage == POOL
    assert cards.reopen_cheaper(session, NOON + timedelta(hours=24, minutes=2)) == 0


def test_dear_cars_reopen_as_well(session, source, operator):
    card = closed_at(session, source, operator, "refused", price=90_000_000)
    bring_in(session, source, said(price=80_000_000), now=NOON + timedelta(days=2))
    session.refresh(card)
    assert card.stage == POOL


@pytest.mark.parametrize("status", ["inspection", "sold", "wrong_number", "do_not_call"])
def test_no_price_reopens_what_is_settled(session, source, operator, status):
    card = closed_at(session, source, operator, status)
    bring_in(session, source, said(price=100_000), now=NOON + timedelta(days=30))
    session.refresh(card)
    assert card.stage == CLOSED
    assert cards.reopen_cheaper(session, NOON + timedelta(hours=25)) == 0


def test_price_drops_reopen_nothing_when_the_company_wants_it_so(session, source, operator):
    session.add(models.Setting(name="reopen_on_price_drop", value=False))
    card = closed_at(session, source, operator, "refused")
    bring_in(session, source, said(price=100_000), now=NOON + timedelta(days=30))
    session.refresh(card)
    assert card.stage == CLOSED
    assert cards.reopen_cheaper(session, NOON + timedelta(hours=25)) == 0


def test_thresholds_are_the_companys_own(session, source, operator):
    session.add_all(
        [models.Setting(name="reopen_drop_pct", value=20), models.Setting(name="reopen_after_hours", value=0)]
    )
    card = closed_at(session, source, operator, "refused")
    bring_in(session, source, said(price=800_001))
    session.refresh(card)
    assert card.stage == CLOSED
    bring_in(session, source, said(price=800_000))
    session.refresh(card)
    assert card.stage == POOL


def test_a_reopened_card_keeps_its_form_notes_and_attempts(session, source, operator):
    bring_in(session, source, said())
    card = take_next(session, operator)
    press(session, card, "no_answer", operator)
    card_form.save(session, card.id, {"comment": "Торг"}, version=card.version, actor_id=operator.user_id, now=NOON)
    press(session, card, "refused", operator, note="Дорого")
    bring_in(session, source, said(price=500_000), now=NOON + timedelta(days=2))
    session.refresh(card)
    assert (card.stage, card.form, card.attempts_n) == (POOL, {"comment": "Торг"}, 1)
    assert len(session.scalars(select(models.StatusChange.id)).all()) == 2


# --- facts and sellers


def test_an_operators_correction_survives_whatever_the_ads_say_later(session, source, operator):
    bring_in(session, source, said())
    card = take_next(session, operator)
    words = {"mileage_km": "123 000", "gearbox": "manual"}
    card_form.save(session, card.id, words, version=card.version, actor_id=operator.user_id, now=NOON)
    bring_in(session, source, said(mileage_km=80_001, gearbox="автомат", price=999_000))
    vehicle = vehicle_of(session)
    assert (vehicle.mileage_km, vehicle.gearbox, vehicle.price) == (123_000, "manual", 999_000)
    card_form.save(session, card.id, {"mileage_km": ""}, version=card_of(session).version, actor_id=operator.user_id,
                   now=NOON)  # fmt: skip
    assert vehicle_of(session).mileage_km == 80_001


def test_a_car_without_a_market_has_no_percentage_of_it(session, source):
    bring_in(session, source, said())
    assert vehicle_of(session).price_pct is None


def test_a_price_is_told_as_a_part_of_the_market_median(session, source):
    bring_in(session, source, said())
    model_id = vehicle_of(session).model_id
    session.add(models.MarketPrice(model_id=model_id, year=2018, median=2_000_000, n=9))
    bring_in(session, source, said(price=900_000), said("A2", price=None, mileage_km=5_000, phones=()))
    assert vehicle_of(session).price_pct == 45
    assert vehicle_of(session, "A2").price_pct is None


def other_cars(n: int) -> list:
    cars = [("Skoda", "Octavia"), ("Toyota", "Camry"), ("Mazda", "6"), ("Ford", "Focus"), ("Audi", "A4"), ("BMW", "X5")]
    return [
        said(f"R{i}", make=cars[i % 6][0], model=cars[i % 6][1], title=" ".join(cars[i % 6]), year=2008 + i,
             mileage_km=60_000 + 9_000 * i, price=500_000 + 70_000 * i) for i in range(n)
    ]  # fmt: skip


def test_a_seller_of_many_cars_is_scored_and_the_cars_are_matched_anew(session, source, operator):
    bring_in(session, source, said())
    assert vehicle_of(session).reseller_score == 0
    matching.match_cards(session, NOON)
    assert card_of(session).match_revision > 0
    bring_in(session, source, *other_cars(8))
    session.expire_all()
    seller = session.scalars(select(models.Seller).where(models.Seller.key == f"tel:{PHONE}")).one()
    assert seller.reseller_score >= 50 and seller.ads_n == 9 and seller.reseller_reasons
    assert vehicle_of(session).reseller_score == seller.reseller_score
    assert card_of(session).match_revision == 0


def test_a_new_car_of_a_known_reseller_is_a_resellers_car_at_once(session, source):
    bring_in(session, source, *other_cars(12))
    session.expire_all()
    seller = session.scalars(select(models.Seller).where(models.Seller.key == f"tel:{PHONE}")).one()
    assert seller.reseller_score == 100
    bring_in(session, source, said())
    assert vehicle_of(session).reseller_score == 100


def test_a_persons_word_on_a_seller_outweighs_the_score(session, source):
    bring_in(session, source, said())
    seller = session.scalars(select(models.Seller)).one()
    seller.is_reseller = True
    session.flush()
    bring_in(session, source, said("B1", make="Skoda", model="Octavia", title="Skoda", year=2015))
    assert vehicle_of(session).reseller_score == vehicle_of(session, "B1").reseller_score == 100


def test_an_ad_that_shows_its_phone_later_gets_its_seller(session, source):
    bring_in(session, source, said(phones=()))
    assert vehicle_of(session).seller_id is None
    bring_in(session, source, said())
    seller = session.get_one(models.Seller, vehicle_of(session).seller_id)
    assert seller.key == f"tel:{PHONE}"
    assert session.get_one(models.SellerPhone, PHONE).seller_id == seller.id


def test_a_protected_phone_makes_no_seller(session, source):
    bring_in(session, source, said(phone_protected=True))
    assert vehicle_of(session).seller_id is None


def test_a_call_back_survives_a_change_of_the_ad(session, source, operator):
    bring_in(session, source, said())
    card = take_next(session, operator)
    press(session, card, "call_later", operator, callback_at=NOON + timedelta(hours=2))
    bring_in(session, source, said(price=1))
    session.refresh(card)
    assert (card.stage, card.next_call_at) == (CALLBACK, NOON + timedelta(hours=2))
