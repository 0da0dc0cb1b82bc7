"""The engine line, word by word."""

import pytest

from app.domain.cars import Drive, Fuel, Gearbox
from app.domain.modifications import Modification, read_modification

AT, MT, AMT, CVT = Gearbox.AUTOMATIC, Gearbox.MANUAL, Gearbox.ROBOT, Gearbox.VARIATOR


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2.0d AT (190 л.с.) 4WD", Modification(2000, Fuel.DIESEL, AT, Drive.ALL, 190)),
        ("1.5T CVT 2WD", Modification(1500, Fuel.PETROL, CVT)),
        ("1.5 i CVT (147 л.с.)", Modification(1500, Fuel.PETROL, CVT, None, 147)),
        ("Electro AT (430 кВт) 4WD", Modification(None, Fuel.ELECTRIC, AT, Drive.ALL, 585)),
        ("3.5 л / 360 л.с. / Бензин", Modification(3500, Fuel.PETROL, None, None, 360)),
        ("40 TFSI 2.0 AMT (190 л.с.)", Modification(2000, Fuel.PETROL, AMT, None, 190, "40 TFSI")),
        ("35 TFSI 1.4 S tronic (150 л.с.)", Modification(1400, Fuel.PETROL, AMT, None, 150, "35 TFSI")),
        ("3.0 TDI quattro Tiptronic (249 л.с.)", Modification(3000, Fuel.DIESEL, AT, Drive.ALL, 249)),
        ("2.5hyb CVT (211 л.с.) 4WD", Modification(2500, Fuel.HYBRID, CVT, Drive.ALL, 211)),
        ("320d xDrive 2.0d AT (190 л.с.) 4WD", Modification(2000, Fuel.DIESEL, AT, Drive.ALL, 190, "320d")),
        ("1.6 MT (106 л.с.)", Modification(1600, Fuel.PETROL, MT, None, 106)),
        ("1.6MT", Modification(1600, Fuel.PETROL, MT)),
        ("бензин, 4.4 л", Modification(4400, Fuel.PETROL)),
        ("1998 см3", Modification(1998)),
        ("2.0 л (220 л.с.)", Modification(2000, None, None, None, 220)),
        ("2 л / 150 л.с. / Дизель", Modification(2000, Fuel.DIESEL, None, None, 150)),
        ("", Modification()),
        ("в хорошие руки", Modification()),
    ],
)
def test_an_engine_line_is_read(text: str, expected: Modification) -> None:
    assert read_modification(text) == expected


def test_two_wheels_driven_do_not_tell_which() -> None:
    assert read_modification("1.5T CVT 2WD").drive is None


def test_absurd_power_and_volume_are_left_out() -> None:
    found = read_modification("0.1 AT (9999 л.с.)")
    assert found.engine_cc is None and found.power_hp is None
