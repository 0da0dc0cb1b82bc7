"""What like cars cost: the median of those on sale, and every car's price as a part of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import models
from app.services import market
from tests import factories
from tests.factories import NOON


@pytest.fixture
def model(session):
    return factories.make_model(session)


def cars(session, model, *prices, **more):
    return [factories.make_vehicle(session, model=model, year=2018, price=price, **more) for price in prices]


def median(session, model) -> int | None:
    return session.scalar(
        select(models.MarketPrice.median).where(
            models.MarketPrice.model_id == model.id, models.MarketPrice.year == 2018
        )
    )


def test_the_median_is_a_price_that_somebody_asks_and_each_car_knows_its_part(session, model):
    made = cars(session, model, 500_000, 800_000, 1_000_000, 1_200_000, 1_500_000)
    assert market.refresh(session, NOON)["medians"] == 1
    assert median(session, model) == 1_000_000
    session.expire_all()
    assert [car.price_pct for car in made] == [50, 80, 100, 120, 150]


def test_four_cars_are_no_market(session, model):
    (car, *_) = cars(session, model, 1, 2, 3, 4)
    market.refresh(session, NOON)
    assert median(session, model) is None and car.price_pct is None


def test_sold_damaged_foreign_and_priceless_cars_are_not_counted(session, model):
    cars(session, model, 100, 200, 300, 400)
    cars(session, model, 500, on_sale=False)
    cars(session, model, 500, is_damaged=True)
    cars(session, model, 500, is_foreign=True)
    cars(session, model, None)
    market.refresh(session, NOON)
    assert median(session, model) is None


def test_other_years_are_other_cars(session, model):
    cars(session, model, 1, 2, 3)
    for price in (4, 5):
        factories.make_vehicle(session, model=model, year=2019, price=price)
    market.refresh(session, NOON)
    assert median(session, model) is None


def test_cars_in_the_pool_are_matched_anew_when_their_part_of_the_market_moved(session, model):
    made = cars(session, model, 500_000, 800_000, 1_000_000, 1_200_000, 1_500_000)
    waiting = factories.make_card(session, made[0], match_revision=7)
    assert market.refresh(session, NOON) == {"medians": 1, "cards": 1}
    session.refresh(waiting)
    assert waiting.match_revision == 0
    waiting.match_revision = 7
    session.flush()
    assert market.refresh(session, NOON + timedelta(minutes=10)) == {"medians": 0, "cards": 0}
    session.refresh(waiting)
    assert waiting.match_revision == 7


def test_a_market_that_is_gone_is_forgotten(session, model):
    made = cars(session, model, 500_000, 800_000, 1_000_000, 1_200_000, 1_500_000)
    market.refresh(session, NOON)
    for car in made[:3]:
        car.on_sale = False
    session.flush()
    market.refresh(session, NOON)
    session.expire_all()
    assert median(session, model) is None
    assert made[4].price_pct is None
