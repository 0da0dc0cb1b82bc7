"""Invented cars: everything that stays true of one physical car, however many adverts show it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from app.demo.car_table import BODIES, COLORS, DRIVES, FUELS, GEARBOXES, MODELS, WMI

_VIN_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
_VIN_VALUES = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True))
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_LOST_A_YEAR = 0.925  # what a year leaves of a car's price


@dataclass(frozen=True, slots=True)
class CarModel:
    make: str
    name: str
    bodies: str
    first: int
    last: int
    price: int
    weight: int
    engines: tuple[tuple[str, int, str, str], ...]  # litres, horsepower, fuel, gearboxes
    drives: str


@dataclass(frozen=True, slots=True)
class Car:
    """A physical car in the words that Russian classifieds use."""

    number: int
    make: str
    model: str
    year: int
    mileage: int
    price: int  # what it is worth, whole roubles
    body: str
    fuel: str
    gearbox: str
    gearbox_short: str
    drive: str
    litres: str
    power: int
    color: str
    owners: int
    doors: int
    wheel: str
    damaged: bool
    vin: str


@cache
def car_models() -> tuple[CarModel, ...]:
    return tuple(_car_model(line) for line in MODELS.strip().splitlines())


def _car_model(line: str) -> CarModel:
    make, name, bodies, years, price, weight, engines, drives = line.split("|")
    first, last = (int(year) for year in years.split("-"))
    found = tuple(
        (litres, int(power), fuel, gearboxes)
        for litres, power, fuel, gearboxes in (engine.split() for engine in engines.split(";"))
    )
    return CarModel(make, name, bodies, first, last, int(price), int(weight), found, drives)


@cache
def _model_weights() -> tuple[int, ...]:
    return tuple(model.weight for model in car_models())


def make_car(rng: Random, number: int, this_year: int) -> Car:
    model = rng.choices(car_models(), _model_weights())[0]
    last = max(model.first, min(model.last, this_year))
    year = round(rng.triangular(model.first, last, model.first + (last - model.first) * 0.6))
    litres, power, fuel, gearboxes = rng.choice(model.engines)
    gearbox, short = GEARBOXES[rng.choice(gearboxes)]
    body = BODIES[rng.choice(model.bodies)]
    mileage = _mileage(rng, this_year - year)
    damaged = rng.random() < 0.05
    right_wheel = model.make in ("Toyota", "Honda", "Nissan", "Mitsubishi", "Subaru") and rng.random() < 0.12
    return Car(
        number=number,
        make=model.make,
        model=model.name,
        year=year,
        mileage=mileage,
        price=_worth(rng, model, year, mileage, this_year, damaged),
        body=body,
        fuel=FUELS[fuel],
        gearbox=gearbox,
        gearbox_short=short,
        drive=DRIVES[rng.choice(model.drives)],
        litres=litres,
        power=power,
        color=rng.choices(list(COLORS), list(COLORS.values()))[0],
        owners=min(4, 1 + int(rng.triangular(0, 1 + (this_year - year) / 4, 0.5))),
        doors=4 if body in ("Седан", "Фургон") else 5,
        wheel="Правый" if right_wheel else "Левый",
        damaged=damaged,
        vin=invented_vin(rng, model.make),
    )


def _mileage(rng: Random, age: int) -> int:
    driven = max(1_500, age * rng.gauss(14_500, 4_200) + rng.randint(2_000, 14_000))
    driven = min(driven, rng.randint(330_000, 440_000))
    # Most people round; one in three copies the odometer.
    return int(driven) if rng.random() < 0.34 else max(1_000, round(driven, -3).__trunc__())


def _worth(rng: Random, model: CarModel, year: int, mileage: int, this_year: int, damaged: bool) -> int:
    worth = model.price * 1000 * _LOST_A_YEAR ** (max(0, model.last - year))
    usual = max(1, this_year - year) * 14_500
    worth *= 1 - max(-0.12, min(0.18, (mileage - usual) / 900_000))
    worth *= rng.gauss(1.0, 0.09) * (0.62 if damaged else 1.0)
    return rounded(max(45_000, worth))


def rounded(price: float) -> int:
    """As people write prices: to a thousand, dear ones to five."""
    step = 1_000 if price < 700_000 else 5_000
    return int(price // step * step)


def invented_vin(rng: Random, make: str) -> str:
    """A VIN that cannot belong to a car: its ninth place is wrong on purpose."""
    start = WMI.get(make, "XZZ")
    middle = "".join(rng.choice(_VIN_LETTERS) for _ in range(8))
    tail = "".join(rng.choice("0123456789") for _ in range(6))
    vin = f"{start}{middle}{tail}"
    right = check_digit(vin)
    wrong = rng.choice([sign for sign in "0123456789X" if sign != right])
    return f"{vin[:8]}{wrong}{vin[9:]}"


def check_digit(vin: str) -> str:
    """The ninth place that the North American rule asks for; it does not look at the ninth place itself."""
    total = sum(
        (int(sign) if sign.isdigit() else _VIN_VALUES[sign]) * weight
        for sign, weight in zip(vin, _VIN_WEIGHTS, strict=True)
    )
    return "X" if total % 11 == 10 else str(total % 11)
