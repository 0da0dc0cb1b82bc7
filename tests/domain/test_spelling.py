"""Spellings of one name meet under one key."""

import pytest

from app.domain.spelling import fold, plain, sound, split_runs, words


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("BMW", "ВМW"),  # the second begins with Cyrillic letters
        ("Audi", "Аudi"),
        ("X5", "Х5"),
        ("E-Класс", "e класс"),
        ("E_KLASSE", "E-Klasse"),
        ("CX-5", "CX 5"),
        ("cee'd", "Ceed"),
        ("Citroën", "Citroen"),
        ("4x4", "4×4"),
        ("Тревёл", "тревел"),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_different_names_stay_apart() -> None:
    assert len({fold(name) for name in ("A4", "A5", "S4", "RS4", "Q5", "2107", "2109", "21099", "1.6")}) == 9


def test_litres_are_one_word_and_a_dotted_name_is_two() -> None:
    assert [word.text for word in words("ID.4 1.6 MT")] == ["id", "4", "1.6", "mt"]


def test_numbers_parted_by_a_comma_are_no_litres() -> None:
    assert [word.text for word in words("2114,2010")] == ["2114", "2010"]


def test_a_word_keeps_its_place_in_the_text() -> None:
    text = plain("pro cee'd GT")
    assert [text[word.start : word.end] for word in words(text)] == ["pro", "ceed", "GT"]


def test_letters_and_digits_part() -> None:
    assert [word.text for word in split_runs(words("320i E200d 2.0"))] == ["320", "i", "e", "200", "d", "2.0"]


@pytest.mark.parametrize(
    ("russian", "latin"),
    [("Октавия", "Octavia"), ("Камри", "Camry"), ("Туарег", "Touareg"), ("Кашкай", "Qashqai"), ("Церато", "Cerato")],
)
def test_a_russian_name_sounds_like_the_latin_one(russian: str, latin: str) -> None:
    assert sound(russian) == sound(latin)
