"""One advert as written becomes one advert as known."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from app.domain.ads import AdData
from app.domain.cars import Body, Drive, Fuel, Gearbox, UnknownName, Wheel
from app.domain.names import AliasRow, GenerationRow, MakeRow, ModelRow, NameBook
from app.domain.places import Atlas
from app.domain.recognition import read_plate, read_vin, recognise

NAMES = NameBook(
    [MakeRow(1, "Kia"), MakeRow(2, "LADA")],
    [ModelRow(10, 1, "Rio"), ModelRow(20, 2, "Granta")],
    [GenerationRow(100, 10, "III (QB)", 2011, 2017), GenerationRow(101, 10, "IV (FB)", 2016, 2023)],
    [AliasRow("make", None, "Лада", 2)],
)
NOWHERE = Atlas([], [])
AD = AdData(external_id="1", make="Kia", model="Rio", year=2014)


def test_fields_become_canonical() -> None:
    ad = replace(
        AD, generation="IV (FB)", year=2018, modification="1.6 AT (123 л.с.)", body="хетчбэк", wheel="левый",
        color="белый", drive="передний", mileage_km=54_000, price=990_000, owners=7,
    )  # fmt: skip
    known = recognise(ad, NAMES, NOWHERE)
    assert (known.make_id, known.model_id, known.generation_id) == (1, 10, 101)
    assert (known.engine_cc, known.power_hp, known.fuel, known.gearbox) == (1600, 123, Fuel.PETROL, Gearbox.AUTOMATIC)
    assert (known.body, known.wheel, known.color, known.drive) == (Body.HATCHBACK, Wheel.LEFT, "white", Drive.FRONT)
    assert (known.mileage_km, known.price, known.owners, known.unknown) == (54_000, 990_000, 4, ())


def test_the_title_fills_what_the_fields_leave_open() -> None:
    ad = AdData(external_id="1", title="Kia Rio 1.6 MT, 2013, 98 000 км")
    known = recognise(ad, NAMES, NOWHERE)
    assert (known.model_id, known.generation_id, known.year, known.mileage_km) == (10, 100, 2013, 98_000)
    assert (known.engine_cc, known.gearbox) == (1600, Gearbox.MANUAL)


def test_a_field_is_believed_before_the_title() -> None:
    known = recognise(replace(AD, title="Kia Rio, 2001, 5 км", mileage_km=70_000), NAMES, NOWHERE)
    assert (known.year, known.mileage_km) == (2014, 70_000)


def test_unknown_names_are_told_for_the_queue() -> None:
    known = recognise(replace(AD, model="Фантом", generation="", city="Нетакой"), NAMES, NOWHERE)
    assert known.make_id == 1 and known.model_id is None
    assert UnknownName("model", "Фантом", "1") in known.unknown
    assert UnknownName("city", "Нетакой", "") in known.unknown


@pytest.mark.parametrize(
    ("field", "value"),
    [("year", 1), ("year", 9999), ("mileage_km", -5), ("mileage_km", 999_999_999), ("price", 0), ("price", -1),
     ("price", 2_000_000_000), ("power_hp", 99_999), ("engine_cc", 7), ("owners", -1)],
)  # fmt: skip
def test_absurd_numbers_become_untold(field: str, value: int) -> None:
    assert getattr(recognise(replace(AD, **{field: value}), NAMES, NOWHERE), field) is None


def test_a_car_is_not_younger_than_its_advert() -> None:
    ad = replace(AD, year=2024, published_at=datetime(2020, 5, 1, tzinfo=UTC))
    assert recognise(ad, NAMES, NOWHERE).year is None


def test_a_drive_written_under_gearbox_is_still_a_drive() -> None:
    known = recognise(replace(AD, gearbox="передний"), NAMES, NOWHERE)
    assert (known.gearbox, known.drive) == (None, Drive.FRONT)


def test_texts_lose_what_no_database_takes() -> None:
    ad = replace(AD, title="Kia\x00 Rio\n 2014", description="a\x00b\nв\ud800", seller_name=" Имя\t Отчество ")
    known = recognise(ad, NAMES, NOWHERE)
    assert (known.title, known.description, known.seller_name) == ("Kia Rio 2014", "ab\nв", "Имя Отчество")


def test_phones_are_normalised_and_counted_once() -> None:
    known = recognise(replace(AD, phones=("8 (900) 000-00-01", "+79000000001", "7 900 000 00 02")), NAMES, NOWHERE)
    assert (known.phones, known.phone_trouble) == (("79000000001", "79000000002"), "")


def test_a_masked_phone_is_a_trouble_and_no_number() -> None:
    known = recognise(replace(AD, phones=("890000XXXXX",)), NAMES, NOWHERE)
    assert (known.phones, known.phone_trouble) == ((), "masked")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("XTA00000000123456", ("XTA00000000123456", None)),
        ("хта 00000000-123456", ("XTA00000000123456", None)),
        ("XTA*********3456*", (None, "XTA*********3456*")),
        ("XTA**************", (None, "XTA**************")),
        ("*****************", (None, None)),
        ("00000000000000000", (None, None)),
        ("XTAIOQ00000123456", (None, None)),
        ("GRX120-3000001", (None, None)),
        ("отсутствует", (None, None)),
    ],
)
def test_vins(text: str, expected: tuple[str | None, str | None]) -> None:
    assert read_vin(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("А123ВС77", "A123BC77"), ("a 123 bc 777 RUS", "A123BC777"), ("А***ВС77", None), ("", None), ("12-34 AB", None)],
)
def test_plates(text: str, expected: str | None) -> None:
    assert read_plate(text) == expected
