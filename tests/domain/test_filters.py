"""Filters: why a card fits a filter or does not, and how words are compared."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from app.domain.filters import CarCard, FilterSpec, explain, fold_text

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
CARD = CarCard(id=1, city_id=5, make_id=1, model_id=11, generation_id=111, year=2015, price=900_000)


def test_explanation_names_what_was_wanted_and_what_the_card_has() -> None:
    spec = FilterSpec(id=1, year=(2016, None), price=(None, 950_000), mileage_km=(0, 100_000), city_ids=frozenset({5}))
    reasons = {check.criterion: check.reason for check in explain(spec, CARD, NOW)}
    assert (reasons["year"].code, reasons["year"].args) == ("misses", {"wanted": (2016, None), "has": 2015})
    assert reasons["price"].code == reasons["city"].code == "fits"
    assert reasons["mileage_km"].code == "unknown_refused"
    assert reasons["gearbox"].code == "not_asked"


def test_explanation_shows_the_words_that_were_found() -> None:
    spec = FilterSpec(id=1, words_no=("битая", "залог"))
    check = explain(spec, CARD._replace(description="Машина в залоге"), NOW)[-1]
    assert not check.passed
    assert check.reason.args["has"] == ("залог",)


def test_silent_text_is_unknown_to_a_filter_that_seeks_words() -> None:
    check = explain(FilterSpec(id=1, words_yes=("торг",), unknown_ok=frozenset({"keywords"})), CARD, NOW)[-1]
    assert check.passed
    assert check.reason.code == "unknown_accepted"


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("  Ёлка,  ёлка! ", "елка елка"),
        ("тoрг", "торг"),
        ("BMW X5 🔥 на_ходу", "bmw x5 на ходу"),
        ("й как и с краткой: и\u0306", "й как и с краткой й"),
        ("", ""),
    ],
)
def test_text_is_folded_before_words_are_sought(written: str, folded: str) -> None:
    assert fold_text(written) == folded
    assert fold_text(folded) == folded


def test_long_word_without_spaces_is_folded_in_linear_time() -> None:
    assert len(fold_text("ж" * 300_000 + "a")) == 300_001
