"""The demonstration's filters find work in the demonstration's classified, for people who are there."""

from __future__ import annotations

from datetime import UTC, datetime

from app.demo.cars import car_models
from app.demo.people import FILTERS, GROUPS, PEOPLE
from app.demo.places import PLACES
from app.demo.world import World
from app.domain.filters import CRITERIA


def test_every_filter_goes_to_a_group_or_an_operator_who_is_there() -> None:
    groups, operators = (
        {group["name"] for group in GROUPS},
        {one["login"] for one in PEOPLE if one["role"] == "Operator"},
    )
    for wish in FILTERS:
        assert bool(wish["group"]) != bool(wish["operator"]), wish["name"]
        assert wish["group"] in groups or wish["operator"] in operators


def test_logins_extensions_and_filter_names_are_single() -> None:
    for told in ([p["login"] for p in PEOPLE], [p["extension"] for p in PEOPLE], [w["name"] for w in FILTERS]):
        assert len(set(told)) == len(told)


def test_every_operator_works_in_a_group_that_is_there() -> None:
    for person in PEOPLE:
        assert (person["group"] in {group["name"] for group in GROUPS}) == (person["role"] == "Operator")


def test_filters_ask_by_criteria_that_the_product_knows() -> None:
    assert {name for wish in FILTERS for name in wish["criteria"]} <= set(CRITERIA)


def test_every_filter_finds_cars_on_the_classified() -> None:
    makes = {model.make for model in car_models()}
    models = {(model.make, model.name) for model in car_models()}
    cities = {(place.region, place.city) for place in PLACES}
    on_sale = [advert.car for advert in World(1, datetime(2026, 11, 22, 9, 0, tzinfo=UTC)).adverts.values()]
    for wish in FILTERS:
        assert {(centre["region"], centre["city"]) for centre in wish["cities"]} <= cities
        for make, model in wish["cars"]:
            assert (make, model) in models if model else make in makes
        wanted = set(wish["cars"])
        low, _ = wish["criteria"]["year"]
        fits = [car for car in on_sale if not wanted or wanted & {(car.make, ""), (car.make, car.model)}]
        assert sum(car.year >= low for car in fits) >= 20, wish["name"]
