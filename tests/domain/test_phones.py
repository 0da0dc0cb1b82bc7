"""Phones: any spelling of a Russian number is one number; what is none says why."""

from __future__ import annotations

import time
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import phones
from app.domain.phones import PhoneKind, find_in_text, mask_phone, read_phone, read_phones, show_phone


@pytest.mark.parametrize(
    "written",
    [
        "79010001234",
        "89010001234",
        "9010001234",
        "+79010001234",
        "+7 (901) 000-12-34",
        "8 (901) 000 12 34",
        "8-901-000-12-34",
        "8.901.000.12.34",
        "+7 901 000‑12‑34",
        "+7 901 000 12 34",
        "+7 8 901 000 12 34",
        "+8 901 000 12 34",
        "8 10 7 901 000 12 34",
        "007 901 000 12 34",
        "тел.: 8 901 000 12 34",
        "Иван 89010001234",
        "89010001234 (WhatsApp)",
        "8 901 000-12-34 доб. 12",
        "8 901 000-12-34 доб.123",
        "8 901 000-12-34 x5",
        "8 9O1 OOO 12 34",
        "79010001234.0",
        "٨٩٠١٠٠٠١٢٣٤",
        "７９０１０００１２３４",
        "89010001234, 89020001234",
    ],
)
def test_every_spelling_of_a_mobile_number_is_that_number(written: str) -> None:
    assert read_phone(written) == ("79010001234", "", PhoneKind.MOBILE)


def test_the_kind_tells_where_an_sms_can_go() -> None:
    assert read_phone("8 (495) 000-12-34").kind in (PhoneKind.FIXED, PhoneKind.OTHER)
    assert read_phone("8 (495) 223-12-34") == ("74952231234", "", PhoneKind.FIXED)
    assert read_phone("8-800-200-12-34").kind is PhoneKind.TOLL_FREE
    assert read_phone("8 (901) 000-12-34").kind is PhoneKind.MOBILE


@pytest.mark.parametrize(
    "written", ["890100XXXXX", "8 901 *** ** 34", "+7 901 000-••-••", "8901000хххх", "8 901 000 12 3X"]
)
def test_a_hidden_number_is_masked_and_no_contact(written: str) -> None:
    assert read_phone(written)[:2] == (None, "masked")


@pytest.mark.parametrize(
    "written",
    [
        "+77010001234",
        "87010001234",
        "7 701 000 12 34",
        "+375 29 123-45-67",
        "375291234567",
        "+998 90 123 45 67",
        "+7 940 000-12-34",
    ],
)
def test_a_number_of_another_country_is_foreign(written: str) -> None:
    assert read_phone(written)[:2] == (None, "foreign")


@pytest.mark.parametrize(
    "written",
    ["", "нет", "8901000123", "0000000000", "77777777777", "8-800-FLOWERS", "12345", "8 901 000 12 34 56", "1" * 500],
)
def test_what_is_no_number_is_invalid(written: str) -> None:
    assert read_phone(written)[:2] == (None, "invalid")


def test_several_fields_give_every_number_once_and_in_order() -> None:
    read = read_phones(["8 902 000-11-22, 8 901 000-12-34", "+7 901 000 12 34", "8901XXXXXXX", "", "8903XXXXXXX"])
    assert [phone.number for phone in read] == ["79020001122", "79010001234", None, None]
    assert [phone.trouble for phone in read if not phone.number] == ["masked", "invalid"]
    assert read_phones([]) == ()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Звоните 8 901 000-12-34 или 8(902)0001122!", ("79010001234", "79020001122")),
        ("89010001234 89020001122", ("79010001234", "79020001122")),
        ("т.89010001234.", ("79010001234",)),
        ("Пишите в вотсап: 9010001234", ("79010001234",)),
        ("восемь девять ноль один 0001234", ("79010001234",)),
        ("8️⃣9️⃣0️⃣1️⃣0️⃣0️⃣0️⃣1️⃣2️⃣3️⃣4️⃣", ("79010001234",)),
        ("8-9О1-ООО-12-34", ("79010001234",)),
        ("+7 901 000-12-34, он же 8 901 000 12 34", ("79010001234",)),
        ("VIN XTA21099012345678, пробег 89 000 км, 2015 г.", ()),
        ("Цена 1 895 000, была 1 995 000", ()),
        ("XW8ZZZ00ZZG0890100012", ()),
        ("Номер объявления 4951234567", ()),
        ("8 901 000 XX XX", ()),
        ("", ()),
    ],
)
def test_numbers_in_a_description_are_found_and_other_figures_are_not(text: str, numbers: tuple[str, ...]) -> None:
    assert find_in_text(text) == numbers


def test_a_number_is_shown_whole_or_masked() -> None:
    assert show_phone("79010001234") == "+7 901 000-12-34"
    assert mask_phone("79010001234") == "+7 901 ***-**-34"


def test_what_is_not_our_form_is_shown_as_it_came_and_never_revealed_masked() -> None:
    assert show_phone("112") == "112"
    assert show_phone(None) == mask_phone(None) == ""
    assert mask_phone("8 901 000 12 34") == "***"


@given(st.text(max_size=200))
def test_no_text_breaks_the_reading_and_what_is_read_is_always_our_form(text: str) -> None:
    for number in (read_phone(text).number, *find_in_text(text), *(phone.number for phone in read_phones([text]))):
        assert number is None or (len(number) == 11 and number.isascii() and number.isdigit() and number[0] == "7")


@given(st.integers(min_value=0, max_value=9_999_999), st.sampled_from(["+7{}", "8{}", "{}", "+7-{}"]))
def test_every_mobile_number_survives_its_own_display(tail: int, shape: str) -> None:
    number = f"7901{tail:07d}"
    read = read_phone(shape.format(number[1:]))
    assert read.number == number
    assert read_phone(show_phone(number)).number == number


def test_hostile_texts_are_read_quickly() -> None:
    started = time.perf_counter()
    for text in (
        "8 9" * 7_000,
        "(" * 100_000,
        "8" + " " * 50_000,
        "8 (  9 - " * 5_000,
        "89010001234 " * 5_000,
        "х" * 80,
    ):
        find_in_text(text)
        read_phone(text)
        read_phone(text[:80])
        read_phones([text])
    assert time.perf_counter() - started < 1


def test_the_short_way_for_plain_mobile_numbers_agrees_with_the_numbering_plan() -> None:
    for prefix, part in product(range(900, 1000), range(0, 1000, 37)):
        for text in (f"7{prefix}{part:03d}0001", f"8 ({prefix}) {part:03d}-00-01", f"{prefix}{part:03d}0001"):
            assert phones.read_phone(text) == phones._read(text), text
