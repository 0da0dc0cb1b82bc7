"""Schedules: when a filter or a group is dealt cards."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from app.domain.schedule import Window, is_open

MONDAY, TUESDAY, FRIDAY, SATURDAY = 23, 24, 27, 28  # of November 2026


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute)


def test_no_windows_means_always() -> None:
    assert is_open((), at(SATURDAY, 3))


@pytest.mark.parametrize(("hour", "minute", "expected"), [(8, 59, False), (9, 0, True), (17, 59, True), (18, 0, False)])
def test_window_holds_its_start_and_leaves_out_its_end(hour: int, minute: int, expected: bool) -> None:
    assert is_open((Window(time(9), time(18)),), at(MONDAY, hour, minute)) is expected


def test_window_of_working_days_is_closed_on_saturday() -> None:
    schedule = (Window(time(9), time(18), frozenset({0, 1, 2, 3, 4})),)
    assert is_open(schedule, at(FRIDAY, 12))
    assert not is_open(schedule, at(SATURDAY, 12))


def test_night_of_friday_goes_on_into_saturday_morning_only() -> None:
    night = (Window(time(22), time(6), frozenset({4})),)
    assert not is_open(night, at(FRIDAY, 5))
    assert is_open(night, at(FRIDAY, 23))
    assert is_open(night, at(SATURDAY, 5, 59))
    assert not is_open(night, at(SATURDAY, 6))
    assert not is_open(night, at(SATURDAY, 23))


def test_window_to_midnight_ends_with_the_day() -> None:
    evening = (Window(time(18), time(0), frozenset({0})),)
    assert is_open(evening, at(MONDAY, 23, 59))
    assert not is_open(evening, at(TUESDAY, 0))


def test_sunday_night_goes_on_into_monday() -> None:
    assert is_open((Window(time(22), time(6), frozenset({6})),), at(MONDAY, 3))


def test_several_windows_open_one_after_the_other() -> None:
    schedule = (Window(time(9), time(12)), Window(time(13), time(18)))
    assert [is_open(schedule, at(MONDAY, hour)) for hour in (11, 12, 13)] == [True, False, True]
