"""The builder's count, overlap and test run say the same as matching will do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from app.domain.filters import CRITERIA, CarCard, CarLine, FilterSpec
from app.domain.matching import MatchIndex
from app.models import AdFilter, Vehicle
from app.services import filter_preview, matching
from tests.factories import NOON, make_ad, make_card, make_filter, make_vehicle

MAKES, MODELS, GENERATIONS = (1, 2), (10, 11, 20), (100, 101, 200)
maybe = lambda values: st.none() | st.sampled_from(values)  # noqa: E731
NUMBERS = {
    "year": (2010, 2015, 2020), "mileage_km": (0, 50_000, 100_000), "price": (100, 200, 300), "engine_cc": (1400, 2000),
    "power_hp": (100, 150), "owners": (1, 2, 3),
}  # fmt: skip
WORDS = {
    "fuel": ("petrol", "diesel"), "gearbox": ("manual", "robot"), "drive": ("front", "all"), "body": ("suv", "sedan"),
    "wheel": ("left", "right"), "seller_kind": ("private", "dealer"), "color": ("red", "grey"),
}  # fmt: skip

cars = st.fixed_dictionaries(
    {name: maybe(values) for name, values in (NUMBERS | WORDS).items()}
    | {
        "make_id": maybe(MAKES), "model_id": maybe(MODELS), "generation_id": maybe(GENERATIONS),
        "city_id": maybe((1, 2, 3)), "is_foreign": st.booleans(), "is_damaged": st.none() | st.booleans(),
        "price_pct": maybe((80, 100, 120)), "reseller_score": st.sampled_from((0, 50, 100)),
        "source_ids": st.lists(st.sampled_from((1, 2, 3)), max_size=2, unique=True),
        "published_at": maybe(tuple(NOON - timedelta(hours=hours) for hours in (-5, 0, 3, 24, 100))),
    }
)  # fmt: skip


def spans(values: tuple[int, ...]) -> st.SearchStrategy[tuple[int | None, int | None]]:
    return st.tuples(maybe(values), maybe(values))


lines = st.one_of(
    st.builds(CarLine, st.sampled_from(MAKES)),
    st.builds(CarLine, st.sampled_from(MAKES), st.sampled_from(MODELS)),
    st.builds(CarLine, st.sampled_from(MAKES), st.sampled_from(MODELS), st.sampled_from(GENERATIONS)),
)
wishes = st.fixed_dictionaries(
    {"include_foreign": st.booleans(), "accept_damaged": st.booleans()},
    optional={name: spans(values) for name, values in NUMBERS.items()}
    | {name: st.frozensets(st.sampled_from(values), max_size=2) for name, values in WORDS.items()}
    | {
        "price_to_median_pct": spans((90, 110)), "reseller_score": spans((0, 60)), "age_hours": spans((0, 2, 24, 50)),
        "city_ids": st.frozensets(st.sampled_from((1, 2, 3)), max_size=2),
        "source_ids": st.frozensets(st.sampled_from((1, 2, 3)), max_size=2),
        "lines": st.lists(lines, max_size=3).map(tuple),
        "unknown_ok": st.frozensets(st.sampled_from(CRITERIA), max_size=12),
    },
)  # fmt: skip


@settings(max_examples=150)
@given(rows=st.lists(cars, min_size=1, max_size=8), asked=wishes)
def test_the_count_is_what_matching_would_take(session: Session, rows: list[dict[str, Any]], asked: Any) -> None:
    spec = FilterSpec(id=1, **asked)
    session.execute(delete(Vehicle))
    session.execute(insert(Vehicle), rows)
    index = MatchIndex([spec])
    taken = sum(any(index.best(card, NOON) for card in _asked_for(row)) for row in rows)
    assert filter_preview.count(session, spec, NOON).fits == taken


def _asked_for(row: dict[str, Any]) -> list[CarCard]:
    told = {name: row[name] for name in CarCard._fields if name in row}
    told["price_to_median_pct"] = row["price_pct"]
    return [CarCard(**told, source_id=source) for source in row["source_ids"] or [None]]


def test_cars_of_the_last_day_are_counted_apart(session: Session) -> None:
    for hours in (1, 23, 25):
        make_vehicle(session, published_at=NOON - timedelta(hours=hours))
    found = filter_preview.count(session, FilterSpec(id=1), NOON)
    assert (found.fits, found.fresh, found.is_estimate) == (3, 2, False)


def test_a_reserved_car_and_one_that_is_gone_are_not_counted(session: Session) -> None:
    make_vehicle(session, is_reserved=True)
    make_vehicle(session, on_sale=False)
    assert filter_preview.count(session, FilterSpec(id=1), NOON).fits == 0


def test_words_are_sought_in_the_text_of_the_advert(session: Session) -> None:
    for text in ("Срочная продажа, торг", "Без торга", ""):
        vehicle = make_vehicle(session)
        vehicle.ad_id = make_ad(session, vehicle=vehicle, description=text).id
    session.flush()
    assert filter_preview.count(session, FilterSpec(id=1, words_yes=("срочн",)), NOON).fits == 1
    assert filter_preview.count(session, FilterSpec(id=1, words_no=("торг",)), NOON).fits == 1


def test_many_texts_are_sampled_and_the_count_says_so(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filter_preview, "READ", 4)
    for n in range(12):
        vehicle = make_vehicle(session)
        vehicle.ad_id = make_ad(session, vehicle=vehicle, description="торг" if n % 2 else "нет").id
    session.flush()
    found = filter_preview.count(session, FilterSpec(id=1, words_yes=("торг",)), NOON)
    assert (found.fits, found.is_estimate) == (6, True)


def test_the_overlap_names_the_live_filters_that_want_the_same_cars(session: Session) -> None:
    session.execute(delete(AdFilter))
    for price in (100, 200, 300, 400):
        make_vehicle(session, price=price)
    dear = make_filter(session, name="Дорогие", criteria={"price": [300, None]})
    every = make_filter(session, name="Все")
    make_filter(session, name="Выключен", is_enabled=False)
    make_filter(session, name="Только срочные", criteria={"words_yes": ["срочно"]})
    found = filter_preview.overlap(session, FilterSpec(id=0, price=(200, None)), NOON)
    assert [(row.filter_id, row.n) for row in found] == [(every.id, 3), (dear.id, 2)]
    assert [row.name for row in filter_preview.overlap(session, FilterSpec(id=every.id), NOON)] == ["Дорогие"]


def test_the_test_run_shows_what_fits_and_what_missed_by_one_wish(session: Session) -> None:
    good = make_vehicle(session, price=500, year=2020)
    near = make_vehicle(session, price=900, year=2020)
    far = make_vehicle(session, price=900, year=2000)
    spec = FilterSpec(id=1, price=(None, 600), year=(2015, None))
    done = filter_preview.test_run(session, spec, NOON)
    assert [row.vehicle_id for row, _ in done.fitting] == [good.id]
    assert [row.vehicle_id for row, _ in done.missing] == [near.id, far.id]
    assert done.missed_by == {"price": 2, "year": 1}
    (missed,) = [check for check in done.missing[0][1] if not check.passed]
    assert (missed.criterion, missed.reason.args) == ("price", {"wanted": (None, 600), "has": 900})


def test_a_car_on_two_sites_fits_by_either(session: Session) -> None:
    make_vehicle(session, source_ids=[1, 2])
    done = filter_preview.test_run(session, FilterSpec(id=1, source_ids=frozenset({2})), NOON)
    assert (len(done.fitting), len(done.missing)) == (1, 0)


def test_a_pool_card_that_has_grown_too_old_or_old_enough_is_matched_anew(session: Session) -> None:
    session.execute(delete(AdFilter))
    fresh = make_filter(session, criteria={"age_hours": [None, 24]}, priority=1)
    old = make_filter(session, criteria={"age_hours": [48, None]})
    card = make_card(session, make_vehicle(session, published_at=NOON))
    seen = []
    for hours in (1, 25, 47, 49):
        now = NOON + timedelta(hours=hours)
        matching.drop_stale(session, now)
        while matching.match_cards(session, now):
            pass
        session.refresh(card)
        seen.append(card.filter_id)
    assert seen == [fresh.id, None, None, old.id]
