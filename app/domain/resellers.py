"""How much a seller looks like a reseller: a person who trades cars, though the advert says «private»."""

from __future__ import annotations

from dataclasses import dataclass

from app.errors import Reason


@dataclass(frozen=True, slots=True)
class ResellerRules:
    """From how many cars on a seller is suspect, and how much each sign weighs (points of 100)."""

    spare_active: int = 1  # One car on sale is what a person sells.
    active_points: int = 15
    spare_year: int = 2  # A household may sell two cars in a year.
    year_points: int = 12
    spare_models: int = 2
    model_points: int = 6
    protected_points: int = 5
    reseller_at: int = 50


@dataclass(frozen=True, slots=True)
class ResellerScore:
    score: int
    reasons: tuple[Reason, ...]


def reseller_score(
    *,
    active_n: int,
    year_n: int,
    distinct_models: int,
    is_dealer: bool = False,
    phone_protected: bool = False,
    rules: ResellerRules | None = None,
) -> ResellerScore:
    """0 (a person with one car) … 100 (a trader). The numbers count different cars, not adverts."""
    if is_dealer:
        return ResellerScore(100, (Reason("seller_is_dealer"),))
    told = rules or ResellerRules()
    signs = [
        _sign("cars_on_sale", active_n, told.spare_active, told.active_points),
        _sign("cars_in_a_year", year_n, told.spare_year, told.year_points),
        _sign("different_models", distinct_models, told.spare_models, told.model_points),
    ]
    found = [sign for sign in signs if sign is not None]
    if found and phone_protected:
        # A hidden number alone is ordinary caution; with several cars it is a habit of the trade.
        found.append((told.protected_points, Reason("phone_protected", {"points": told.protected_points})))
    return ResellerScore(min(100, sum(points for points, _ in found)), tuple(reason for _, reason in found))


def _sign(code: str, count: int, spare: int, points_each: int) -> tuple[int, Reason] | None:
    points = points_each * max(0, count - spare)
    return (points, Reason(code, {"count": count, "points": points})) if points else None
