"""When a line alarms: a real fall does, chance, trifles and few calls do not."""

from __future__ import annotations

import random

from app.domain.line_fall import Share, has_fallen


def test_a_line_that_lost_half_of_its_connects_has_fallen() -> None:
    assert has_fallen(Share(200, 30), Share(2000, 600))


def test_few_calls_say_nothing() -> None:
    assert not has_fallen(Share(49, 0), Share(2000, 600))
    assert not has_fallen(Share(200, 0), Share(199, 60))


def test_a_better_or_equal_line_does_not_alarm() -> None:
    assert not has_fallen(Share(200, 60), Share(2000, 600))
    assert not has_fallen(Share(200, 150), Share(2000, 600))


def test_a_trifle_does_not_alarm_however_sure_it_is() -> None:
    assert not has_fallen(Share(1_000_000, 290_000), Share(1_000_000, 300_000))


def test_a_line_that_never_connected_cannot_fall() -> None:
    assert not has_fallen(Share(100, 0), Share(1000, 0))


def test_chance_alone_alarms_hardly_ever() -> None:
    rng = random.Random(7)
    past = Share(3000, 900)
    alarms = sum(has_fallen(Share(150, sum(rng.random() < 0.3 for _ in range(150))), past) for _ in range(2000))
    assert alarms <= 10
