"""How many numbers are dialled at a second."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.pacing import Limits, Mode, Observed, Ringing, decide
from app.domain.pacing_memory import CallKind, Learned

ANYTHING = Limits()
BUSY_HALF = Observed(free=10, talking=(50.0,) * 10)


def _a_learned_day(answer_rate: float = 0.3, calls: int = 1000) -> Learned:
    rng, learned = random.Random(7), Learned()
    for _ in range(calls):
        if rng.random() < answer_rate:
            learned.answered(rng.uniform(4, 20))
            learned.talked(rng.expovariate(1 / 90))
            learned.wrapped(rng.uniform(5, 15))
        else:
            learned.unanswered(30)
    return learned


DAY = _a_learned_day()


def _dials(observed: Observed, limits: Limits = ANYTHING, learned: Learned = DAY, mode: Mode = "predictive") -> int:
    return decide(mode, observed, limits, learned).dials


@pytest.mark.parametrize("mode", get_args(Mode))
def test_without_operators_nobody_is_dialled(mode: Mode) -> None:
    decision = decide(mode, Observed(free=0), ANYTHING, DAY)
    assert (decision.dials, decision.why) == (0, "no_operators")


def test_a_campaign_that_has_seen_nothing_dials_one_call_for_a_free_operator() -> None:
    observed = Observed(free=10, ringing=(Ringing(1.0), Ringing(2.0)))
    decision = decide("predictive", observed, ANYTHING, Learned())
    assert (decision.dials, decision.why) == (8, "warming_up")


def test_seven_operators_are_too_few_to_predict() -> None:
    decision = decide("predictive", Observed(free=2, talking=(50.0,) * 5), ANYTHING, DAY)
    assert (decision.dials, decision.why) == (2, "too_few_operators")


def test_a_learned_campaign_dials_more_than_there_are_free_operators() -> None:
    assert _dials(BUSY_HALF) > 10


def test_with_nobody_free_it_dials_for_those_who_will_soon_be() -> None:
    finishing = Observed(free=0, talking=(60.0,) * 20, wrapping=(10.0,) * 10)
    assert _dials(finishing) > 0


def test_what_already_rings_is_counted() -> None:
    assert _dials(replace(BUSY_HALF, ringing=(Ringing(2.0),) * 20)) < _dials(BUSY_HALF)


def test_sellers_who_answer_more_often_are_dialled_less() -> None:
    assert _dials(BUSY_HALF, learned=_a_learned_day(0.6)) < _dials(BUSY_HALF, learned=_a_learned_day(0.2))


def test_an_hour_in_which_more_answer_is_dialled_less() -> None:
    learned, evening = Learned.load(DAY.dump()), CallKind(hour=19)
    for _ in range(300):
        learned.answered(10, evening)
    assert _dials(replace(BUSY_HALF, next_kind=evening), learned=learned) < _dials(BUSY_HALF, learned=learned)


def test_progressive_keeps_one_operator_for_each_call() -> None:
    observed = Observed(free=5, talking=(9.0,) * 9, ringing=(Ringing(3.0),) * 2, waiting=1)
    assert _dials(observed, mode="progressive") == 2


@pytest.mark.parametrize(("ratio", "dials"), [(0.0, 0), (1.0, 10), (2.5, 25), (-3.0, 0)])
def test_power_dials_its_ratio_for_each_free_operator(ratio: float, dials: int) -> None:
    assert _dials(BUSY_HALF, Limits(ratio=ratio), mode="power") == dials


def test_a_senseless_ratio_is_bounded() -> None:
    assert _dials(BUSY_HALF, Limits(ratio=100.0), mode="power") == _dials(BUSY_HALF, Limits(ratio=10.0), mode="power")


@pytest.mark.parametrize("mode", ["power", "predictive"])
def test_too_many_abandoned_sellers_bring_back_one_call_for_a_free_operator(mode: Mode) -> None:
    learned = Learned.load(DAY.dump())
    for _ in range(40):
        learned.abandoned(now=60.0)
    decision = decide(mode, Observed(free=3, talking=(50.0,) * 17), ANYTHING, learned)
    assert (decision.dials, decision.why) == (3, "too_many_abandoned")


def test_lines_and_calls_per_second_limit_the_dials() -> None:
    assert decide("predictive", BUSY_HALF, Limits(channels_left=4), DAY).why == "no_lines"
    assert _dials(BUSY_HALF, Limits(channels_left=4)) == 4
    assert decide("predictive", BUSY_HALF, Limits(dials_left=2), DAY).why == "per_second"
    assert _dials(BUSY_HALF, Limits(dials_left=2)) == 2


def test_a_restart_forgets_nothing() -> None:
    learned = _a_learned_day()
    learned.begin_day("2026-11-23")
    for second in range(100):
        learned.connected(now=float(second)) if second % 30 else learned.abandoned(now=float(second))
    again = Learned.load(json.loads(json.dumps(learned.dump())))
    assert decide("predictive", BUSY_HALF, ANYTHING, again) == decide("predictive", BUSY_HALF, ANYTHING, learned)
    assert (again.today, again.window, again.daring) == (learned.today, learned.window, learned.daring)


ELAPSED = st.floats(0, 900)
RINGS = st.builds(Ringing, st.floats(0, 60), st.builds(CallKind, st.integers(0, 23), st.integers(0, 3)))
OBSERVED = st.builds(
    Observed,
    free=st.integers(0, 60),
    talking=st.lists(ELAPSED, max_size=60),
    wrapping=st.lists(ELAPSED, max_size=20),
    ringing=st.lists(RINGS, max_size=80),
    waiting=st.integers(0, 5),
)
LIMITS = st.builds(
    Limits,
    channels_left=st.integers(-5, 200),
    dials_left=st.integers(-1, 50),
    ceiling=st.floats(0, 0.2),
    operators_needed=st.integers(1, 30),
    ratio=st.floats(-1, 100),
)
MODES = st.sampled_from(get_args(Mode))


@settings(max_examples=300, deadline=None)
@given(MODES, OBSERVED, LIMITS)
def test_never_above_the_lines_nor_the_calls_per_second_nor_without_operators(
    mode: Mode, observed: Observed, limits: Limits
) -> None:
    decision = decide(mode, observed, limits, DAY)
    assert 0 <= decision.dials <= max(min(limits.channels_left, limits.dials_left), 0)
    if not observed.operators:
        assert decision.dials == 0


@settings(max_examples=200, deadline=None)
@given(OBSERVED)
def test_one_more_free_operator_never_means_fewer_dials_and_one_more_ringing_never_more(observed: Observed) -> None:
    dials = _dials(observed)
    assert _dials(replace(observed, free=observed.free + 1)) >= dials
    assert _dials(replace(observed, ringing=[*observed.ringing, Ringing(1.0)])) <= dials
    assert _dials(replace(observed, waiting=observed.waiting + 1)) <= dials
