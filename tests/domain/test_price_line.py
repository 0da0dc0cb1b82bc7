"""The price as a line: steps in time, inside its box, with the market where it helps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.domain.price_line import HEIGHT, WIDTH, drawn

DAY = datetime(2026, 11, 1, tzinfo=UTC)


def at(days: int) -> datetime:
    return DAY + timedelta(days=days)


def points(line) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in (pair.split(",") for pair in line.points.split())]


def test_a_price_that_never_changed_is_no_line() -> None:
    assert drawn([]) is None
    assert drawn([(at(0), 500_000)]) is None


def test_a_price_holds_until_it_changes() -> None:
    line = drawn([(at(0), 500_000), (at(5), 450_000), (at(10), 450_000)])
    assert line is not None
    assert points(line) == [(4, 4), (120, 4), (120, 44), (236, 44)]
    assert (line.low, line.high, line.market_y) == (450_000, 500_000, None)


def test_the_market_is_drawn_when_it_is_near_and_left_out_when_it_would_squeeze_the_line() -> None:
    history = [(at(0), 500_000), (at(5), 450_000)]
    near, far = drawn(history, 475_000), drawn(history, 5_000_000)
    assert near is not None and near.market_y == HEIGHT / 2
    assert far is not None and far.market_y is None


@given(
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 10**9)), min_size=2, max_size=30),
    st.none() | st.integers(1, 10**9),
)
def test_the_line_never_leaves_its_box_and_goes_forward(moments: list[tuple[int, int]], market: int | None) -> None:
    line = drawn([(at(days), price) for days, price in moments], market)
    assert line is not None
    drawn_points = points(line)
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in drawn_points)
    assert [x for x, _ in drawn_points] == sorted(x for x, _ in drawn_points)
