"""What like cars cost: the median of their prices, and a price as a whole percent of it."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import median_low

LikeKey = tuple[int, int, int, int]

ENOUGH = 5  # fewer like cars say more about their sellers than about the market
HIGHEST_PCT = 30_000  # a price typed with three zeroes too many must still fit a smallint


def like_key(
    make_id: int | None, model_id: int | None, generation_id: int | None, year: int | None, *, band_years: int = 1
) -> LikeKey | None:
    """Cars of one key are alike: make, model, and the generation or else the year, in bands of `band_years`.

    None when the advert tells too little to compare it. Within a generation the year still parts old from new, so it
    is kept whenever it is known.
    """
    if make_id is None or model_id is None or (generation_id is None and year is None):
        return None
    band = 0 if year is None else year - year % band_years
    return make_id, model_id, generation_id or 0, band


def median_of(prices: Iterable[int | None], *, enough: int = ENOUGH) -> int | None:
    """A price that somebody really asks: of an even number the lower of the middle two. Unknown prices are left out."""
    known = [price for price in prices if price is not None and price > 0]
    return median_low(known) if len(known) >= enough else None


def percent_of_median(price: int | None, median: int | None) -> int | None:
    """Rounded down, as integer division of the database does, so that both say the same."""
    if price is None or price <= 0 or not median:
        return None
    return min(price * 100 // median, HIGHEST_PCT)
