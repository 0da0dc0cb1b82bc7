"""What each fact of two adverts tells about «the same car», in bits, and which facts rule it out.

A bit count is log2 of how much likelier the two facts look so when both adverts show one car than when they show two
cars of one make, model and year. Measured on real adverts and rounded hard on purpose: markets differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import log2

from app.domain.ad_text import Overlap, numbers_of, overlap
from app.domain.ads import SellerKind
from app.domain.car_facts import CarFacts
from app.domain.cars import Body, Fuel, Gearbox


@dataclass(slots=True)
class Surroundings:
    """What only the crowd around two adverts can tell."""

    rivals: int | None = None
    boilerplate: Mapping[int, int] = field(default_factory=dict)  # run of words -> how many cars are praised with it
    ads: int = 0  # among how many adverts that was counted
    trade_phones: frozenset[str] = frozenset()


_BOTH_AT_ONE_SITE = -2.0
_NEAR_MILEAGE = 4.3
_OTHER_TEXT = -3.0
_OWN_TEXT = 10.0
# The most that a shared text tells beside a mileage that moved on a little, and beside one that did not fit at all.
_TEXT_BESIDE_GAP, _TEXT_BESIDE_MISFIT = 7.0, 4.0
_EQUAL_MILEAGE = ((50_000, 5.3), (10_000, 5.9), (5000, 7.2), (1000, 7.9))  # (multiple of so many km, bits)
CERTAIN = 40.0  # bits of what settles the question alone

# (bits, code, what the one says, what the other says)
Sign = tuple[float, str, object, object]

# How common a colour is decides what sharing it tells; measured on the Russian market, rounded hard on purpose.
_COLOR_BITS = {"white": 1.3, "black": 1.6, "grey": 2.2, "silver": 2.5, "blue": 2.8, "red": 3.2}
_RARE_COLOR_BITS = 3.8
# One paint under two names: measured on cars that stood on several sites at once, where one in twelve differs.
_NEAR_COLORS = frozenset(
    frozenset(pair)
    for pair in (
        ("black", "brown"), ("blue", "light_blue"), ("grey", "silver"), ("blue", "violet"), ("beige", "gold"),
        ("beige", "silver"), ("beige", "white"), ("brown", "beige"), ("red", "burgundy"), ("red", "orange"),
        ("orange", "yellow"), ("gold", "yellow"), ("gold", "silver"), ("burgundy", "brown"), ("burgundy", "violet"),
        ("light_blue", "silver"),
    )
)  # fmt: skip
# Sites name these bodies at will for one car; a sedan and a hatchback of one model are rather two cars.
_BODY_KINDS = (
    frozenset({Body.LIFTBACK, Body.HATCHBACK}),
    frozenset({Body.LIFTBACK, Body.SEDAN}),
    frozenset({Body.LIFTBACK, Body.COUPE}),
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
        yield from _text_signs(a, b, around)
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
        bits = price_bits(a.price, b.price)
        yield (bits if bits < 2 or _stands_still(a, b) else 1.9), "price_gap", a.price, b.price
    if a.year and b.year and a.year != b.year:
        yield -4.0, "year_off_by_one", a.year, b.year
    if a.power_hp and b.power_hp:
        gap = abs(a.power_hp - b.power_hp) / max(a.power_hp, b.power_hp)
        yield (0.2 if gap < 0.01 else -1.5 if gap < 0.03 else -4.0), "power_gap", a.power_hp, b.power_hp
    if a.owners is not None and b.owners is not None:
        # Sites cap the count at «3 и более» or «4 и более», so above two it is one answer.
        low, high = sorted((min(a.owners, 3), min(b.owners, 3)))
        bits = (0.3 if high == 1 else 1.6) if low == high else (-3.0, -4.0, -4.0)[high - low - 1]
        yield bits, "owners_gap", a.owners, b.owners


def _word_signs(a: CarFacts, b: CarFacts) -> Iterator[Sign]:
    if a.color and b.color:
        yield _color_bits(a.color, b.color), "color_equal" if a.color == b.color else "color_differs", a.color, b.color
    if a.gearbox and b.gearbox and a.gearbox != b.gearbox:
        yield _gearbox_bits(a, b), "gearbox", a.gearbox, b.gearbox
    if a.drive and b.drive:
        yield 0.2 if a.drive == b.drive else -5.0, "drive", a.drive, b.drive
    if a.fuel and b.fuel and a.fuel != b.fuel:
        yield -2.0, "fuel", a.fuel, b.fuel
    if a.body and b.body and a.body != b.body:
        kin = any(a.body in kind and b.body in kind for kind in _BODY_KINDS)
        yield -1.0 if kin else -3.5, "body", a.body, b.body
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
        yield _BOTH_AT_ONE_SITE, "both_on_sale_at_one_site", a.source_id, b.source_id


def _house_style(a: CarFacts, b: CarFacts, around: Surroundings) -> Iterator[Sign]:
    """The same boilerplate is the same trader: no sign of one car, but only that trader's cars are rivals then."""
    if not (a.text_signature and b.text_signature and around.boilerplate):
        return
    both = overlap(a.text_signature, b.text_signature, around.boilerplate)
    if both.possible < 5 or both.found < 0.3 * both.possible:
        return
    if _other_lot(a, b, around):
        yield -6.0, "other_lot_of_one_trader", None, None
    elif both.whole and not both.rare_found and not (a.seller_key and a.seller_key == b.seller_key):
        yield 3.0 if _drove_on_bits(a, b) > 0 else 0.0, "house_style", both.found, both.possible


