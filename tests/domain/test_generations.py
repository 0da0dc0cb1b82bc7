"""A generation is told by its code, its ordinal, its years, in this order; by the year only where one fits."""

import pytest

from app.domain.generations import GenerationBook, GenerationRow

A4, X5, OPEL, GRANTA = 1, 2, 3, 4
BOOK = GenerationBook(
    [
        GenerationRow(10, A4, "IV (B8)", 2007, 2015),
        GenerationRow(11, A4, "V (B9)", 2015, 2024),
        GenerationRow(20, X5, "III (F15)", 2013, 2018),
        GenerationRow(21, X5, "IV (G05/G06)", 2018, None),
        GenerationRow(30, OPEL, "H", 2004, 2014),
        GenerationRow(31, OPEL, "J", 2009, 2018),
        GenerationRow(40, GRANTA, "I", 2011, 2018),
        GenerationRow(41, GRANTA, "I Рестайлинг", 2018, None),
    ]
)


@pytest.mark.parametrize(
    ("model", "text", "year", "expected"),
    [
        (A4, "B9 (2015—н. в.)", 2017, 11),
        (A4, "IV (B8) Рестайлинг", 2013, 10),
        (A4, "В8", 2013, 10),  # a Cyrillic letter
        (A4, "Mk5", 2018, 11),
        (X5, "IV (G0x)", 2019, 21),
        (X5, "IV", None, 21),
        (X5, "VI (2018—н. в.)", 2019, 21),  # counted otherwise, but the first year tells
        (OPEL, "H рестайлинг (2006—2014)", 2010, 30),
        (OPEL, "J", 2010, 31),
        (GRANTA, "I", 2014, 40),
        (GRANTA, "I Рестайлинг", 2019, 41),
    ],
)
def test_a_written_generation_is_found(model: int, text: str, year: int | None, expected: int) -> None:
    assert BOOK.find(model, text, year) == (expected, False)


def test_a_generation_that_the_book_lacks_is_unknown() -> None:
    assert BOOK.find(A4, "VII (B12)", 2030) == (None, True)


def test_a_model_without_generations_makes_no_unknown() -> None:
    assert BOOK.find(99, "II", 2010) == (None, False)


def test_the_year_alone_tells_where_one_generation_fits() -> None:
    assert BOOK.find(A4, "", 2012) == (10, False)


def test_the_year_alone_is_silent_where_two_fit() -> None:
    assert BOOK.find(OPEL, "", 2011) == (None, False) and BOOK.find(A4, "", 2015) == (None, False)


@pytest.mark.parametrize(
    ("model", "tail", "year", "expected"),
    [
        (A4, "2.0 TFSI V (B9)", 2018, 11),
        (A4, "1.8 i MT", 2015, None),  # an engine is no ordinal
        (X5, "30d", 2016, 20),
        (OPEL, "J 1.6", 2011, 31),
        (A4, "5", 2015, 11),
    ],
)
def test_a_tail_tells_the_generation_or_nothing(model: int, tail: str, year: int, expected: int | None) -> None:
    assert BOOK.find_in_tail(model, tail, year) == expected


def test_a_mapped_spelling_wins() -> None:
    book = GenerationBook([GenerationRow(10, A4, "IV (B8)", 2007, 2015)])
    book.learn(A4, "восьмая", 10)
    assert book.find(A4, "Восьмая", None) == (10, False)
