"""A written make and model becomes a row of the book, or waits for a person."""

import pytest

from app.domain.cars import UnknownName
from app.domain.names import AliasRow, CarName, MakeRow, ModelRow, NameBook

LADA, BMW, MERCEDES, TOYOTA, CHERY, EXEED, ROVER, TESLA = range(1, 9)
MAKES = [
    MakeRow(LADA, "LADA"), MakeRow(BMW, "BMW"), MakeRow(MERCEDES, "Mercedes-Benz"), MakeRow(TOYOTA, "Toyota"),
    MakeRow(CHERY, "Chery"), MakeRow(EXEED, "Exeed"), MakeRow(ROVER, "Land Rover"), MakeRow(TESLA, "Tesla"),
]  # fmt: skip
MODELS = {
    "Priora": (1, LADA), "2107": (2, LADA), "Granta": (3, LADA), "4x4 (Нива)": (4, LADA),
    "X5": (10, BMW), "X5 M": (11, BMW), "3 серия": (12, BMW),
    "E-Класс": (20, MERCEDES), "E-Класс AMG": (21, MERCEDES), "GLC": (22, MERCEDES), "GLC Coupe": (23, MERCEDES),
    "Land Cruiser": (30, TOYOTA), "Land Cruiser Prado": (31, TOYOTA), "Camry": (32, TOYOTA),
    "Tiggo": (40, CHERY), "Tiggo 7": (41, CHERY), "Tiggo 7 Pro": (42, CHERY), "Tiggo 8": (43, CHERY),
    "TXL": (50, EXEED), "Range Rover": (60, ROVER), "Range Rover Sport": (61, ROVER), "Model Y": (70, TESLA),
}  # fmt: skip
ALIASES = [
    AliasRow("make", None, "ВАЗ", LADA), AliasRow("make", None, "Лада", LADA), AliasRow("make", None, "VAZ", LADA),
    AliasRow("make", None, "БМВ", BMW), AliasRow("make", None, "Mercedes", MERCEDES),
    AliasRow("make", None, "Мерседес", MERCEDES), AliasRow("make", None, "Тойота", TOYOTA),
    AliasRow("model", LADA, "2121", 4), AliasRow("model", LADA, "21074", 2),
    AliasRow("model", BMW, "320", 12), AliasRow("model", BMW, "3er", 12), AliasRow("model", BMW, "3 серии", 12),
    AliasRow("model", MERCEDES, "E-klasse", 20), AliasRow("model", MERCEDES, "E", 20),
    AliasRow("model", TOYOTA, "Land Cruiser Prado 150", 31),
]  # fmt: skip


@pytest.fixture(scope="module")
def book() -> NameBook:
    return NameBook(MAKES, [ModelRow(id, make, name) for name, (id, make) in MODELS.items()], [], ALIASES)


@pytest.mark.parametrize(
    ("make", "model", "expected"),
    [
        ("LADA", "Granta", "Granta"),
        ("ВАЗ (LADA)", "Granta", "Granta"),
        ("LADA", "(ВАЗ) 2107", "2107"),
        ("VAZ", "LADA_2107", "2107"),
        ("Лада", "Приора", "Priora"),
        ("LADA", "210740", "2107"),
        ("LADA", "2121", "4x4 (Нива)"),
        ("ВМW", "Х5", "X5"),
        ("БМВ", "320i", "3 серия"),
        ("BMW", "3 серии 320d xDrive VII (G2x)", "3 серия"),
        ("BMW", "X5 30d", "X5"),
        ("BMW", "X5 M Competition", "X5 M"),
        ("BMW", "X5M", "X5 M"),
        ("MERCEDES", "E_KLASSE", "E-Класс"),
        ("Мерседес", "E 200", "E-Класс"),
        ("Mercedes-Benz", "E220d", "E-Класс"),
        ("Mercedes-Benz", "E 63 AMG", "E-Класс AMG"),
        ("Mercedes-Benz", "GLC 300 Coupe", "GLC Coupe"),
        ("Тойота", "Камри", "Camry"),
        ("Toyota", "Land Cruiser Prado", "Land Cruiser Prado"),
        ("Toyota", "Land Cruiser 200", "Land Cruiser"),
        ("Toyota", "Новая Camry", "Camry"),
        ("Chery", "Tiggo 7 Pro Max", "Tiggo 7 Pro"),
        ("land_rover", "RANGE_ROVER_SPORT", "Range Rover Sport"),
        ("Land", "Rover Range Rover Sport II", "Range Rover Sport"),
        ("Chery", "Exeed TXL", "TXL"),
        ("Tesla", "ModelY", "Model Y"),
    ],
)
def test_make_and_model_are_recognised(book: NameBook, make: str, model: str, expected: str) -> None:
    model_id, make_id = MODELS[expected]
    car = book.car(make, model)
    assert (car.make_id, car.model_id, car.unknown) == (make_id, model_id, ())


def test_what_follows_the_name_is_kept_as_written(book: NameBook) -> None:
    assert book.model(BMW, "X5 30d IV (G05)").tail == "30d IV (G05)"


def test_a_spelling_that_adds_to_the_name_leaves_the_addition_in_the_tail(book: NameBook) -> None:
    assert book.model(TOYOTA, "Land Cruiser Prado 150").tail == "150"


def test_an_unknown_model_waits_under_its_make(book: NameBook) -> None:
    assert book.car("BMW", "Q99").unknown == (UnknownName("model", "Q99", str(BMW)),)


def test_an_unknown_make_waits_alone(book: NameBook) -> None:
    assert book.car("Тарантас", "Люкс") == CarName(unknown=(UnknownName("make", "Тарантас"),))


def test_a_new_member_of_a_numbered_family_is_not_taken_for_the_plain_model(book: NameBook) -> None:
    found = book.model(CHERY, "Tiggo 12")
    assert found.id is None and found.unknown == UnknownName("model", "Tiggo 12", str(CHERY))


def test_empty_fields_are_neither_known_nor_unknown(book: NameBook) -> None:
    assert book.car("", "") == CarName() and book.car("BMW", "") == CarName(BMW)


def test_a_mapped_spelling_is_known_to_the_next_book() -> None:
    aliases = [*ALIASES, AliasRow("make", None, "Бэха", BMW), AliasRow("model", BMW, "Сапог", 10)]
    book = NameBook(MAKES, [ModelRow(id, make, name) for name, (id, make) in MODELS.items()], [], aliases)
    assert book.car("Бэха", "Сапог").model_id == 10


def test_what_a_person_mapped_overrules_what_we_shipped() -> None:
    models = [ModelRow(1, BMW, "X5"), ModelRow(2, BMW, "X6")]
    aliases = [AliasRow("model", BMW, "Икс", 1), AliasRow("model", BMW, "Икс", 2), AliasRow("model", BMW, "X5", 2)]
    book = NameBook([MakeRow(BMW, "BMW")], models, [], aliases)
    assert book.model(BMW, "Икс").id == 2 and book.model(BMW, "X5").id == 1


def test_a_well_known_model_needs_no_make(book: NameBook) -> None:
    assert book.named_alone("Priora 2010").model_id == 1
    assert book.named_alone("X5 2010").model_id is None


def test_punctuation_alone_is_no_name(book: NameBook) -> None:
    assert book.car("---", "…").model_id is None and book.make("(").id is None