def _drove_on_bits(a: CarFacts, b: CarFacts) -> float:
    """What the mileages say; 0 when one of them is not told."""
    return 0.0 if a.mileage_km is None or b.mileage_km is None else mileage_bits(a.mileage_km, b.mileage_km)


def _stands_still(a: CarFacts, b: CarFacts) -> bool:
    return a.mileage_km is None or b.mileage_km is None or mileage_bits(a.mileage_km, b.mileage_km) >= 4


def _other_lot(a: CarFacts, b: CarFacts, around: Surroundings) -> bool:
    """Traders number their cars, and these are two numbers."""
    ours, theirs = (numbers_of(facts.text_signature) - around.boilerplate.keys() for facts in (a, b))
    return bool(ours and theirs) and ours.isdisjoint(theirs)


def mileage_bits(a: int, b: int) -> float:
    """Equal odd numbers are nearly a VIN; equal round ones are what many sellers write."""
    high, gap = max(a, b), abs(a - b)
    if gap == 0:
        return _equal_mileage_bits(high)
    share, both_round = gap / high, a % 1000 == 0 and b % 1000 == 0
    rounded = gap < 1000 and not both_round and (a % 1000 == 0 or b % 1000 == 0)
    if share <= 0.01 or (rounded or gap <= 300) and share < 0.1:
        return 1.0 if both_round else _NEAR_MILEAGE
    if share <= 0.035 or gap <= 2000:
        return -0.5 if both_round else 2.0 if share <= 0.1 else 1.0
    if share <= 0.06 or gap <= 4000:
        return -2.0 if both_round else -1.0
    return -2.5 if share <= 0.12 or gap <= 6000 else -4.0 if share <= 0.25 else -7.0


def _equal_mileage_bits(km: int) -> float:
    """The rounder, the more sellers write it; the more kilometres, the more round numbers there are to choose from."""
    if km < 1000 or len(set(str(km))) == 1:
        return 4.0
    bits = next((bits for step, bits in _EQUAL_MILEAGE if km % step == 0), 13.0)
    return bits + max(-1.0, min(1.0, 0.5 * log2(km / 60_000)))


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
    for upto, bits in ((0.05, 1.9), (0.1, 0.4), (0.2, -2.0), (0.35, -4.0)):
        if gap <= upto:
            return bits
    return -6.0


def _gearbox_bits(a: CarFacts, b: CarFacts) -> float:
    """Some sites call every gearbox without a pedal «автомат», so across sites that word tells nothing."""
    if Gearbox.AUTOMATIC not in (a.gearbox, b.gearbox):
        return -4.0
    return -2.0 if a.source_id == b.source_id else -0.3


def _color_bits(a: str, b: str) -> float:
    if a == b:
        return _COLOR_BITS.get(a, _RARE_COLOR_BITS)
    return -2.0 if frozenset((a, b)) in _NEAR_COLORS else -5.5


def _text_signs(a: CarFacts, b: CarFacts, around: Surroundings) -> Iterator[Sign]:
    both = overlap(a.text_signature, b.text_signature, around.boilerplate)
    if both.rare_found:
        bits = _text_bits(both, _stands_still(a, b))
        yield min(bits, _most_a_text_may_tell(a, b)), "text_shared", both.rare_found, both.rare_possible
    elif both.rare_possible >= 4 or both.possible >= 4 and both.found <= 0.1 * both.possible:
        yield _OTHER_TEXT, "text_differs", len(a.text_signature), len(b.text_signature)
    elif _other_lot(a, b, around):
        yield -3.5, "other_lot", None, None


def _text_bits(both: Overlap, stands_still: bool) -> float:
    """Three-word runs that hardly anybody else wrote: a few are enough, when they are much of what could be shared."""
    share = both.rare_found / both.rare_possible
    if both.rare_found >= 4:
        if not both.whole and not stands_still:
            return 5.0
        return _OWN_TEXT if share >= 0.4 else 7.0 if share >= 0.2 else 4.0
    if both.rare_found >= 2:
        return 7.0 if share >= 0.4 else 3.0
    return 4.0 if share >= 0.5 else 2.0 if share >= 0.3 else 0.0


def _most_a_text_may_tell(a: CarFacts, b: CarFacts) -> float:
    """A trader copies his text from car to car: beside another mileage or colour it is only that."""
    driven = _drove_on_bits(a, b)
    most = 12.0 if driven > 0 else _TEXT_BESIDE_GAP if driven >= -2.5 else _TEXT_BESIDE_MISFIT
    if a.color and b.color and _color_bits(a.color, b.color) < -2:
        most = min(most, 4.0)
    return most
