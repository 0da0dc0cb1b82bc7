from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sources import _text as text
from app.sources._text import Absurd


@pytest.mark.parametrize(
    ("written", "roubles"),
    [
        ("17 490 000 ₽", 17_490_000),
        ("1\u00a0149\u2009000 ₽", 1_149_000),
        ("865000.0", 865_000),
        ("1,050,000", 1_050_000),
        ("1.050.000", 1_050_000),
        ("1 799 900,50", 1_799_900),
        ("1799900.50", 1_799_900),
        ("1,2 млн ₽", 1_200_000),
        ("850 тыс. руб.", 850_000),
        ("от 500 000 до 700 000", 500_000),
        (950000, 950_000),
        ("RUB", None),
        ("", None),
        ("0", None),
        ("12 000 $", None),
        ("=1+1", None),
        (None, None),
        (float("nan"), None),
        ("1.050", 1_050),
        ("865000.000", 865_000),
        ("٣٠٠٠", None),
        ("1e309", None),
    ],
)
def test_price_is_whole_roubles(written: Any, roubles: int | None) -> None:
    assert text.price(written) == roubles


@pytest.mark.parametrize("written", ["-5", "−300 000", "-1 ₽", "9999999999", "10" * 10, -1, 10**12])
def test_impossible_price_is_absurd(written: Any) -> None:
    with pytest.raises(Absurd) as caught:
        text.price(written)
    assert caught.value.reason == "bad_price"


@pytest.mark.parametrize(
    ("written", "year"), [("2008.0", 2008), ("2010 г.", 2010), ("", None), ("0", None), ("н/д", None), (2019, 2019)]
)
def test_year(written: Any, year: int | None) -> None:
    assert text.year(written) == year


@pytest.mark.parametrize("written", ["1200", "20188", "2019.5", "-2019", "3000"])
def test_impossible_year_is_absurd(written: str) -> None:
    with pytest.raises(Absurd):
        text.year(written)


@pytest.mark.parametrize(
    ("written", "km"),
    [
        ("89000 км", 89_000),
        ("83000\u00a0км", 83_000),
        ("280 000", 280_000),
        ("226414.0", 226_414),
        ("100 тыс. км", 100_000),
        ("новый автомобиль", 0),
        ("-5", None),
        ("99999999", None),
        ("", None),
        ("0", 0),
        ("Неизвестно", None),
    ],
)
def test_mileage(written: str, km: int | None) -> None:
    assert text.mileage(written) == km


@pytest.mark.parametrize(
    ("written", "cc"),
    [
        ("1.6 л", 1600),
        ("2.967", 2967),
        ("1600.0", 1600),
        ("1498", 1498),
        ("1.5T", 1500),
        ("5.5\u00a0л", 5500),
        ("0", None),
        ("-2", None),
        ("99999", None),
        (2, 2000),
    ],
)
def test_engine_capacity_in_litres_or_cubic_centimetres(written: Any, cc: int | None) -> None:
    assert text.engine_cc(written) == cc


def test_one_line_loses_control_characters_and_keeps_emoji() -> None:
    assert text.line(" Kia\0 \u202eRio\n\tX-Line 🚗\ufeff ") == "Kia Rio X-Line 🚗"
    assert text.line("a\ud800b") == "ab"
    assert text.line(12.5) == "12.5"
    assert text.line(True) == text.line(None) == ""


def test_prose_keeps_lines_and_loses_markup() -> None:
    assert text.prose("Раз\r\nдва\0<br>три &lt;3") == "Раз\nдва\nтри <3"
    assert text.prose("цена < 5 и > 3") == "цена < 5 и > 3"
    assert text.prose("👨‍👩‍👧 семья") == "👨‍👩‍👧 семья"


def test_a_moment_is_aware_and_moscow_time_unless_told() -> None:
    assert text.moment("2026-03-28 21:33:13") == datetime(2026, 3, 28, 18, 33, 13, tzinfo=UTC)
    assert text.moment("1605713890091") == datetime(2020, 11, 18, 15, 38, 10, 91000, tzinfo=UTC)
    assert text.moment("28.03.2026 10:00") == datetime(2026, 3, 28, 7, tzinfo=UTC)
    assert text.moment("2021-06-09T10:27:00.000Z") == datetime(2021, 6, 9, 10, 27, tzinfo=UTC)
    for nothing in ("8 часов назад", "", None, "99.99.2020", "1e400", "12", True):
        assert text.moment(nothing) is None


def test_photos_are_links_once_each() -> None:
    assert text.photos("https://a.example/1.jpg,https://a.example/2.jpg https://a.example/1.jpg") == (
        "https://a.example/1.jpg",
        "https://a.example/2.jpg",
    )
    assert text.photos(["//a.example/1.jpg", "javascript:alert(1)", None, 5]) == ("https://a.example/1.jpg",)
    assert text.photos(None) == ()


def test_a_spreadsheets_float_id_is_the_id() -> None:
    assert text.external_key("1114739656.0") == text.external_key(1114739656) == "1114739656"
    assert text.external_key("v1.0") == "v1.0"


@given(st.text(max_size=60))
def test_no_text_breaks_the_readers(written: str) -> None:
    for reader in (text.mileage, text.engine_cc, text.power, text.moment, text.line, text.prose, text.photos):
        reader(written)
    for strict in (text.price, text.year):
        try:
            strict(written)
        except Absurd as absurd:
            assert absurd.reason in ("bad_price", "bad_year")
    assert "\0" not in text.line(written) and "\0" not in text.prose(written)
