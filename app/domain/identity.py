"""Is it the same car? Two adverts are weighed fact by fact; every fact says aloud how much it tells, and for what.

Facts add up in bits (see car_signs); the number of rivals, like cars around, is what they have to outweigh.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import log2

from app.domain.car_facts import CarFacts
from app.domain.car_signs import CERTAIN, Sign, Surroundings, car_signs, contradicts, seller_signs
from app.errors import Reason


class Likeness(StrEnum):
    SAME = "same"
    DOUBT = "doubt"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class IdentityRules:
    """What a supervisor may move. Bits: 5 is 32 to 1, 10 is 1000 to 1."""

    same_at: float = 4.0
    unmarked_at: float = 4.0  # the same, when only likeness speaks: no shared text, mileage, phone, account or VIN part
    doubt_at: float = 1.5
    margin: float = 3.0  # the best vehicle must beat the next one by this, else a person decides
    own_facts_at: float = 4.0  # of that the car itself, not phone or seller, must bring
    rivals: int = 20  # like cars on sale, when nobody counted them
    block_cap: int = 200  # a bigger block of candidates is no clue
    text_block_cap: int = 20  # nobody re-posts one text so often: it is boilerplate
    boilerplate_cars: int = 3  # so many different cars make a run of words boilerplate
    trade_phone_cars: int = 3  # so many different cars make a phone a trader's


@dataclass(frozen=True, slots=True)
class SameCar:
    """`score` is the chance of «same» from 0 to 1, `bits` the same before squeezing; each reason carries its bits."""

    verdict: Likeness
    score: float
    bits: float
    reasons: tuple[Reason, ...]


DEFAULT_RULES = IdentityRules()
ALONE = Surroundings()

# What hardly two cars share by chance. Everything else is likeness, and like cars are many.
_MARKS = {  # from how many bits each counts: a mileage in round tens of thousands is no mark
    "mileage_equal": 7.0, "text_shared": 4.0, "phone_equal": 4.0, "seller_equal": 4.0, "plate_equal": 4.0,
    "vin_places_equal": 4.0,
}  # fmt: skip


def compare(
    a: CarFacts,
    b: CarFacts,
    rules: IdentityRules = DEFAULT_RULES,
    around: Surroundings = ALONE,
    *,
    explain: bool = True,
) -> SameCar:
    """The same answer whichever advert comes first. Without `explain` a «different» comes bare, which is quicker."""
    if a.vin and a.vin == b.vin:
        return _by_vin(a, b)
    contradiction = contradicts(a, b)
    if contradiction is not None:
        if a.plate and a.plate == b.plate and contradiction[1] not in ("vin_differs", "vin_hint_differs"):
            return SameCar(Likeness.DOUBT, 0.5, 0.0, _reasons([contradiction]))
        return SameCar(Likeness.DIFFERENT, 0.0, -CERTAIN, _reasons([contradiction]) if explain else ())
    own, sellers = list(car_signs(a, b, around)), list(seller_signs(a, b, around))
    own_bits = sum(sign[0] for sign in own)
    rivals = max(2, rules.rivals if around.rivals is None else around.rivals)
    crowd = log2(rivals)
    bits = own_bits + sum(sign[0] for sign in sellers) - crowd
    signs = [*own, *sellers, (-crowd, "like_cars_around", rivals, None)]
    if bits < rules.doubt_at:
        return SameCar(Likeness.DIFFERENT, _chance(bits), bits, _reasons(signs) if explain else ())
    hindrance = _hindrance(a, b, own_bits, rules)
    if hindrance:
        signs.append((0.0, hindrance, None, None))
    marked = any(sign[0] >= _MARKS.get(sign[1], CERTAIN) for sign in signs)
    same = bits >= (rules.same_at if marked else rules.unmarked_at) and not hindrance
    return SameCar(Likeness.SAME if same else Likeness.DOUBT, _chance(bits), bits, _reasons(signs))


def _by_vin(a: CarFacts, b: CarFacts) -> SameCar:
    """One VIN is one car, unless the adverts show different models: then somebody mistyped it, and a person looks."""
    signs: list[Sign] = [(CERTAIN, "vin_equal", a.vin, b.vin)]
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


def _chance(bits: float) -> float:
    return round(1.0 / (1.0 + 2.0 ** -max(-60.0, min(60.0, bits))), 4)


def _reasons(signs: list[Sign]) -> tuple[Reason, ...]:
    """The strongest first: that is the order in which a supervisor wants them."""
    ordered = sorted(signs, key=lambda sign: -abs(sign[0]))
    return tuple(Reason(code, {"bits": round(bits, 1), "left": x, "right": y}) for bits, code, x, y in ordered)
