"""People join, keep apart and split cars; every step can be taken back and nothing is lost on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import models
from app.errors import Refused
from app.models import CLOSED, IN_WORK, POOL
from app.services import cards, counters, same_cars
from tests import factories
from tests.factories import NOON
from tests.services.adverts import ad_of, bring_in, card_of, doubtful_pair, press, said, take_next, vin

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def source(session):
    return factories.make_source(session, "exchange")


@pytest.fixture
def pair(session, source):
    return doubtful_pair(session, source, factories.make_source(session, "other"))


@pytest.fixture
def person(session):
    return factories.get_user(session, "supervisor").id


def vehicles_of(session, *names: str) -> list[int]:
    session.expire_all()
    return [ad_of(session, name).vehicle_id for name in names]


def totals(session) -> tuple[int, ...]:
    tables = (models.Ad, models.Vehicle, models.Card, models.StatusChange, models.Note)
    return tuple(session.scalar(select(func.count()).select_from(table)) for table in tables)


def code_of(refused) -> str:
    return refused.value.reason.code


def test_two_cars_that_are_one_share_a_vehicle_and_one_card(session, pair, person):
    first, second = vehicles_of(session, "A1", "B1")
    before = totals(session)
    same_cars.decide(session, pair.id, same=True, actor_id=person, now=LATER)
    assert len(set(vehicles_of(session, "A1", "B1"))) == 1
    assert totals(session) == before
    stages = dict(session.execute(select(models.Card.vehicle_id, models.Card.stage)).tuples().all())
    assert sorted(stages.values()) == [POOL, CLOSED]
    assert (pair.state, pair.decided_by_id, pair.decided_at) == ("joined", person, LATER)
    (move,) = session.scalars(select(models.VehicleMove)).all()
    assert {move.from_vehicle_id, move.to_vehicle_id} == {first, second}


def test_a_decided_pair_is_not_decided_again(session, pair, person):
    same_cars.decide(session, pair.id, same=False, actor_id=person, now=LATER)
    assert pair.state == "apart"
    with pytest.raises(Refused) as refused:
        same_cars.decide(session, pair.id, same=True, actor_id=person, now=LATER)
    assert code_of(refused) == "pair_decided"
    with pytest.raises(Refused) as refused:
        same_cars.decide(session, pair.id + 1, same=True, actor_id=person, now=LATER)
    assert code_of(refused) == "pair_gone"


def test_two_cars_kept_apart_stay_two_when_their_ads_change(session, pair, person, source):
    same_cars.decide(session, pair.id, same=False, actor_id=person, now=LATER)
    bring_in(session, source, said("A1", price=949_000, mileage_km=83_000))
    first, second = vehicles_of(session, "A1", "B1")
    assert first != second
    assert session.scalars(select(models.SamePair.state)).all() == ["apart"]


def test_an_undone_join_gives_both_cars_their_cards_back_and_the_pair_waits_again(session, pair, person):
    before = vehicles_of(session, "A1", "B1")
    same_cars.decide(session, pair.id, same=True, actor_id=person, now=LATER)
    (move,) = session.scalars(select(models.VehicleMove)).all()
    assert same_cars.undo_moves(session, move.id, actor_id=person, now=LATER) == 1
    assert vehicles_of(session, "A1", "B1") == before
    assert {card_of(session, "A1").stage, card_of(session, "B1").stage} == {POOL}
    assert pair.state == "waiting"
    with pytest.raises(Refused) as refused:
        same_cars.undo_moves(session, move.id, actor_id=person, now=LATER)
    assert code_of(refused) == "move_already_undone"


def test_a_join_is_undone_even_when_returned_ads_stay_closed(session, pair, person):
    session.add(models.Setting(name="reopen_returned", value=False))
    same_cars.decide(session, pair.id, same=True, actor_id=person, now=LATER)
    (move,) = session.scalars(select(models.VehicleMove)).all()
    same_cars.undo_moves(session, move.id, actor_id=person, now=LATER)
    session.expire_all()
    assert {card_of(session, "A1").stage, card_of(session, "B1").stage} == {POOL}


def test_keeping_apart_can_be_taken_back(session, pair, person):
    same_cars.decide(session, pair.id, same=False, actor_id=person, now=LATER)
    same_cars.undo_apart(session, pair.id, actor_id=person)
    assert (pair.state, pair.decided_by_id, pair.decided_at) == ("waiting", None, None)
    with pytest.raises(Refused) as refused:
        same_cars.undo_apart(session, pair.id, actor_id=person)
    assert code_of(refused) == "move_already_undone"
    same_cars.decide(session, pair.id, same=True, actor_id=person, now=LATER)
    assert pair.state == "joined"


@pytest.fixture
def operators(session):
    factories.make_filter(session)
    return [factories.make_operator(session), factories.make_operator(session)]


def test_the_car_that_somebody_works_on_stays_with_its_operator(session, pair, person, operators):
    card = take_next(session, operators[0])
    same_cars.decide(session, pair.id, same=True, actor_id=person, now=LATER)
    session.refresh(card)
    assert (card.stage, card.operator_id) == (IN_WORK, operators[0].user_id)
    assert vehicles_of(session, "A1", "B1") == [card.vehicle_id] * 2
    assert counters.count_anew(session) == 0


def test_two_cars_in_work_are_not_joined_under_their_operators_hands(session, pair, person, operators):
    for operator in operators:
        take_next(session, operator)
    before = vehicles_of(session, "A1", "B1")
    with session.begin_nested() as step:
        with pytest.raises(Refused) as refused:
            same_cars.decide(session, pair.id, same=True, actor_id=person, now=LATER)
        step.rollback()
    assert code_of(refused) == "both_in_work"
    assert vehicles_of(session, "A1", "B1") == before
    assert session.scalars(select(models.SamePair.state)).one() == "waiting"


@pytest.fixture
def one_car(session, source):
    """A1 and A2 on one vehicle."""
    bring_in(session, source, said("A1", vin=vin(7)), said("A2", vin=vin(7), price=900_000))
    return ad_of(session, "A1").vehicle_id


def test_an_ad_split_off_gets_a_vehicle_and_a_card_of_its_own(session, one_car, person):
    new = same_cars.split_ad(session, ad_of(session, "A2").id, actor_id=person, now=LATER)
    assert vehicles_of(session, "A1", "A2") == [one_car, new]
    assert {card_of(session, "A1").stage, card_of(session, "A2").stage} == {POOL}
    assert session.get_one(models.Vehicle, one_car).price == 1_000_000
    assert session.get_one(models.Vehicle, new).price == 900_000
    assert cards.join_new_ads(session, LATER).ads == 0  # the machine does not undo what a person said


def test_the_only_ad_of_a_car_cannot_be_split_off(session, source, person):
    bring_in(session, source, said())
    with pytest.raises(Refused) as refused:
        same_cars.split_ad(session, ad_of(session).id, actor_id=person, now=LATER)
    assert code_of(refused) == "only_ad_of_vehicle"


def test_an_undone_split_brings_the_ad_home_and_closes_the_empty_card(session, one_car, person):
    new = same_cars.split_ad(session, ad_of(session, "A2").id, actor_id=person, now=LATER)
    (move,) = session.scalars(select(models.VehicleMove)).all()
    same_cars.undo_moves(session, move.id, actor_id=person, now=LATER)
    assert vehicles_of(session, "A1", "A2") == [one_car, one_car]
    empty = session.scalars(select(models.Card).where(models.Card.vehicle_id == new)).one()
    assert (empty.stage, empty.closed_why) == (CLOSED, "gone")
    assert not session.get_one(models.Vehicle, new).on_sale
    assert session.get_one(models.Vehicle, one_car).price == 900_000


def test_a_split_is_not_undone_while_somebody_works_on_the_new_car(session, one_car, person, operators):
    same_cars.split_ad(session, ad_of(session, "A2").id, actor_id=person, now=LATER)
    (move,) = session.scalars(select(models.VehicleMove)).all()
    for operator in operators:
        take_next(session, operator)
    with pytest.raises(Refused) as refused:
        same_cars.undo_moves(session, move.id, actor_id=person, now=LATER)
    assert code_of(refused) == "both_in_work"


def test_an_unjoined_ad_has_nothing_to_split(session, person):
    ad = factories.make_ad(session)
    with pytest.raises(Refused) as refused:
        same_cars.split_ad(session, ad.id, actor_id=person, now=LATER)
    assert code_of(refused) == "ad_not_joined"


def test_history_of_a_joined_car_is_kept_and_found_again(session, pair, person, operators):
    card = take_next(session, operators[0])
    press(session, card, "refused", operators[0], note="Не хочет")
    before = totals(session)
    same_cars.decide(session, pair.id, same=True, actor_id=person, now=LATER)
    (move,) = session.scalars(select(models.VehicleMove)).all()
    same_cars.undo_moves(session, move.id, actor_id=person, now=LATER)
    session.refresh(card)
    assert totals(session) == before
    assert (card.stage, card.closed_why) == (CLOSED, "status")
