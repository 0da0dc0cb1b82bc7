"""The order of the pool: fresh and important first, nobody forgotten, and never to be computed again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.loads import DealRules
from app.domain.ranking import order_key, rank_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULES = DealRules()


def rank(priority: int = 0, *, published_h: float = 0, waiting_h: float = 0) -> int:
    return rank_of(
        priority=priority,
        published_at=NOW - timedelta(hours=published_h),
        waiting_since=NOW - timedelta(hours=waiting_h),
    )


moments = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))
cards = st.lists(st.tuples(st.integers(-1000, 1000), moments, moments), min_size=2, max_size=12)


@settings(deadline=None)
@given(cards, moments, st.timedeltas(timedelta(), timedelta(days=3650)), st.integers(2, 5), st.integers(1, 720))
def test_order_of_two_cards_never_changes_with_time(
    found: list[tuple[int, datetime, datetime]], now: datetime, later: timedelta, ageing: int, hours: int
) -> None:
    rules = DealRules(ageing=ageing, priority_hours=hours)

    def order(at: datetime) -> list[int]:
        return sorted(range(len(found)), key=lambda n: (-order_key(*found[n], at, rules), n))

    stored = [
        rank_of(priority=p, published_at=pub, waiting_since=since, priority_hours=hours, ageing=ageing)
        for p, pub, since in found
    ]
    assert order(now) == order(now + later) == sorted(range(len(found)), key=lambda n: (-stored[n], n))


def test_order_key_is_the_sum_that_the_docstring_promises() -> None:
    key = order_key(3, NOW - timedelta(hours=5), NOW - timedelta(hours=2), NOW, RULES)
    assert key == 3 * 12 * 3600 - 5 * 3600 + 2 * 2 * 3600


def test_fresher_of_two_cards_that_came_together_goes_first() -> None:
    assert rank(published_h=1) > rank(published_h=3)


def test_point_of_priority_is_worth_its_hours_and_no_more() -> None:
    assert rank(1, published_h=11.9) > rank(0)
    assert rank(1, published_h=12.1) < rank(0)


def test_card_that_waits_overtakes_any_stream_of_fresher_ones_of_higher_priority() -> None:
    old = rank_of(priority=0, published_at=NOW, waiting_since=NOW)
    gap = 1000
    arrival = NOW + timedelta(hours=gap * RULES.priority_hours, seconds=1)
    assert rank_of(priority=gap, published_at=arrival, waiting_since=arrival) < old
    early = arrival - timedelta(seconds=2)
    assert rank_of(priority=gap, published_at=early, waiting_since=early) > old


def test_advert_a_year_old_counts_as_a_week_old() -> None:
    assert rank(published_h=24 * 365) == rank(published_h=24 * 7)


def test_advert_from_the_future_is_brand_new_and_no_more() -> None:
    assert rank(published_h=-48) == rank(published_h=0)


def test_without_waiting_the_freshest_goes_first() -> None:
    ranks = [rank_of(priority=0, published_at=NOW - timedelta(hours=hours), priority_hours=6) for hours in (0, 1, 2)]
    assert ranks == sorted(ranks, reverse=True)
    assert rank_of(priority=1, published_at=NOW - timedelta(hours=6), priority_hours=6) == ranks[0]


def test_rank_fits_a_bigint_whatever_the_priority() -> None:
    top = rank_of(priority=1000, published_at=NOW, waiting_since=NOW, priority_hours=720, ageing=9)
    assert abs(top) < 2**63


def test_ageing_that_would_let_cards_starve_is_refused() -> None:
    with pytest.raises(ValueError, match="starve"):
        DealRules(ageing=1)
