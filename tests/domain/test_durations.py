"""How long things last."""

from __future__ import annotations

import pytest

from app.domain.durations import Durations


def _seen(*seconds: float) -> Durations:
    found = Durations()
    for second in seconds:
        found.learn(second)
    return found


def test_nothing_seen_ends_never() -> None:
    assert Durations().ends_within(10, 30) == 0.0
    assert Durations().quantiles((0.5,)) == (0.0,)


def test_what_lasts_a_minute_is_near_its_end_at_fifty_seconds() -> None:
    minute = _seen(*[60] * 100)
    assert minute.ends_within(50, 15) > 0.9
    assert minute.ends_within(5, 15) < 0.1


def test_a_longer_look_ahead_never_makes_the_end_less_likely() -> None:
    talks = _seen(*range(10, 200, 7))
    chances = [talks.ends_within(30, horizon) for horizon in range(60)]
    assert chances == sorted(chances)


def test_the_mean_and_the_quantiles_are_those_of_what_was_seen() -> None:
    found = _seen(*range(100))
    assert found.mean() == pytest.approx(49.5, abs=1)
    assert found.quantiles((0.1, 0.5, 0.9)) == pytest.approx((10, 50, 90), abs=1.5)


def test_old_observations_fade() -> None:
    found = Durations(memory=100)
    for _ in range(1000):
        found.learn(10)
    for _ in range(300):
        found.learn(100)
    assert found.mean() > 80


def test_what_lasts_longer_than_the_longest_is_counted_there() -> None:
    assert Durations.load(_seen(5, 10_000).dump()) == _seen(5, 900)
