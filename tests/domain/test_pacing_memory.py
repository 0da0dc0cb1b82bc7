"""What a campaign remembers of its sellers and operators."""

from __future__ import annotations

import pytest

from app.domain.pacing_memory import CallKind, Learned, upper_bound


def test_nothing_seen_is_a_third_of_answers() -> None:
    assert Learned().answer_chance() == pytest.approx(1 / 3)


def test_a_line_that_is_seldom_answered_is_told_apart() -> None:
    learned, good, poor = Learned(), CallKind(line=1), CallKind(line=2)
    for n in range(400):
        learned.answered(10, good) if n % 2 else learned.unanswered(30, good)
        learned.answered(10, poor) if n % 10 == 0 else learned.unanswered(30, poor)
    assert learned.answer_chance(good) == pytest.approx(0.5, abs=0.06)
    assert learned.answer_chance(poor) == pytest.approx(0.1, abs=0.04)


def test_an_unseen_attempt_leans_on_its_line() -> None:
    learned = Learned()
    for n in range(400):
        learned.answered(10, CallKind(line=1)) if n % 5 == 0 else learned.unanswered(30, CallKind(line=1))
    assert learned.answer_chance(CallKind(line=1, attempt=4)) == pytest.approx(0.2, abs=0.05)


def test_a_sudden_fall_of_answers_is_seen_within_some_hundred_calls() -> None:
    learned = Learned()
    for n in range(5000):
        learned.answered(10) if n % 2 else learned.unanswered(30)
    for n in range(300):
        learned.answered(10) if n % 5 == 0 else learned.unanswered(30)
    assert learned.answer_chance() == pytest.approx(0.2, abs=0.08)


def test_abandoned_calls_make_it_careful_and_connected_ones_bold_again() -> None:
    learned = Learned()
    before = learned.daring
    learned.abandoned(now=1.0)
    careful = learned.daring
    for second in range(200):
        learned.connected(now=float(second))
    assert careful < before < learned.daring


def test_a_day_above_the_ceiling_is_steered_lower_than_a_good_one() -> None:
    good, bad = Learned(), Learned()
    for second in range(300):
        good.connected(now=float(second))
        bad.connected(now=float(second)) if second % 10 else bad.abandoned(now=float(second))
    assert bad.aim(0.03) < good.aim(0.03)


def test_a_new_day_counts_its_abandoned_calls_from_nought_and_keeps_what_was_learnt() -> None:
    learned = Learned()
    learned.begin_day("2026-11-23")
    learned.talked(60)
    learned.abandoned(now=1.0)
    learned.begin_day("2026-11-24")
    assert (learned.today.events, learned.talks.total) == (0, 1)


def test_the_window_forgets_in_time() -> None:
    learned = Learned()
    learned.abandoned(now=0.0)
    learned.connected(now=4 * 3600.0)
    assert learned.window.events < 0.01


def test_an_empty_memory_can_be_loaded() -> None:
    assert Learned.load({}) == Learned()


def test_the_bound_of_a_share_narrows_with_what_is_seen() -> None:
    assert upper_bound(0, 0) == 1.0
    assert 0.03 < upper_bound(30, 1000) < upper_bound(3, 100)
