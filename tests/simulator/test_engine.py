"""A modelled shift."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.simulator.engine import Result, Shift
from app.simulator.rivals import RIVALS
from app.simulator.town import Step, Times, Town

SHORT = Town(operators=20, hours=1.0, warm_up_s=900)


def _shift(town: Town, rival: str = "predictive") -> Result:
    return Shift(town, RIVALS[rival]()).run()


@pytest.mark.parametrize("rival", list(RIVALS))
def test_the_same_seed_gives_the_same_shift(rival: str) -> None:
    assert _shift(SHORT, rival) == _shift(SHORT, rival)


def test_another_seed_gives_another_shift() -> None:
    assert _shift(SHORT) != _shift(replace(SHORT, seed=2))


def test_one_call_for_each_free_operator_abandons_nobody() -> None:
    assert _shift(SHORT, "progressive").abandoned == 0


def test_predicting_lets_operators_talk_more_than_one_call_for_each() -> None:
    assert _shift(SHORT).minutes_per_hour > 1.2 * _shift(SHORT, "progressive").minutes_per_hour


@pytest.mark.parametrize("rival", [name for name in RIVALS if name != "oracle"])
def test_nobody_does_better_than_the_oracle(rival: str) -> None:
    assert _shift(SHORT, rival).minutes_per_hour < _shift(SHORT, "oracle").minutes_per_hour


def test_the_oracle_lets_hardly_anybody_wait() -> None:
    result = _shift(SHORT, "oracle")
    assert (result.abandoned, result.operator_wait_s < 1) == (0, True)


def test_without_operators_nobody_is_dialled() -> None:
    assert _shift(Town(operators=0, hours=0.2, warm_up_s=0)).dialled == 0


def test_when_all_operators_leave_nobody_is_dialled_any_more() -> None:
    result = _shift(replace(SHORT, steps=(Step(1800, operators=0),)))
    assert result.minutes[29].dialled > 0
    assert sum(minute.dialled for minute in result.minutes[36:]) == 0
    assert result.minutes[-1].staff_s == 0


def test_the_lines_bound_what_is_dialled() -> None:
    few = replace(SHORT, channels=15, calls_per_second=0.5, operators=10)
    result = _shift(few)
    assert max(minute.dialled for minute in result.minutes) <= 31


def test_it_is_told_how_often_the_lines_were_too_few() -> None:
    assert _shift(SHORT).short_share < 0.02
    assert _shift(replace(SHORT, channels=25)).short_share > 0.5


def test_operators_are_neither_lost_nor_doubled() -> None:
    town = replace(SHORT, steps=(Step(1200, operators=8), Step(2400, operators=25)))
    shift = Shift(town, RIVALS["predictive"]())
    shift.run()
    assert shift.staff == 25 == shift.free + len(shift.talking) + len(shift.wrapping)


def test_machines_are_told_from_persons_by_amd() -> None:
    town = replace(SHORT, machine_rate=0.3)
    with_amd, without = _shift(town), _shift(replace(town, with_amd=False))
    assert with_amd.minutes_per_hour > without.minutes_per_hour


def test_a_measured_shape_keeps_its_mean_and_can_be_stretched() -> None:
    times = Times.seen([10, 20, 30, 40])
    assert times.mean == pytest.approx(25)
    assert times.scaled(100).mean == pytest.approx(100)
