"""A title stands in for the fields that a source leaves empty."""

import pytest

from app.domain.cars import Gearbox
from app.domain.names import AliasRow, MakeRow, ModelRow, NameBook
from app.domain.titles import read_title

BOOK = NameBook(
    [
        MakeRow(1, "Kia"), MakeRow(2, "Peugeot"), MakeRow(3, "LADA"), MakeRow(4, "BMW"), MakeRow(5, "ГАЗ"),
        MakeRow(6, "Volga"),
    ],
    [
        ModelRow(1, 1, "Rio"), ModelRow(2, 2, "2008"), ModelRow(3, 3, "Priora"), ModelRow(4, 4, "X7"),
        ModelRow(5, 5, "3110 Волга"), ModelRow(6, 6, "K40"),
    ],
    [],
    [AliasRow("make", None, "Лада", 3), AliasRow("make", None, "Волга", 6), AliasRow("model", 5, "Волга 3110", 5)],
)  # fmt: skip


def test_a_full_title_tells_everything() -> None:
    title = read_title("Kia Rio 1.6 AT, 2019, 54\u00a0000 км", BOOK)
    assert (title.car.make_id, title.car.model_id, title.year, title.mileage_km) == (1, 1, 2019, 54_000)
    assert (title.engine.engine_cc, title.engine.gearbox) == (1600, Gearbox.AUTOMATIC)


@pytest.mark.parametrize(
    ("text", "model_id", "year", "mileage"),
    [
        ("Продажа BMW X7, 2022 год в Туле", 4, 2022, None),
        ("Peugeot 2008 1.2 AT, 2015, 60 000 км", 2, 2015, 60_000),
        ("Продам Ладу Приору 2010", 3, 2010, None),
        ("Приора 2010", 3, 2010, None),
        ("Срочно! Kia Rio 2014", 1, 2014, None),
        ("Волга 3110, 2001, 180 тыс. км", 5, 2001, 180_000),
        ("Volga K40, 2025", 6, 2025, None),
    ],
)
def test_titles_of_people_and_sites(text: str, model_id: int, year: int, mileage: int | None) -> None:
    title = read_title(text, BOOK)
    assert (title.car.model_id, title.year, title.mileage_km) == (model_id, year, mileage)


def test_an_unknown_title_leaves_one_short_name() -> None:
    title = read_title("Тарантас люкс 1.6 MT, 2012, в хорошие руки", BOOK)
    assert title.car.model_id is None and [name.text for name in title.car.unknown] == ["Тарантас"]


def test_an_unknown_model_in_a_title_comes_without_its_engine() -> None:
    (unknown,) = read_title("Kia Фантазия 1.6 AT, 2012", BOOK).car.unknown
    assert (unknown.kind, unknown.text, unknown.context) == ("model", "Фантазия", "1")


def test_an_empty_title_tells_nothing() -> None:
    assert read_title(" ", BOOK).car.make_id is None
