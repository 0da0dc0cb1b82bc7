"""Is it the same car? Two adverts are weighed fact by fact; every fact says aloud how much it tells, and for what.

The weights are bits: log2 of how much likelier a fact looks so when both adverts show one car than when they show two
cars of one make, model and year. Facts add up; the number of rivals (like cars around) is what they have to outweigh.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from math import log2

from app.domain.ad_text import shared_runs
from app.domain.ads import SellerKind
from app.domain.car_facts import CarFacts
from app.domain.cars import Body, Fuel, Gearbox
from app.errors import Reason


class Likeness(StrEnum):
    SAME = "same"
    DOUBT = "doubt"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """What a supervisor may move. Bits: 5 is 32 to 1, 10 is 1000 to 1."""

    same_at: float = 5.0
    doubt_at: float = 1.5
    margin: float = 3.0  # the best vehicle must beat the next one by this, else a person decides
    own_facts_at: float = 4.0  # of that the car itself, not phone or seller, must bring
    rivals: int = 20  # like cars on sale, when nobody counted them
    block_cap: int = 200  # a bigger block of candidates is no clue
    text_block_cap: int = 20  # nobody re-posts one text so often: it is boilerplate
    boilerplate_cars: int = 3  # so many different cars make a run of words boilerplate
    trade_phone_cars: int = 3  # so many different cars make a phone a trader's


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What only the crowd around two adverts can tell."""

    rivals: int | None = None
    boilerplate: frozenset[int] = frozenset()
    trade_phones: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SameCar:
    """`score` is the chance of «same» from 0 to 1, `bits` the same before squeezing; each reason carries its bits."""

    verdict: Likeness
    score: float
    bits: float
    reasons: tuple[Reason, ...]


DEFAULT_RULES = IdentityRules()
ALONE = Surroundings()
CERTAIN = 40.0

_Sign = tuple[float, str, object, object]

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


def compare(
    a: CarFacts, b: CarFacts, rules: IdentityRules = DEFAULT_RULES, around: Surroundings = ALONE
) -> SameCar:
    """The same answer whichever advert comes first."""
    if a.vin and a.vin == b.vin:
        return _by_vin(a, b)
    contradiction = contradicts(a, b)
    if contradiction is not None:
        plate_equal = bool(a.plate) and a.plate == b.plate and contradiction[1] not in ("vin_differs", "vin_hint_differs")
        verdict = Likeness.DOUBT if plate_equal else Likeness.DIFFERENT
        return SameCar(verdict, 0.5 if plate_equal else 0.0, 0.0 if plate_equal else -CERTAIN, _reasons([contradiction]))
    own, sellers = list(_car_signs(a, b, around)), list(_seller_signs(a, b, around))
    own_bits = sum(sign[0] for sign in own)
    crowd = log2(max(2, rules.rivals if around.rivals is None else around.rivals))
    bits = own_bits + sum(sign[0] for sign in sellers) - crowd
    signs = [*own, *sellers, (-crowd, "like_cars_around", 2**crowd, None)]
    if bits < rules.doubt_at:
        return SameCar(Likeness.DIFFERENT, _chance(bits), bits, _reasons(signs))
    hindrance = _hindrance(a, b, own_bits, rules)
    if hindrance:
        signs.append((0.0, hindrance, None, None))
    same = bits >= rules.same_at and not hindrance
    return SameCar(Likeness.SAME if same else Likeness.DOUBT, _chance(bits), bits, _reasons(signs))


def _by_vin(a: CarFacts, b: CarFacts) -> SameCar:
    """One VIN is one car, unless the adverts show different models: then somebody mistyped it, and a person looks."""
    signs: list[_Sign] = [(CERTAIN, "vin_equal", a.vin, b.vin)]
    odd = contradicts(a, b)
    if odd is not None:
        signs.append(odd)
        if odd[1] in ("make_differs", "model_differs"):
            return SameCar(Likeness.DOUBT, 0.5, 0.0, _reasons(signs))
    return SameCar(Likeness.SAME, 1.0, CERTAIN, _reasons(signs))


def _hindrance(a: CarFacts, b: CarFacts, own_bits: float, rules: IdentityRules) -> str | None:
    """What keeps a good score from joining by itself."""
    if a.plate and a.plate == b.plate:
        return None
    if a.looks_new or b.looks_new:
        return "new_cars_are_alike"
    if a.model_id is None or b.model_id is None or a.year is None or b.year is None:
        return "car_not_fully_known"
    return "car_itself_says_little" if own_bits < rules.own_facts_at else None


def contradicts(a: CarFacts, b: CarFacts) -> _Sign | None:
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


def _vin_clash(a: CarFacts, b: CarFacts) -> _Sign | None:
    left, right = a.vin or a.vin_hint, b.vin or b.vin_hint
    if not left or not right:
        return None
    clash = any(x != y and x != "*" and y != "*" for x, y in zip(left, right, strict=True))
    return (-CERTAIN, "vin_hint_differs", left, right) if clash else None


