"""Matching: the bitmaps say exactly what a plain check of every wish says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.cars import Body, Fuel
from app.domain.filters import CRITERIA, RANGES, SETS
from app.domain.matching import CarCard, CarLine, FilterSpec, MatchIndex, bits, explain

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CARD = CarCard(id=1, city_id=5, make_id=1, model_id=11, generation_id=111, year=2015, price=900_000)


def wants(spec: FilterSpec, card: CarCard) -> bool:
    """The naive check, written without a look at the index: one wish after the other."""
    if card.is_foreign and not spec.include_foreign:
        return False
    if card.is_damaged and not spec.accept_damaged:
        return False
    if card.is_damaged is None and not spec.accept_damaged and "damage" not in spec.unknown_ok:
        return False
    for criterion, (wish, field) in SETS.items():
        wanted, has = getattr(spec, wish), getattr(card, field)
        if wanted is not None and has not in wanted and not (has is None and criterion in spec.unknown_ok):
            return False
    for criterion in RANGES:
        (low, high), has = getattr(spec, criterion), getattr(card, criterion)
        if low is None and high is None:
            continue
        if has is None:
            if criterion not in spec.unknown_ok:
                return False
        elif (low is not None and has < low) or (high is not None and has > high):
            return False
    return not spec.lines or any(line_wants(line, card, "car" in spec.unknown_ok) for line in spec.lines)


def line_wants(line: CarLine, card: CarCard, unknown_ok: bool) -> bool:
    if line.generation_id is not None:
        if card.generation_id is not None:
            return card.generation_id == line.generation_id
        if not unknown_ok:
            return False
    if line.model_id is not None:
        if card.model_id is not None:
            return card.model_id == line.model_id
        if not unknown_ok:
            return False
    return card.make_id == line.make_id if card.make_id is not None else unknown_ok


small = st.one_of(st.none(), st.integers(0, 4))
words = st.one_of(st.none(), st.sampled_from(["a", "b", "c"]))
span = st.one_of(st.just((None, None)), st.tuples(small, small))
line = st.one_of(
    st.builds(CarLine, st.integers(1, 3)),
    st.builds(CarLine, st.integers(1, 3), st.integers(1, 3)),
    st.builds(CarLine, st.integers(1, 3), st.integers(1, 3), st.integers(1, 3)),
)


def _specs() -> st.SearchStrategy[FilterSpec]:
    fields: dict[str, Any] = dict.fromkeys(RANGES, span)
    for wish, field in SETS.values():
        values = st.integers(0, 4) if field.endswith("_id") else st.sampled_from(["a", "b", "c"])
        fields[wish] = st.one_of(st.none(), st.frozensets(values, max_size=4))
    return st.builds(
        FilterSpec,
        id=st.integers(1, 99),
        priority=st.integers(-2, 2),
        include_foreign=st.booleans(),
        accept_damaged=st.booleans(),
        lines=st.lists(line, max_size=4).map(tuple),
        unknown_ok=st.one_of(
            st.just(frozenset(CRITERIA)), st.frozensets(st.sampled_from(CRITERIA)), st.just(frozenset[str]())
        ),
        **fields,
    )


def _cards() -> st.SearchStrategy[CarCard]:
    fields: dict[str, Any] = dict.fromkeys(RANGES, small)
    fields |= {field: small if field.endswith("_id") else words for _, field in SETS.values()}
    ids = st.one_of(st.none(), st.integers(1, 3))
    return st.builds(
        CarCard,
        id=st.just(1),
        is_foreign=st.booleans(),
        is_damaged=st.one_of(st.none(), st.booleans()),
        make_id=ids,
        model_id=ids,
        generation_id=ids,
        published_at=st.none(),
        **fields,
    )


def _relaxed(spec: FilterSpec, keep: frozenset[str]) -> FilterSpec:
    """A filter with a wish on everything matches next to nothing: most wishes are dropped."""
    values = {name: getattr(spec, name) for name in spec.__slots__}
    for name in (*RANGES, "age_hours"):
        values[name] = values[name] if name in keep else (None, None)
    for criterion, (wish, _) in SETS.items():
        values[wish] = values[wish] if criterion in keep else None
    values["lines"] = spec.lines if "car" in keep else ()
    return FilterSpec(**values)


relaxed = st.builds(_relaxed, _specs(), st.frozensets(st.sampled_from(CRITERIA), max_size=3))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(relaxed, _specs()), max_size=12), st.lists(_cards(), min_size=1, max_size=6))
def test_index_says_what_a_plain_check_of_every_filter_says(filters: list[FilterSpec], cards: list[CarCard]) -> None:
    index = MatchIndex(filters)
    for card in cards:
        expected = [spec for spec in index.filters if wants(spec, card)]
        mask = index.match(card)
        assert index.all(mask) == expected
        assert index.first(mask) == (expected[0] if expected else None)
        assert index.every(card, NOW) == expected


@settings(max_examples=300, deadline=None)
@given(relaxed, _cards())
def test_explanation_passes_everywhere_exactly_when_the_filter_wants_the_card(spec: FilterSpec, card: CarCard) -> None:
    checks = explain(spec, card, NOW)
    assert tuple(check.criterion for check in checks) == CRITERIA
    assert all(check.passed for check in checks) == wants(spec, card)


def test_random_data_of_the_equality_test_gives_both_answers() -> None:
    seen = set()

    @settings(max_examples=200, deadline=None, database=None, derandomize=True)
    @given(relaxed, _cards())
    def look(spec: FilterSpec, card: CarCard) -> None:
        seen.add(wants(spec, card))

    look()
    assert seen == {True, False}


def test_filter_of_higher_priority_gets_the_card_and_equal_ones_go_by_id() -> None:
    index = MatchIndex([FilterSpec(id=3, priority=1), FilterSpec(id=2, priority=5), FilterSpec(id=1, priority=1)])
    assert [spec.id for spec in index.all(index.match(CARD))] == [2, 1, 3]
    best = index.best(CARD, NOW)
    assert best is not None and best.id == 2


def test_disabled_filter_wants_nothing() -> None:
    index = MatchIndex([FilterSpec(id=1, is_enabled=False)])
    assert index.match(CARD) == 0
    assert index.best(CARD, NOW) is None


def test_index_without_filters_matches_nothing() -> None:
    assert MatchIndex([]).best(CARD, NOW) is None


def test_car_abroad_goes_only_to_a_filter_that_includes_foreign_cars() -> None:
    index = MatchIndex([FilterSpec(id=1), FilterSpec(id=2, include_foreign=True)])
    assert [spec.id for spec in index.every(CARD._replace(is_foreign=True), NOW)] == [2]
    assert [spec.id for spec in index.every(CARD, NOW)] == [1, 2]


def test_card_fits_by_whole_make_or_by_model_or_by_generation() -> None:
    lines = (CarLine(1), CarLine(2, 21), CarLine(3, 31, 311))
    index = MatchIndex([FilterSpec(id=1, lines=lines)])
    fitting = [(1, 18, None), (2, 21, 999), (3, 31, 311)]
    missing = [(2, 22, None), (3, 31, 312), (3, 31, None), (None, None, None)]
    for make_id, model_id, generation_id in fitting + missing:
        card = CarCard(make_id=make_id, model_id=model_id, generation_id=generation_id)
        assert bool(index.match(card)) == ((make_id, model_id, generation_id) in fitting)


def test_car_of_unknown_model_is_accepted_by_its_make_only_when_the_filter_says_so() -> None:
    accepting = FilterSpec(id=1, lines=(CarLine(1, 11),), unknown_ok=frozenset({"car"}))
    index = MatchIndex([accepting, FilterSpec(id=2, lines=(CarLine(1, 11),))])
    assert [spec.id for spec in index.all(index.match(CarCard(make_id=1)))] == [1]
    assert index.match(CarCard(make_id=2)) == 0


def test_every_car_against_every_kind_of_line_known_or_unknown() -> None:
    ids = (1, 2)
    lines = [CarLine(make) for make in ids] + [CarLine(make, model) for make, model in product(ids, ids)]
    lines += [CarLine(*levels) for levels in product(ids, ids, ids)]
    pairs = [(), *((one,) for one in lines), *zip(lines, reversed(lines), strict=True)]
    accepted = (frozenset({"car"}), frozenset[str]())
    wishes = [(found, unknown_ok) for found in pairs for unknown_ok in accepted]
    index = MatchIndex([FilterSpec(id=n, lines=found, unknown_ok=ok) for n, (found, ok) in enumerate(wishes)])
    for levels in product((None, 1, 2), repeat=3):
        card = CarCard(make_id=levels[0], model_id=levels[1], generation_id=levels[2])
        assert index.all(index.match(card)) == [spec for spec in index.filters if wants(spec, card)]


def test_generation_line_has_to_name_its_model() -> None:
    with pytest.raises(ValueError, match="model"):
        CarLine(1, None, 111)


def test_unknown_mileage_is_an_explicit_choice() -> None:
    strict = FilterSpec(id=1, mileage_km=(None, 150_000))
    lenient = FilterSpec(id=2, mileage_km=(None, 150_000), unknown_ok=frozenset({"mileage_km"}))
    index = MatchIndex([strict, lenient])
    assert [spec.id for spec in index.all(index.match(CARD))] == [2]
    assert [spec.id for spec in index.all(index.match(CARD._replace(mileage_km=150_000)))] == [1, 2]
    assert index.match(CARD._replace(mileage_km=150_001)) == 0


def test_silence_about_damage_is_accepted_unless_it_is_taken_out() -> None:
    plain = FilterSpec(id=1, accept_damaged=False)
    strict = FilterSpec(id=2, accept_damaged=False, unknown_ok=frozenset())
    index = MatchIndex([plain, strict, FilterSpec(id=3)])
    cards = {said: CARD._replace(is_damaged=said) for said in (None, False, True)}
    found = {said: [spec.id for spec in index.all(index.match(card))] for said, card in cards.items()}
    assert found == {None: [1, 3], False: [1, 2, 3], True: [3]}


def test_words_of_the_books_and_of_the_database_match_alike() -> None:
    index = MatchIndex([FilterSpec(id=1, body=frozenset({Body.SUV}), fuel=frozenset({"diesel"}))])
    assert index.match(CARD._replace(body="suv", fuel=Fuel.DIESEL))


def test_stale_card_falls_to_the_next_filter_that_does_not_ask_for_freshness() -> None:
    index = MatchIndex([FilterSpec(id=1, priority=9, age_hours=(None, 24)), FilterSpec(id=2)])
    ages = {24: 1, 25: 2, -1: 1}
    for hours, expected in ages.items():
        best = index.best(CARD._replace(published_at=NOW - timedelta(hours=hours)), NOW)
        assert best is not None and best.id == expected
    assert [spec.id for spec in index.every(CARD, NOW)] == [2]


def test_words_no_and_words_yes_are_sought_in_title_and_description() -> None:
    spec = FilterSpec(id=1, words_yes=("срочно", "торг"), words_no=("не на ходу",))
    index = MatchIndex([spec])
    assert index.needs_text
    texts = {
        "Срочно!": True,
        "Небольшой ТОРГ у капота": True,
        "автоторги": False,
        "Срочно, не  на-ходу": False,
        "": False,
    }
    assert {text: bool(index.best(CARD._replace(title="Kia Rio" if text else "", description=text), NOW))
            for text in texts} == texts  # fmt: skip


@given(st.sets(st.integers(0, 6000), max_size=60))
def test_positions_of_a_mask_come_in_order_of_priority(positions: set[int]) -> None:
    assert list(bits(sum(1 << position for position in positions))) == sorted(positions)


def test_more_than_eight_filters_do_not_run_over_the_edge_of_a_byte() -> None:
    for size, year in product((7, 8, 9, 16, 17, 64, 65), (2010, 2030)):
        index = MatchIndex([FilterSpec(id=n, year=(2000 + n, None)) for n in range(size)])
        assert len(index.all(index.match(CARD._replace(year=year)))) == min(size, year - 1999)
