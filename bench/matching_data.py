"""A made-up country of cars and filters for the matching bench: no real data, the same for the same seed."""

from __future__ import annotations

import random
from functools import cache
from itertools import accumulate

from app.domain.matching import CarCard, CarLine, FilterSpec

CITIES, MAKES, MODELS_OF_A_MAKE = 1100, 45, 14
SETS = {
    "gearbox": ("manual", "automatic", "robot", "variator"),
    "drive": ("front", "rear", "all"),
    "body": ("sedan", "hatchback", "wagon", "suv", "coupe", "minivan", "pickup", "van"),
    "wheel": ("left", "right"),
}
RANGES = ("year", "mileage_km", "price", "power_hp", "owners")


@cache
def _map() -> tuple[tuple[tuple[float, float], ...], tuple[float, ...]]:
    """Where the cities lie, in km, and how much of the country lives in the first n of them (Zipf)."""
    rng = random.Random("cities")
    spots = tuple((rng.uniform(0, 3000), rng.uniform(0, 1500)) for _ in range(CITIES))
    return spots, tuple(accumulate(1 / (n + 5) for n in range(CITIES)))


def _city(rng: random.Random) -> int:
    return rng.choices(range(CITIES), cum_weights=_map()[1])[0]


def _within(city: int, km: float) -> set[int]:
    spots = _map()[0]
    x, y = spots[city]
    return {n for n, (a, b) in enumerate(spots) if (a - x) ** 2 + (b - y) ** 2 <= km * km}


def _make(rng: random.Random) -> int:
    return min(int(rng.expovariate(0.12)), MAKES - 1)


def made_cards(n: int, seed: int = 1) -> list[CarCard]:
    rng = random.Random(f"cards{seed}")
    return [_card(number, rng) for number in range(n)]


def _card(number: int, rng: random.Random) -> CarCard:
    make, year = _make(rng), 2026 - min(int(rng.expovariate(0.09)), 35)
    model = None if rng.random() < 0.02 else make * MODELS_OF_A_MAKE + min(int(rng.expovariate(0.3)), 13)
    words = {name: None if rng.random() < 0.03 else rng.choice(values) for name, values in SETS.items()}
    return CarCard(
        id=number,
        city_id=_city(rng),
        make_id=make,
        model_id=model,
        year=year,
        mileage_km=None if rng.random() < 0.05 else int((2027 - year) * rng.uniform(3, 28)) * 1000,
        price=None if rng.random() < 0.01 else int(rng.lognormvariate(13.6, 0.7)),
        power_hp=rng.randrange(60, 400),
        owners=None if rng.random() < 0.2 else rng.randint(1, 4),
        **words,
    )


def made_filters(n: int, seed: int = 1) -> list[FilterSpec]:
    rng = random.Random(f"filters{seed}")
    return [_filter(number, rng) for number in range(n)]


def _filter(number: int, rng: random.Random) -> FilterSpec:
    cities: set[int] = set()
    for _ in range(rng.randint(1, 6)):
        cities |= _within(_city(rng), rng.choice((0, 25, 50, 100, 150, 200, 300)))
    year, price = rng.randint(1998, 2018), rng.randrange(100_000, 1_500_000, 10_000)
    unknown = frozenset(name for name in (*SETS, *RANGES) if rng.random() < 0.3)
    words = {
        name: frozenset(rng.sample(values, rng.randint(1, len(values) - 1))) if rng.random() < 0.35 else None
        for name, values in SETS.items()
    }
    return FilterSpec(
        id=number,
        priority=rng.randint(0, 20),
        city_ids=frozenset(cities),
        lines=_lines(rng),
        unknown_ok=unknown | {"damage"},
        year=(year, rng.choice((None, year + rng.randint(3, 20)))),
        mileage_km=(None, rng.randrange(60_000, 300_000, 10_000)),
        price=(price, price + rng.randrange(200_000, 3_000_000, 50_000)),
        power_hp=(None, rng.randrange(90, 400, 10)) if rng.random() < 0.4 else (None, None),
        owners=(None, rng.randint(1, 3)) if rng.random() < 0.5 else (None, None),
        **words,
    )


def _lines(rng: random.Random) -> tuple[CarLine, ...]:
    """One filter in twenty takes every make; the others one to four, half of the lines a whole make."""
    if rng.random() < 0.05:
        return ()
    makes = {_make(rng) for _ in range(rng.randint(1, 4))}
    models = {make: make * MODELS_OF_A_MAKE + min(int(rng.expovariate(0.3)), 13) for make in makes}
    return tuple(CarLine(make, models[make] if rng.random() < 0.5 else None) for make in sorted(makes))
