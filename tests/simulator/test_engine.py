"""A modelled shift."""

from __future__ import annotations

from app.simulator.engine import Shift, Town, predictive, progressive

SHORT = Town(operators=20, hours=1.0, warm_up_s=900)


def test_the_same_seed_gives_the_same_shift() -> None:
    assert Shift(SHORT, predictive).run() == Shift(SHORT, predictive).run()


def test_one_call_for_each_free_operator_abandons_nobody() -> None:
    assert Shift(SHORT, progressive).run().abandoned == 0


def test_predicting_lets_operators_talk_more_than_one_call_for_each() -> None:
    ours, plain = Shift(SHORT, predictive).run(), Shift(SHORT, progressive).run()
    assert ours.minutes_per_hour > 1.2 * plain.minutes_per_hour


def test_without_operators_nobody_is_dialled() -> None:
    assert Shift(Town(operators=0, hours=0.2, warm_up_s=0), predictive).run().dialled == 0
