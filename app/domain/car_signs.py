"""What each fact of two adverts tells about «the same car», in bits, and which facts rule it out.

A bit count is log2 of how much likelier the two facts look so when both adverts show one car than when they show two
cars of one make, model and year. Measured on real adverts and rounded hard on purpose: markets differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import log2
from statistics import median

from app.domain.ad_text import numbers_of, shared_runs
from app.domain.ads import SellerKind
from app.domain.car_facts import CarFacts
from app.domain.cars import Body, Fuel, Gearbox


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What only the crowd around two adverts can tell."""

    rivals: int | None = None
    boilerplate: Mapping[int, int] = field(default_factory=dict)  # run of words -> how many cars are praised with it
    ads: int = 0  # among how many adverts that was counted
    trade_phones: frozenset[str] = frozenset()


CERTAIN = 40.0  # bits of what settles the question alone

# (bits, code, what the one says, what the other says)
Sign = tuple[float, str, object, object]

# How common a colour is decides what sharing it tells; measured on the Russian market, rounded hard on purpose.
_COLOR_BITS = {"black": 1.8, "white": 1.8, "grey": 2.2, "silver": 2.5, "blue": 2.8, "red": 3.2}
_RARE_COLOR_BITS = 3.6
_NEAR_COLORS = frozenset(
    frozenset(pair)
    for pair in (
        ("grey", "silver"), ("grey", "black"), ("grey", "blue"), ("blue", "light_blue"), ("blue", "violet"),
        ("blue", "black"), ("beige", "gold"), ("beige", "silver"), ("beige", "white"), ("brown", "beige"),
        ("red", "burgundy"), ("red", "orange"), ("orange", "yellow"), ("gold", "yellow"), ("gold", "silver"),
        ("burgundy", "brown"), ("burgundy", "violet"), ("light_blue", "silver"), ("green", "grey"),
    )
)  # fmt: skip
# Sites and sellers name these bodies at will for one car.
_BODY_KINDS = (
    frozenset({Body.SEDAN, Body.LIFTBACK, Body.HATCHBACK}),
    frozenset({Body.SUV, Body.HATCHBACK, Body.WAGON}),
    frozenset({Body.VAN, Body.MINIVAN, Body.BUS}),
    frozenset({Body.COUPE, Body.CABRIO}),
    frozenset({Body.SEDAN, Body.LIMOUSINE}),
)
_FUEL_MIXES = (
    frozenset({Fuel.PETROL, Fuel.GAS}),
    frozenset({Fuel.PETROL, Fuel.HYBRID}),
    frozenset({Fuel.DIESEL, Fuel.HYBRID}),
    frozenset({Fuel.ELECTRIC, Fuel.HYBRID}),
)


def contradicts(a: CarFacts, b: CarFacts) -> Sign | None:
    """The first fact that one car cannot show in two ways. Cheap: most candidates end here."""
    if a.vin and b.vin and a.vin != b.vin:
        return -CERTAIN, "vin_differs", a.vin, b.vin
    if a.model_id != b.model_id and a.model_id is not None and b.model_id is not None:
        return -CERTAIN, "model_differs", a.model_id, b.model_id
    if a.engine_cc and b.engine_cc and abs(a.engine_cc - b.engine_cc) >= 100:
        return -CERTAIN, "engine_differs", a.engine_cc, b.engine_cc
    if a.power_hp and b.power_hp and abs(a.power_hp - b.power_hp) > 0.12 * max(a.power_hp, b.power_hp):
        return -CERTAIN, "power_differs", a.power_hp, b.power_hp
    if a.gearbox != b.gearbox and a.gearbox and b.gearbox and Gearbox.MANUAL in (a.gearbox, b.gearbox):
        return -CERTAIN, "gearbox_differs", a.gearbox, b.gearbox
    if a.make_id != b.make_id and a.make_id is not None and b.make_id is not None:
        return -CERTAIN, "make_differs", a.make_id, b.make_id
    if a.year and b.year and abs(a.year - b.year) > 1:
        return -CERTAIN, "year_differs", a.year, b.year
    if a.fuel != b.fuel and a.fuel and b.fuel and {a.fuel, b.fuel} not in _FUEL_MIXES:
        return -CERTAIN, "fuel_differs", a.fuel, b.fuel
    if a.wheel != b.wheel and a.wheel and b.wheel:
        return -CERTAIN, "wheel_differs", a.wheel, b.wheel
    return _vin_clash(a, b)


def _vin_clash(a: CarFacts, b: CarFacts) -> Sign | None:
    left, right = a.vin or a.vin_hint, b.vin or b.vin_hint
    if not left or not right:
        return None
    clash = any(x != y and x != "*" and y != "*" for x, y in zip(left, right, strict=True))
    return (-CERTAIN, "vin_hint_differs", left, right) if clash else None


