"""Which vehicle does a new advert join? Keys find the few adverts worth comparing; the best one joins or waits.

A key is a signed 64-bit number kept in a narrow indexed table; adverts that share a key are candidates of each other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import floor, log

from app.domain.ad_text import common_runs
from app.domain.car_facts import CarFacts
from app.domain.car_signs import CERTAIN, Surroundings, contradicts
from app.domain.identity import DEFAULT_RULES, IdentityRules, Likeness, SameCar, compare

# Mileages up to 4 % apart always share one of two staggered buckets; the constant makes small mileages coarse.
_MILEAGE_STEP = 0.08
_MILEAGE_BASE = 30_000
_COARSE_STEP = 0.2
# What part of a model's year one advert's two buckets hold, about: from neighbours to «how many are on sale».
_BUCKET_SHARE = 0.08
_FEWEST_RIVALS = 5
_HIMSELF = 0.6  # An advert stands in its own bucket too, but two of one car hardly ever both do.

_KIND_BITS = 3
_VIN, _PLATE, _MILEAGE, _TEXT, _PHONE = range(1, 6)


@dataclass(frozen=True, slots=True)
class Doubt:
    """A pair for a person: perhaps `ad_id` shows the vehicle of `other_ad_id`."""

    ad_id: int
    other_ad_id: int
    opinion: SameCar


@dataclass(frozen=True, slots=True)
class Join:
    """`vehicle_of` is the advert whose vehicle this one joins; None: it starts a vehicle of its own."""

    ad_id: int
    vehicle_of: int | None
    opinion: SameCar | None = None
    doubts: tuple[Doubt, ...] = ()


@dataclass(slots=True)
class _Pool:
    """All adverts within reach by key, and which vehicle each belongs to. New adverts enter as they are decided."""

    facts: dict[int, CarFacts] = field(default_factory=dict)
    by_key: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    vehicle_of: dict[int, int] = field(default_factory=dict)  # advert -> vehicle: its id, or minus its first advert's
    members: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, facts: CarFacts, keys: Iterable[int], vehicle: int) -> None:
        if facts.ad_id not in self.facts:
            self.facts[facts.ad_id] = facts
            self.vehicle_of[facts.ad_id] = vehicle
            self.members[vehicle].append(facts.ad_id)
        for key in keys:
            self.by_key[key].append(facts.ad_id)


def blocking_keys(facts: CarFacts) -> tuple[int, ...]:
    """Usually four or five keys, seven at most. Nearly every true pair shares one."""
    keys = []
    told = facts.vin or facts.vin_hint
    if told and "*" not in told[:3] and "*" not in told[-4:]:
        keys.append(_key(_VIN, told[:3], told[-4:]))
    if facts.plate:
        keys.append(_key(_PLATE, facts.plate))
    if facts.model_id is not None and facts.year is not None:
        if facts.mileage_km is not None and not facts.looks_new:
            place = log(facts.mileage_km + _MILEAGE_BASE) / _MILEAGE_STEP
            keys.append(_key(_MILEAGE, facts.model_id, facts.year, 0, floor(place)))
            keys.append(_key(_MILEAGE, facts.model_id, facts.year, 1, floor(place + 0.5)))
        if facts.phones:
            keys.append(_key(_PHONE, min(facts.phones), facts.model_id, facts.year))
    for odd in (0, 1):
        run = next((value for value in facts.text_signature if value & 1 == odd), None)
        if run is not None:
            keys.append(_key(_TEXT, run))
    return tuple(keys)


def _key(kind: int, *parts: int | str) -> int:
    """A stable hash (not Python's own, which changes with every start); the lowest bits tell the kind of key."""
    value = 0xCBF29CE484222325 ^ kind
    for part in parts:
        number = part if isinstance(part, int) else int.from_bytes(part.encode(), "big")
        value = (value ^ (number & 0xFFFFFFFFFFFFFFFF) ^ (number >> 64)) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        value ^= value >> 29
    return ((value >> _KIND_BITS << _KIND_BITS) | kind) - (1 << 63)


def cap_of(key: int, rules: IdentityRules = DEFAULT_RULES) -> int:
    """How many adverts under one key are still a clue; more than that need not be looked up."""
    return rules.text_block_cap if _kind_of(key) == _TEXT else rules.block_cap


def _kind_of(key: int) -> int:
    return (key + (1 << 63)) & ((1 << _KIND_BITS) - 1)


def join_batch(
    new: Sequence[CarFacts],
    candidates: Mapping[int, Sequence[CarFacts]],
    rules: IdentityRules = DEFAULT_RULES,
    *,
    boilerplate: Mapping[int, int] | None = None,
    trade_phones: frozenset[str] = frozenset(),
) -> list[Join]:
    """Decide each new advert in the given order; `candidates` holds the stored adverts under each key of the batch.

    A list longer than `cap_of(key)` means a crowded key and is passed over, so the service may cut it one above.
    """
    pool = _Pool()
    for key, stored in candidates.items():
        for facts in stored:
            pool.add(facts, (key,), facts.vehicle_id if facts.vehicle_id is not None else -facts.ad_id)
    everyone = [*pool.facts.values(), *new]
    users = ((_which_car(facts), facts.text_signature) for facts in everyone)
    known_boilerplate = {**(boilerplate or {}), **common_runs(users, cars=rules.boilerplate_cars)}
    known_traders = trade_phones | _trade_phones(everyone, rules.trade_phone_cars)
    joins = []
    for facts in new:
        keys = blocking_keys(facts)
        near, neighbours = _near(facts, keys, pool, rules)
        around = Surroundings(None, known_boilerplate, len(everyone), known_traders)
        join = _choose(facts, near, neighbours, pool, rules, around)
        joins.append(join)
        pool.add(facts, keys, -facts.ad_id if join.vehicle_of is None else pool.vehicle_of[join.vehicle_of])
    return joins


def _near(facts: CarFacts, keys: Sequence[int], pool: _Pool, rules: IdentityRules) -> tuple[list[CarFacts], set[int]]:
    """The candidates without a contradiction, and the vehicles of those among them that drove about as far."""
    found: dict[int, CarFacts] = {}
    beside: set[int] = set()
    crowd: set[int] = set()
    for key in keys:
        block = pool.by_key.get(key, ())
        if _kind_of(key) == _MILEAGE:
            beside.update(block)
        if len(block) > cap_of(key, rules):
            continue
        for ad_id in block:
            if ad_id not in found:
                found[ad_id] = pool.facts[ad_id]
    found.pop(facts.ad_id, None)
    near = [other for other in found.values() if not contradicts(facts, other) or _same_papers(facts, other)]
    crowd.update(pool.vehicle_of[other.ad_id] for other in near if other.ad_id in beside)
    crowd.update(pool.vehicle_of[ad_id] for ad_id in beside if ad_id not in found and ad_id != facts.ad_id)
    return near, crowd


def _same_papers(a: CarFacts, b: CarFacts) -> bool:
    """One VIN or plate is worth a look even beside a contradiction."""
    return bool(a.vin and a.vin == b.vin) or bool(a.plate and a.plate == b.plate)


def _choose(
    facts: CarFacts,
    near: Iterable[CarFacts],
    neighbours: set[int],
    pool: _Pool,
    rules: IdentityRules,
    around: Surroundings,
) -> Join:
    """The best vehicle wins only when no advert of it contradicts and no other vehicle comes close."""
    best: dict[int, tuple[SameCar, int]] = {}
    for other in near:
        vehicle = pool.vehicle_of[other.ad_id]
        around.rivals = rivals_of(len(neighbours) - (vehicle in neighbours))
        opinion = compare(facts, other, rules, around, explain=False)
        if opinion.verdict is Likeness.DIFFERENT:
            continue
        if vehicle not in best or opinion.bits > best[vehicle][0].bits:
            best[vehicle] = (opinion, other.ad_id)
    ranked = sorted(best.items(), key=lambda item: -item[1][0].bits)
    if not ranked:
        return Join(facts.ad_id, None)
    vehicle, (opinion, ad_id) = ranked[0]
    # One VIN on two vehicles means that the vehicles are one; the advert need not wait until somebody merges them.
    clear = len(ranked) == 1 or opinion.bits >= CERTAIN or opinion.bits - ranked[1][1][0].bits >= rules.margin
    if opinion.verdict is Likeness.SAME and clear and _fits(facts, pool.members[vehicle], pool):
        return Join(facts.ad_id, ad_id, opinion)
    doubts = tuple(
        Doubt(facts.ad_id, other_id, replace(view, verdict=Likeness.DOUBT)) for _, (view, other_id) in ranked[:3]
    )
    return Join(facts.ad_id, None, opinion, doubts)


def rivals_of(neighbours: int) -> int:
    """How many like cars are on sale, from how many vehicles stand in the advert's mileage buckets."""
    return max(_FEWEST_RIVALS, round((neighbours + _HIMSELF) / _BUCKET_SHARE))


def _fits(facts: CarFacts, member_ids: Iterable[int], pool: _Pool) -> bool:
    """Joining goes advert by advert, so a chain of small steps could end at another car: every member has a veto."""
    members = [pool.facts[ad_id] for ad_id in member_ids]
    if facts.vin and any(facts.vin == member.vin for member in members):
        return True
    return not any(contradicts(facts, member) for member in members)


def _which_car(facts: CarFacts) -> object:
    """Coarse on purpose: re-posts of one car must not look like several cars."""
    place = None if facts.mileage_km is None else floor(log(facts.mileage_km + _MILEAGE_BASE) / _COARSE_STEP)
    return facts.model_id, facts.year, place


def _trade_phones(everyone: Iterable[CarFacts], cars: int) -> frozenset[str]:
    seen: dict[str, set[object]] = defaultdict(set)
    for facts in everyone:
        for phone in facts.phones:
            seen[phone].add((facts.model_id, facts.year))
    return frozenset(phone for phone, which in seen.items() if len(which) >= cars)
