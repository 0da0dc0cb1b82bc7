"""Caps of an operator, and when a card goes back to the pool."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.domain.loads import DealRules, OperatorLoad, may_take, return_due

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULES = DealRules()


@pytest.mark.parametrize(
    ("load", "code"),
    [
        (OperatorLoad(id=1, max_new=3, new_n=3), "cap_new"),
        (OperatorLoad(id=1, max_open=5, open_n=5), "cap_open"),
        (OperatorLoad(id=1, hour_cap=2, hour_n=2), "cap_hour"),
        (OperatorLoad(id=1, day_cap=9, day_n=10), "cap_day"),
        (OperatorLoad(id=1, max_open=0), "cap_open"),
    ],
)
def test_every_cap_stops_and_says_so(load: OperatorLoad, code: str) -> None:
    verdict = may_take(load, RULES)
    assert not verdict.passed
    assert verdict.reason.code == code


def test_all_reached_caps_are_listed() -> None:
    load = OperatorLoad(id=1, max_new=1, new_n=1, max_open=9, day_cap=4, day_n=4)
    reason = may_take(load, RULES).reason
    assert reason.args == {"n": 1, "cap": 1, "reached": ("cap_new", "cap_day")}


def test_narrowest_cap_tells_the_room_left() -> None:
    load = OperatorLoad(id=1, max_new=10, new_n=4, max_open=60, open_n=58, day_cap=100, day_n=1)
    verdict = may_take(load, RULES)
    assert verdict.passed
    assert verdict.reason.args == {"room": 2}


def test_house_cap_holds_for_who_has_none_of_his_own() -> None:
    rules = DealRules(max_open=5)
    assert not may_take(OperatorLoad(id=1, open_n=5), rules).passed
    assert may_take(OperatorLoad(id=1, open_n=5, max_open=6), rules).passed


def test_absent_operator_may_take_nothing() -> None:
    assert may_take(OperatorLoad(id=7, is_present=False), RULES).reason.code == "operator_absent"


def test_who_takes_by_himself_is_not_stopped_by_the_cap_of_new_cards() -> None:
    load = OperatorLoad(id=1, max_new=3, new_n=3, max_open=5, open_n=4)
    assert may_take(load, RULES, is_push=False).passed
    assert not may_take(load, RULES).passed


def test_card_nobody_opened_returns_exactly_in_time() -> None:
    rules = DealRules(return_after_min=120)
    assert return_due(NOW - timedelta(minutes=119), None, NOW, rules).reason.code == "in_time"
    due = return_due(NOW - timedelta(minutes=120), None, NOW, rules)
    assert due.passed
    assert due.reason.code == "timeout"


def test_opened_card_returns_by_its_own_longer_time() -> None:
    rules = DealRules(return_after_min=10, take_return_min=480)
    taken = NOW - timedelta(minutes=479)
    assert not return_due(NOW - timedelta(days=2), taken, NOW, rules).passed
    due = return_due(NOW - timedelta(days=2), taken - timedelta(minutes=1), NOW, rules)
    assert due.passed
    assert due.reason.code == "untouched"


def test_card_never_returns_when_no_time_is_set() -> None:
    rules = DealRules(return_after_min=None, take_return_min=None)
    assert not return_due(NOW - timedelta(days=99), None, NOW, rules).passed
    assert not return_due(NOW - timedelta(days=99), NOW - timedelta(days=98), NOW, rules).passed