def car_signs(a: CarFacts, b: CarFacts, around: Surroundings) -> Iterator[Sign]:
    yield from _number_signs(a, b)
    yield from _word_signs(a, b)
    if a.text_signature and b.text_signature:
        found, possible = shared_runs(a.text_signature, b.text_signature, around.boilerplate)
        if found:
            yield min(_text_bits(found, possible), _most_a_text_may_tell(a, b)), "text_shared", found, possible
        elif possible >= 4 or _strangers(a.text_signature, b.text_signature):
            yield -3.5, "text_differs", len(a.text_signature), len(b.text_signature)
    if a.plate and b.plate:
        # Plates are changed when a car is sold, so another plate is only half a contradiction.
        same = a.plate == b.plate
        yield 14.0 if same else -4.0, "plate_equal" if same else "plate_differs", a.plate, b.plate
    left, right = a.vin or a.vin_hint, b.vin or b.vin_hint
    if left and right:
        told = sum(1 for x, y in zip(left[-6:], right[-6:], strict=True) if x == y != "*")
        if told:
            yield 2.8 * told, "vin_places_equal", told, 6


def _number_signs(a: CarFacts, b: CarFacts) -> Iterator[Sign]:
    if a.mileage_km is not None and b.mileage_km is not None:
        bits = mileage_bits(a.mileage_km, b.mileage_km) + _rolled_back(a, b)
        yield bits, "mileage_equal" if a.mileage_km == b.mileage_km else "mileage_gap", a.mileage_km, b.mileage_km
    if a.price and b.price:
        yield price_bits(a.price, b.price), "price_gap", a.price, b.price
    if a.year and b.year and a.year != b.year:
        yield -4.0, "year_off_by_one", a.year, b.year
    if a.engine_cc and b.engine_cc:
        yield 0.6, "engine_equal", a.engine_cc, b.engine_cc
    if a.power_hp and b.power_hp:
        gap = abs(a.power_hp - b.power_hp) / max(a.power_hp, b.power_hp)
        yield (0.3 if gap < 0.01 else -1.5 if gap < 0.03 else -4.0), "power_gap", a.power_hp, b.power_hp
    if a.owners is not None and b.owners is not None:
        # Sites cap the count at «3 и более» or «4 и более», so above two it is one answer.
        gap_n = abs(min(a.owners, 3) - min(b.owners, 3))
        yield (0.8, -1.2, -3.0, -4.0)[min(gap_n, 3)], "owners_gap", a.owners, b.owners


def _word_signs(a: CarFacts, b: CarFacts) -> Iterator[Sign]:
    if a.color and b.color:
        yield _color_bits(a.color, b.color), "color_equal" if a.color == b.color else "color_differs", a.color, b.color
    if a.gearbox and b.gearbox:
        # Sites call a robot or a variator «автомат» often enough.
        yield 0.3 if a.gearbox == b.gearbox else -2.0, "gearbox", a.gearbox, b.gearbox
    if a.drive and b.drive:
        yield 0.2 if a.drive == b.drive else -4.0, "drive", a.drive, b.drive
    if a.fuel and b.fuel and a.fuel != b.fuel:
        yield -2.0, "fuel", a.fuel, b.fuel
    if a.body and b.body and a.body != b.body:
        kin = any(a.body in kind and b.body in kind for kind in _BODY_KINDS)
        yield -1.0 if kin else -4.0, "body", a.body, b.body
    if a.generation_id and b.generation_id and a.generation_id != b.generation_id:
        yield -2.0, "generation", a.generation_id, b.generation_id


def seller_signs(a: CarFacts, b: CarFacts, around: Surroundings) -> Iterator[Sign]:
    dealer = SellerKind.DEALER in (a.seller_kind, b.seller_kind)
    phones = set(a.phones).intersection(b.phones) if a.phones and b.phones else None
    if phones:
        traded = dealer or not phones.isdisjoint(around.trade_phones)
        yield (1.0 if traded else 6.0), "phone_equal", min(phones), None
    if a.seller_key and a.seller_key == b.seller_key:
        yield (1.0 if dealer else 4.0), "seller_equal", a.seller_key, None
    elif a.seller_name and a.seller_name == b.seller_name:
        yield 1.0, "seller_name_equal", a.seller_name, None
    yield from _house_style(a, b, around)
    if a.city_id is not None and b.city_id is not None and a.city_id == b.city_id:
        yield 1.0, "city_equal", a.city_id, b.city_id
    elif a.region_id is not None and b.region_id is not None:
        yield 0.3 if a.region_id == b.region_id else -2.0, "region", a.region_id, b.region_id
    if a.source_id == b.source_id and a.is_active and b.is_active:
        # Sites remove a second advert of one car; two live ones are usually two cars.
        yield -4.0, "both_on_sale_at_one_site", a.source_id, b.source_id