def _car_signs(a: CarFacts, b: CarFacts, around: Surroundings) -> Iterator[_Sign]:
    yield from _number_signs(a, b)
    yield from _word_signs(a, b)
    found, possible = shared_runs(a.text_signature, b.text_signature, around.boilerplate)
    if possible:
        yield _text_bits(found, possible), "text_shared" if found else "text_differs", found, possible
    if a.plate and b.plate:
        # Plates are changed when a car is sold, so another plate is only half a contradiction.
        yield (14.0, "plate_equal", a.plate, b.plate) if a.plate == b.plate else (-4.0, "plate_differs", a.plate, b.plate)
    left, right = a.vin or a.vin_hint, b.vin or b.vin_hint
    if left and right:
        told = sum(1 for x, y in zip(left[-6:], right[-6:], strict=True) if x == y != "*")
        if told:
            yield 2.8 * told, "vin_places_equal", told, 6


def _number_signs(a: CarFacts, b: CarFacts) -> Iterator[_Sign]:
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
        yield (0.3 if gap < 0.01 else -1.0 if gap < 0.03 else -3.5), "power_gap", a.power_hp, b.power_hp
    if a.owners is not None and b.owners is not None:
        # Sites cap the count at «3 и более» or «4 и более», so above two it is one answer.
        gap_n = abs(min(a.owners, 3) - min(b.owners, 3))
        yield (0.8, -1.2, -3.0, -4.0)[min(gap_n, 3)], "owners_gap", a.owners, b.owners


def _word_signs(a: CarFacts, b: CarFacts) -> Iterator[_Sign]:
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


def _seller_signs(a: CarFacts, b: CarFacts, around: Surroundings) -> Iterator[_Sign]:
    dealer = SellerKind.DEALER in (a.seller_kind, b.seller_kind)
    phones = set(a.phones).intersection(b.phones)
    if phones:
        traded = dealer or not phones.isdisjoint(around.trade_phones)
        yield (1.0 if traded else 6.0), "phone_equal", min(phones), None
    if a.seller_key and a.seller_key == b.seller_key:
        yield (1.0 if dealer else 4.0), "seller_equal", a.seller_key, None
    elif a.seller_name and a.seller_name == b.seller_name:
        yield 1.0, "seller_name_equal", a.seller_name, None
    if a.city_id is not None and b.city_id is not None and a.city_id == b.city_id:
        yield 1.0, "city_equal", a.city_id, b.city_id
    elif a.region_id is not None and b.region_id is not None:
        yield 0.3 if a.region_id == b.region_id else -2.0, "region", a.region_id, b.region_id
    if a.source_id == b.source_id and a.is_active and b.is_active:
        # Sites remove a second advert of one car; two live ones are usually two cars.
        yield -2.0, "both_on_sale_at_one_site", a.source_id, b.source_id


def mileage_bits(a: int, b: int) -> float:
    """Equal odd numbers are nearly a VIN; equal round ones are what many sellers write."""
    high, gap = max(a, b), abs(a - b)
    if gap == 0:
        if high < 1000 or len(set(str(high))) == 1:
            return 4.0
        return 5.0 if high % 10_000 == 0 else 6.5 if high % 5000 == 0 else 8.0 if high % 1000 == 0 else 11.0
    share = gap / high
    rounded = gap < 1000 and (a % 1000 == 0) != (b % 1000 == 0) and share < 0.1
    if rounded or share <= 0.01:
        return 4.2
    if share <= 0.035 or gap <= 500:
        return 3.2
    if share <= 0.06:
        return 1.0
    return -0.5 if share <= 0.12 else -3.0 if share <= 0.25 else -6.0


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
    for upto, bits in ((0.03, 1.7), (0.1, 0.9), (0.2, -1.5), (0.35, -3.0)):
        if gap <= upto:
            return bits
    return -5.0


def _color_bits(a: str, b: str) -> float:
    if a == b:
        return _COLOR_BITS.get(a, _RARE_COLOR_BITS)
    return -1.0 if frozenset((a, b)) in _NEAR_COLORS else -4.5


def _text_bits(found: int, possible: int) -> float:
    """Three-word runs that hardly anybody else wrote: a few are enough, when they are much of what could be shared."""
    if not found:
        return -3.0 if possible >= 5 else 0.0
    share = found / possible
    if found >= 4:
        return 12.0 if share >= 0.4 else 8.0 if share >= 0.2 else 4.0
    if found >= 2:
        return 7.0 if share >= 0.4 else 3.0
    return 3.0 if share >= 0.3 else 0.0


def _chance(bits: float) -> float:
    return round(1.0 / (1.0 + 2.0 ** -max(-60.0, min(60.0, bits))), 4)


def _reasons(signs: list[_Sign]) -> tuple[Reason, ...]:
    """The strongest first: that is the order in which a supervisor wants them."""
    ordered = sorted(signs, key=lambda sign: -abs(sign[0]))
    return tuple(Reason(code, {"bits": round(bits, 1), "left": x, "right": y}) for bits, code, x, y in ordered)
