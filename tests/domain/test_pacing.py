"""How many numbers are dialled at a tick."""

from __future__ import annotations

import random

from app.domain.pacing import Learned, PacingState, decide, upper_bound


def _a_learned_day(answer_rate: float = 0.3, calls: int = 1000) -> Learned:
    rng, learned = random.Random(7), Learned()
    for _ in range(calls):
        if rng.random() < answer_rate:
            learned.call_answered(rng.uniform(4, 20))
            learned.operator_freed(rng.expovariate(1 / 90))
        else:
            learned.call_unanswered()
    return learned


def test_without_operators_nobody_is_dialled() -> None:
    assert decide(PacingState(free=0), _a_learned_day()) == 0


def test_a_campaign_that_has_seen_nothing_dials_one_call_for_a_free_operator() -> None:
    assert decide(PacingState(free=10, ringing_for=(1.0, 2.0)), Learned()) == 8


def test_seven_operators_are_too_few_to_predict() -> None:
    assert decide(PacingState(free=2, busy_for=(50.0,) * 5), _a_learned_day()) == 2


def test_a_learned_campaign_dials_more_than_there_are_free_operators() -> None:
    assert decide(PacingState(free=10, busy_for=(50.0,) * 10), _a_learned_day()) > 10


def test_what_already_rings_is_counted() -> None:
    quiet = decide(PacingState(free=10, busy_for=(50.0,) * 10), _a_learned_day())
    ringing = decide(PacingState(free=10, busy_for=(50.0,) * 10, ringing_for=(2.0,) * 20), _a_learned_day())
    assert ringing < quiet


def test_sellers_who_answer_more_often_are_dialled_less() -> None:
    state = PacingState(free=10, busy_for=(50.0,) * 10)
    assert decide(state, _a_learned_day(0.6)) < decide(state, _a_learned_day(0.2))


def test_too_many_abandoned_sellers_bring_back_one_call_for_a_free_operator() -> None:
    learned = _a_learned_day()
    for _ in range(40):
        learned.call_abandoned()
    assert decide(PacingState(free=3, busy_for=(50.0,) * 17), learned) == 3


def test_lines_and_calls_per_second_limit_the_dials() -> None:
    learned = _a_learned_day()
    assert decide(PacingState(free=10, busy_for=(50.0,) * 10, channels_left=4), learned) == 4
    assert decide(PacingState(free=10, busy_for=(50.0,) * 10, dials_left=2), learned) == 2


def test_the_bound_of_a_share_narrows_with_what_is_seen() -> None:
    assert upper_bound(0, 0) == 1.0
    assert 0.03 < upper_bound(30, 1000) < upper_bound(3, 100)
