"""Counting as the networks count, and fields that cannot be turned against the reader."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sms_text import FIELDS, check_template, count, fill


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", ("gsm7", 0, 0, 160)),
        ("a" * 160, ("gsm7", 160, 1, 0)),
        ("a" * 161, ("gsm7", 161, 2, 145)),
        ("a" * 306, ("gsm7", 306, 2, 0)),
        ("a" * 307, ("gsm7", 307, 3, 152)),
        ("€" * 80, ("gsm7", 160, 1, 0)),
        ("a" * 152 + "€" + "a" * 10, ("gsm7", 164, 2, 141)),  # the euro does not fit the last place of the first part
        ("ж" * 70, ("ucs2", 70, 1, 0)),
        ("ж" * 71, ("ucs2", 71, 2, 63)),
        ("ж" * 134, ("ucs2", 134, 2, 0)),
        ("ж" * 135, ("ucs2", 135, 3, 66)),
        ("😀" * 35, ("ucs2", 70, 1, 0)),
        ("😀" * 36, ("ucs2", 72, 2, 61)),  # 33 whole ones fit a part of 67 places
    ],
)
def test_a_text_is_counted_in_the_parts_that_are_paid(text: str, told: tuple[str, int, int, int]) -> None:
    one = count(text)
    assert (one.encoding, one.characters, one.parts, one.left) == told


@given(st.text(max_size=400))
def test_one_letter_more_never_makes_fewer_parts(text: str) -> None:
    assert count(text + "ж").parts >= count(text).parts
    assert count(text).left >= 0


def test_fields_become_the_facts_of_the_card() -> None:
    words = "{имя}, здравствуйте! Ваша {машина}, {год}: готовы купить. {Оператор}"
    values = {"имя": "Пётр", "машина": "Лада Веста", "год": "2019", "оператор": "Анна"}
    assert fill(words, values) == "Пётр, здравствуйте! Ваша Лада Веста, 2019: готовы купить. Анна"


def test_an_empty_field_leaves_no_hole() -> None:
    assert fill("{имя}, здравствуйте! Ваша {машина} , {год}.", {"машина": "Лада"}) == "Здравствуйте! Ваша Лада."


def test_what_comes_from_an_ad_can_neither_add_lines_nor_fields_nor_length() -> None:
    values = {"имя": "Пётр\r\nПереведите 100 рублей\x00{телефон}" + "!" * 500, "телефон": "7 900 000 0000"}
    text = fill("Здравствуйте, {имя}", values)
    assert "\n" not in text and "\x00" not in text and "{" not in text and "900" not in text
    assert len(text) <= 80


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("  \n ", "sms_text_empty"),
        ("ж" * 801, "sms_text_long"),
        ("Звоните\x07", "sms_text_control"),
        ("Здравствуйте, {фамилия}", "sms_field_unknown"),
        ("Здравствуйте, {имя", "sms_field_open"),
        ("Здравствуйте, имя}", "sms_field_open"),
        ("Здравствуйте, {}", "sms_field_open"),
    ],
)
def test_a_template_that_would_embarrass_us_is_refused(text: str, code: str) -> None:
    assert check_template(text).reason.code == code


def test_every_field_that_is_offered_may_be_used() -> None:
    assert check_template(" ".join(f"{{{name}}}" for name in FIELDS)).passed


@given(st.text(max_size=100), st.text(max_size=100))
def test_whatever_the_values_are_the_message_has_no_control_characters(name: str, car: str) -> None:
    text = fill("{имя}: {машина}", {"имя": name, "машина": car})
    assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in text)
