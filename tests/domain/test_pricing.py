"""The market price: which cars are alike and what a price is worth beside theirs."""

from __future__ import annotations

import pytest

from app.domain.pricing import like_key, median_of, percent_of_median


def test_cars_of_one_generation_and_year_are_alike() -> None:
    assert like_key(1, 11, 111, 2015) == like_key(1, 11, 111, 2015)
    assert like_key(1, 11, 111, 2015) != like_key(1, 11, 112, 2015)
    assert like_key(1, 11, 111, 2015) != like_key(1, 11, 111, 2016)


def test_years_of_one_band_are_alike_when_bands_are_wider() -> None:
    keys = [like_key(1, 11, None, year, band_years=3) for year in (2013, 2014, 2015, 2016)]
    assert keys[0] == keys[1] == keys[2] == (1, 11, 0, 2013)
    assert keys[3] == (1, 11, 0, 2016)
    assert like_key(1, 11, 111, None) == (1, 11, 111, 0)


@pytest.mark.parametrize("facts", [(None, 11, 111, 2015), (1, None, 111, 2015), (1, 11, None, None)])
def test_advert_that_tells_too_little_is_compared_with_nothing(facts: tuple[int | None, ...]) -> None:
    assert like_key(*facts) is None


def test_median_is_a_price_somebody_asks_and_unknown_prices_do_not_count() -> None:
    assert median_of([500, 100, None, 300, 200, 400, 0]) == 300
    assert median_of([100, 200, 300, 400, 500, 10_000]) == 300


def test_few_like_cars_make_no_market() -> None:
    assert median_of([100, 200, 300, 400]) is None
    assert median_of([100], enough=1) == 100


@pytest.mark.parametrize(
    ("price", "median", "percent"),
    [(800_000, 1_000_000, 80), (999_999, 1_000_000, 99), (None, 1, None), (0, 5, None), (5, None, None), (5, 0, None)],
)
def test_price_as_a_percent_of_the_median_is_rounded_down(
    price: int | None, median: int | None, percent: int | None
) -> None:
    assert percent_of_median(price, median) == percent


def test_absurd_price_still_fits_its_column() -> None:
    assert percent_of_median(999_999_999, 100) == 30_000
