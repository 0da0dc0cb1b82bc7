"""Every site's word for body, fuel, gearbox, drive, wheel and colour becomes ours."""

import pytest

from app.domain import vocabulary
from app.domain.cars import Body, Drive, Fuel, Gearbox, Wheel


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("внедорожник 5 дв.", Body.SUV), ("Внедорожник 5-дверный", Body.SUV), ("ALLROAD_5_DOORS", Body.SUV),
        ("SUV", Body.SUV), ("хетчбэк", Body.HATCHBACK), ("Хэтчбек 3 дв.", Body.HATCHBACK), ("sedan", Body.SEDAN),
        ("универсал", Body.WAGON), ("лифтбек", Body.LIFTBACK), ("купе-хардтоп", Body.COUPE), ("родстер", Body.CABRIO),
        ("компактвэн", Body.MINIVAN), ("Пикап двойная кабина", Body.PICKUP), ("микроавтобус", Body.BUS),
        ("фургон", Body.VAN), ("лимузин", Body.LIMOUSINE), ("Неизвестно", None), ("", None),
    ],
)  # fmt: skip
def test_bodies(text: str, expected: Body | None) -> None:
    assert vocabulary.body(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Бензин", Fuel.PETROL), ("GASOLINE", Fuel.PETROL), (" Дизель", Fuel.DIESEL), ("Гибрид", Fuel.HYBRID),
        ("бензиновый гибрид", Fuel.HYBRID), ("ELECTRO", Fuel.ELECTRIC), ("LPG", Fuel.GAS), ("газ", Fuel.GAS),
        ("бензин, газобаллонное оборудование", Fuel.PETROL), ("Смотреть в другом месте", None),
    ],
)  # fmt: skip
def test_fuels(text: str, expected: Fuel | None) -> None:
    assert vocabulary.fuel(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("АКПП", Gearbox.AUTOMATIC), ("автоматическая", Gearbox.AUTOMATIC), ("AT", Gearbox.AUTOMATIC),
        ("MECHANICAL", Gearbox.MANUAL), ("механика", Gearbox.MANUAL), ("МКПП", Gearbox.MANUAL),
        ("робот", Gearbox.ROBOT), ("автоматическая роботизированная", Gearbox.ROBOT), ("AMT", Gearbox.ROBOT),
        ("вариатор", Gearbox.VARIATOR), ("CVT", Gearbox.VARIATOR), ("передний", None),
    ],
)  # fmt: skip
def test_gearboxes(text: str, expected: Gearbox | None) -> None:
    assert vocabulary.gearbox(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FORWARD_CONTROL", Drive.FRONT), ("Передний", Drive.FRONT), ("front", Drive.FRONT), ("задний", Drive.REAR),
        ("REAR_DRIVE", Drive.REAR), ("полный", Drive.ALL), ("full_4wd", Drive.ALL), ("ALL_WHEEL_DRIVE", Drive.ALL),
        ("4WD", Drive.ALL), ("2WD", None),
    ],
)  # fmt: skip
def test_drives(text: str, expected: Drive | None) -> None:
    assert vocabulary.drive(text) == expected


def test_wheels() -> None:
    assert [vocabulary.wheel(text) for text in ("Левый", "LEFT", "правый", "right", "")] == [
        Wheel.LEFT, Wheel.LEFT, Wheel.RIGHT, Wheel.RIGHT, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("чёрный", "black"), ("Черный", "black"), ("БЕЛЫЙ", "white"), ("серебристый", "silver"), ("серый", "grey"),
        ("GRAY", "grey"), ("FAFBFB", "white"), ("#040001", "black"), ("22A0F8", "light_blue"),
        ("голубой", "light_blue"), ("MEDIUMBLUE", "blue"), ("LIGHTGRAY", "silver"),
        ("тёмно-синий", "blue"), ("light-blue", "light_blue"), ("бордовый", "burgundy"), ("золотистый", "gold"),
        ("пурпурный", "violet"), ("белый перламутр", "white"), ("058/11", None),
    ],
)  # fmt: skip
def test_colours(text: str, expected: str | None) -> None:
    assert vocabulary.color(text) == expected
    assert expected is None or expected in vocabulary.COLORS
