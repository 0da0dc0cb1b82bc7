"""How values look on the screen."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from markupsafe import Markup

from app import formats

NOON = datetime(2026, 11, 22, 11, 5, tzinfo=UTC)  # 14:05 in Moscow


@pytest.fixture(autouse=True)
def russian(one_app: Flask) -> Iterator[None]:
    with one_app.test_request_context("/"):
        yield


def test_thousands_are_parted_by_a_narrow_space_that_does_not_break() -> None:
    assert formats.number(1284) == "1\u202f284"
    assert formats.number(-1284000) == "−1\u202f284\u202f000"
    assert formats.number(Decimal("1284.56"), 1) == "1\u202f284,6"
    assert formats.number(-0.2) == "0"


def test_the_sign_of_the_rouble_stands_after_the_sum() -> None:
    assert formats.money(950000) == "950\u202f000\u00a0₽"
    assert formats.km(120000) == "120\u202f000\u00a0км"
    assert formats.money(None) == formats.km(None) == formats.number(None) == "—"
    assert formats.money(0) == "0\u00a0₽"


def test_a_share_is_shown_in_percent() -> None:
    assert formats.percent(0.256) == "26\u00a0%"
    assert formats.percent(0.256, 1) == "25,6\u00a0%"


def test_a_phone_is_grouped_and_can_be_masked() -> None:
    assert formats.phone("79001234567") == "+7 900 123-45-67"
    assert formats.phone("79001234567", masked=True) == "+7 900 •••-••-67"
    assert formats.phone("112") == "112"
    assert formats.phone(None) == "—"


def test_moments_are_on_the_clock_of_the_viewer() -> None:
    assert formats.when(NOON) == "22.11.2026 14:05"
    assert formats.clock(NOON) == "14:05"
    assert formats.day(datetime(2026, 11, 22, 22, 0, tzinfo=UTC)) == "23.11.2026"
    assert formats.day(date(2026, 11, 22)) == "22.11.2026"


def test_another_zone_is_named_with_its_distance() -> None:
    assert formats.clock(NOON, "Asia/Omsk", "Омск") == "17:05 (Омск, +3\u00a0ч)"
    assert formats.clock(NOON, "Europe/Kaliningrad", "Калининград") == "13:05 (Калининград, −1\u00a0ч)"
    assert formats.clock(NOON, "Europe/Moscow", "Москва") == "14:05"


def test_what_has_just_happened_is_told_in_minutes_with_russian_plurals() -> None:
    def said(seconds: int) -> str:
        return formats.ago(NOON - timedelta(seconds=seconds), now=NOON)

    assert [said(10), said(60), said(180), said(660)] == [
        "только что",
        "1 минуту назад",
        "3 минуты назад",
        "11 минут назад",
    ]
    assert said(2 * 3600) == "2 часа назад"
    assert said(2 * 86400) == "20.11.2026 14:05"


def test_a_duration_shows_hours_only_when_there_are_any() -> None:
    assert formats.duration(187) == "3:07"
    assert formats.duration(timedelta(hours=1, minutes=2, seconds=45)) == "1:02:45"


def test_a_count_says_when_it_is_an_estimate() -> None:
    assert formats.count_of(9999, 10_000) == "9\u202f999"
    assert formats.count_of(10_001, 10_000) == "больше 10\u202f000"
    assert formats.count_of(1_003_412, 10_000) == "≈\u00a01\u202f000\u202f000"


def test_a_cell_shows_any_value_in_russian_and_escapes_what_people_typed() -> None:
    assert formats.cell(True) == "Да"
    assert formats.cell(2015, "year") == "2015"
    assert formats.cell(2015, "open_n") == "2\u202f015"
    assert formats.cell(["Operator", "Ночная смена"]) == "Оператор, Ночная смена"
    assert Markup.escape(formats.cell(["<b>"])) == "&lt;b&gt;"
    assert "—" in formats.cell(None)


def test_years_and_keys_are_not_right_aligned_like_numbers() -> None:
    assert formats.is_number(120_000, "mileage")
    assert not formats.is_number(2015, "year_from")
    assert not formats.is_number(True, "is_popular")
