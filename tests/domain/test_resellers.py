"""Who trades cars behind a private advert."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.domain.resellers import ResellerRules, reseller_score

COUNT = st.integers(0, 60)


def test_one_car_on_sale_makes_nobody_a_reseller() -> None:
    assert reseller_score(active_n=1, year_n=2, distinct_models=2).score == 0


def test_a_hidden_phone_alone_makes_nobody_a_reseller() -> None:
    assert reseller_score(active_n=1, year_n=1, distinct_models=1, phone_protected=True).score == 0


def test_four_cars_of_four_models_on_sale_are_a_trade_and_it_says_why() -> None:
    found = reseller_score(active_n=4, year_n=6, distinct_models=4)

    assert found.score >= ResellerRules().reseller_at
    assert [reason.code for reason in found.reasons] == ["cars_on_sale", "cars_in_a_year", "different_models"]
    assert found.reasons[0].args["count"] == 4


def test_a_dealer_is_a_trader_by_his_own_word() -> None:
    assert reseller_score(active_n=0, year_n=0, distinct_models=0, is_dealer=True).score == 100


@given(COUNT, COUNT, COUNT)
def test_more_cars_never_lower_the_score(active: int, year: int, models: int) -> None:
    less = reseller_score(active_n=active, year_n=year, distinct_models=models).score
    more = reseller_score(active_n=active + 1, year_n=year + 1, distinct_models=models + 1).score

    assert 0 <= less <= more <= 100
