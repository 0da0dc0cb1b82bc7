"""Periods: presets, what is refused, the period before, days over a change of the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.periods import STEPS, Period, begins, preset, previous, read, runs, step_of
from app.errors import Reason

TODAY = date(2026, 11, 23)  # a Monday


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-11-23", "2026-11-23"),
        ("yesterday", "2026-11-22", "2026-11-22"),
        ("7days", "2026-11-17", "2026-11-23"),
        ("month", "2026-11-01", "2026-11-23"),
        ("last_month", "2026-10-01", "2026-10-31"),
    ],
)
def test_a_preset_means_these_days(name, first, last):
    assert preset(name, TODAY) == Period(date.fromisoformat(first), date.fromisoformat(last))


def test_last_month_in_january_is_december_of_the_year_before():
    assert preset("last_month", date(2027, 1, 5)) == Period(date(2026, 12, 1), date(2026, 12, 31))


def test_an_unknown_preset_is_none():
    assert preset("for_ever", TODAY) is None


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        ("2026-11-23", "2026-11-22", "period_reversed"),
        ("2026-11-24", "2026-11-25", "period_in_future"),
        ("2016-11-24", "2026-11-20", "period_too_long"),
        ("0001-01-01", "2026-11-20", "period_too_early"),
        ("yesterday", "2026-11-20", "period_no_date"),
        ("2026-02-30", "2026-03-01", "period_no_date"),
        ("", "", "period_no_date"),
    ],
)
def test_a_period_that_makes_no_sense_says_why(first, last, code):
    told = read(first, last, TODAY)
    assert isinstance(told, Reason) and told.code == code


def test_a_period_may_end_in_the_future_and_begin_today():
    assert read("2026-11-23", "2026-11-30", TODAY) == Period(TODAY, date(2026, 11, 30))


def test_a_calendar_month_is_compared_with_the_month_before_it():
    assert previous(Period(date(2026, 3, 1), date(2026, 3, 31))) == Period(date(2026, 2, 1), date(2026, 2, 28))


@given(st.dates(date(2001, 1, 1), date(2100, 1, 1)), st.integers(0, 400))
def test_the_period_before_ends_right_before(first, days):
    period = Period(first, first + timedelta(days))
    before = previous(period)
    assert before.last + timedelta(1) == period.first
    assert before.days == period.days or before.first.day == 1


@given(st.dates(date(2001, 1, 1), date(2100, 1, 1)), st.sampled_from(STEPS))
def test_a_step_begins_not_after_its_day_and_is_its_own_step(day, step):
    first = step_of(day, step)
    assert first <= day and step_of(first, step) == first


def test_a_day_of_the_clock_change_is_an_hour_shorter():
    zone = ZoneInfo("Europe/Berlin")
    spent = begins(date(2026, 3, 30), zone).astimezone(UTC) - begins(date(2026, 3, 29), zone).astimezone(UTC)
    assert spent == timedelta(hours=23)
    assert begins(date(2026, 11, 23), ZoneInfo("Asia/Vladivostok")) == datetime(2026, 11, 22, 14, tzinfo=UTC)


def test_days_become_unbroken_runs():
    days = [date(2026, 11, n) for n in (1, 2, 3, 7, 9, 10)]
    assert runs(days) == [
        Period(date(2026, 11, 1), date(2026, 11, 3)),
        Period(date(2026, 11, 7), date(2026, 11, 7)),
        Period(date(2026, 11, 9), date(2026, 11, 10)),
    ]