def _house_style(a: CarFacts, b: CarFacts, around: Surroundings) -> Iterator[Sign]:
    """The same boilerplate is the same trader: no sign of one car, but only that trader's cars are rivals then."""
    if a.seller_key and a.seller_key == b.seller_key:
        return
    if not (a.text_signature and b.text_signature and around.boilerplate):
        return
    ours = {run for run in a.text_signature if run in around.boilerplate}
    theirs = {run for run in b.text_signature if run in around.boilerplate}
    shared, fewer = ours & theirs, min(len(ours), len(theirs))
    if fewer < 5 or len(shared) < 0.3 * fewer:
        return
    lots = [numbers_of(text) - around.boilerplate.keys() for text in (a.text_signature, b.text_signature)]
    if lots[0] and lots[1] and lots[0].isdisjoint(lots[1]):
        yield -3.0, "other_lot", None, None  # One trader numbers his cars, and these are two numbers.
        return
    bits = 1.0
    if len(shared) >= 0.6 * fewer:
        users = median(around.boilerplate[run] for run in shared)
        # Traders keep to a few makes, so among like cars their share is some eight times (3 bits) the average.
        bits = min(5.0, max(1.0, log2(max(1.0, around.ads / users)) - 3))
    if a.mileage_km and b.mileage_km and mileage_bits(a.mileage_km, b.mileage_km) <= 4:
        bits = min(bits, max(1.0, bits - 1.5))  # A trader's car stands still: this is rather the next one of his fleet.
    yield bits, "house_style", len(shared), fewer


def mileage_bits(a: int, b: int) -> float:
    """Equal odd numbers are nearly a VIN; equal round ones are what many sellers write."""
    high, gap = max(a, b), abs(a - b)
    if gap == 0:
        if high < 1000 or len(set(str(high))) == 1:
            return 4.0
        return 6.0 if high % 10_000 == 0 else 7.0 if high % 5000 == 0 else 8.5 if high % 1000 == 0 else 12.0
    share = gap / high
    rounded = gap < 1000 and (a % 1000 == 0) != (b % 1000 == 0) and share < 0.1
    if rounded or share <= 0.01:
        return 4.2
    if share <= 0.035 or gap <= 500:
        return 3.2
    if share <= 0.06:
        return 0.0
    return -1.5 if share <= 0.12 else -3.0 if share <= 0.25 else -6.0


def _rolled_back(a: CarFacts, b: CarFacts) -> float:
    """A later advert with clearly fewer kilometres: another car, or one that nobody should join by guess."""
    if a.published_at is None or b.published_at is None or a.mileage_km is None or b.mileage_km is None:
        return 0.0
    earlier, later = (a, b) if a.published_at <= b.published_at else (b, a)
    days = (later.published_at - earlier.published_at).days  # type: ignore[operator]
    return -4.0 if days >= 2 and later.mileage_km < 0.95 * earlier.mileage_km - 1000 else 0.0  # type: ignore[operator]


def price_bits(a: int, b: int) -> float:
    gap = abs(a - b) / max(a, b)
    if gap == 0:
        return 4.0
    for upto, bits in ((0.03, 1.7), (0.1, 1.0), (0.2, -2.0), (0.35, -4.0)):
        if gap <= upto:
            return bits
    return -6.0


def _color_bits(a: str, b: str) -> float:
    if a == b:
        return _COLOR_BITS.get(a, _RARE_COLOR_BITS)
    return -1.5 if frozenset((a, b)) in _NEAR_COLORS else -5.0


def _text_bits(found: int, possible: int) -> float:
    """Three-word runs that hardly anybody else wrote: a few are enough, when they are much of what could be shared."""
    share = found / possible
    if found >= 4:
        return 12.0 if share >= 0.4 else 8.0 if share >= 0.2 else 4.0
    if found >= 2:
        return 7.0 if share >= 0.4 else 3.0
    return 4.0 if share >= 0.5 else 2.0 if share >= 0.3 else 0.0


def _strangers(left: tuple[int, ...], right: tuple[int, ...]) -> bool:
    """Two texts of some length with next to nothing in common, not even boilerplate."""
    found, possible = shared_runs(left, right, frozenset())
    return possible >= 4 and found <= 0.1 * possible


def _most_a_text_may_tell(a: CarFacts, b: CarFacts) -> float:
    """A trader copies his text from car to car: beside another mileage or colour it is only that."""
    most = 12.0
    if a.mileage_km is not None and b.mileage_km is not None:
        gap, high = abs(a.mileage_km - b.mileage_km), max(a.mileage_km, b.mileage_km)
        if gap > 1500:
            most = 3.0 if gap > 0.12 * high else 7.0 if gap > 0.05 * high else most
    if a.color and b.color and _color_bits(a.color, b.color) < -2:
        most = min(most, 4.0)
    return most
