"""How often the product is right that two adverts show one car, on real adverts that are posted again with noise.

Run: python -m bench.identity [data folder] [seed]. Nothing of the data is kept; only counts leave this module.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from app.domain.car_facts import CarFacts, facts_of
from app.domain.cars import KnownAd
from app.domain.identity import DEFAULT_RULES, IdentityRules
from app.domain.joining import Join, blocking_keys, join_batch
from bench.identity_data import FILES, read_known

REPOSTED = 0.3
REPOST = 10_000_000  # the ids of the adverts posted again begin here


@dataclass(frozen=True)
class Noise:
    """How much a seller changes when he posts the car again. Shares are chances per advert."""

    price_drop: float
    mileage_growth: float
    mileage_kept: float
    rounded: float
    missing: float
    text_absent: float
    text_rewritten: float
    text_cut: float
    phone_kept: float
    same_site: float
    vin_hint: float


EASY = Noise(0.05, 0.01, 0.6, 0.1, 0.05, 0.05, 0.0, 0.4, 0.3, 0.3, 0.0)
HARD = Noise(0.10, 0.03, 0.2, 0.5, 0.30, 0.25, 0.25, 0.4, 0.0, 0.3, 0.0)
BARE = replace(HARD, text_absent=1.0, text_rewritten=0.0)
MASKED = replace(BARE, vin_hint=1.0)
LEVELS = {"easy": EASY, "hard": HARD, "hard_no_text": BARE, "hard_no_text_vin_hint": MASKED}


def post_again(known: KnownAd, noise: Noise, rng: random.Random, other_text: str) -> tuple[KnownAd, str]:
    """The same car in another advert, and the scenario's name: what became of the text and of the mileage."""
    again = replace(known, phone_protected=rng.random() < 0.5, seller_name="", seller_external_id="")
    if again.price:
        again.price = int(round(again.price * (1 - rng.uniform(0, noise.price_drop)), -3))
    mileage = "kept"
    if again.mileage_km and rng.random() > noise.mileage_kept:
        again.mileage_km, mileage = int(again.mileage_km * (1 + rng.uniform(0, noise.mileage_growth))), "grew"
    if again.mileage_km and rng.random() < noise.rounded:
        again.mileage_km = max(1000, round(again.mileage_km, -3))
        mileage += "_rounded"
    for name in ("color", "owners", "generation_id"):
        if rng.random() < noise.missing:
            setattr(again, name, None)
    if rng.random() > noise.phone_kept:
        again.phones = (_phone(rng),)
    chance = rng.random()
    words = again.description.split(" ")
    if not again.description or chance < noise.text_absent:
        again.description, text = "", "no_text"
    elif chance < noise.text_absent + noise.text_rewritten:
        again.description, text = other_text, "rewritten"
    elif chance < noise.text_absent + noise.text_rewritten + noise.text_cut:
        again.description, text = " ".join(words[: max(8, int(len(words) * rng.uniform(0.3, 0.8)))]), "cut"
    else:
        text = "kept"
    return again, f"text_{text}/mileage_{mileage}"


def _phone(rng: random.Random) -> str:
    return f"79{rng.randrange(100):02d}000{rng.randrange(10_000):04d}"


def _dressed(known: KnownAd, rng: random.Random, noise: Noise) -> KnownAd:
    """The files hide phones and VINs: each car gets invented ones, shown only as far as the level shows them."""
    known = replace(known, phones=(_phone(rng),), city_id=1, region_id=1)
    if noise.vin_hint and rng.random() < noise.vin_hint:
        known.vin_hint = f"XW8{'*' * 10}{rng.randrange(10_000):04d}"
    return known


def real_reposts(known_ads: Sequence[KnownAd]) -> list[int]:
    """The number of the first advert of each one's car: some real cars stand in a file twice under two ids.

    Told by the plain text and an equal mileage, without the code under test, so that the truth is not its opinion.
    """
    groups: dict[object, list[int]] = defaultdict(list)
    owner = list(range(1, len(known_ads) + 1))
    for spot, known in enumerate(known_ads):
        groups[known.model_id, known.year, known.mileage_km, known.color, known.engine_cc].append(spot)
    for spots in groups.values():
        for order, spot in enumerate(spots):
            for earlier in spots[:order]:
                if _one_story(known_ads[earlier], known_ads[spot]):
                    owner[spot] = owner[earlier]
                    break
    return owner


def _one_story(a: KnownAd, b: KnownAd) -> bool:
    odd_mileage = bool(a.mileage_km and a.mileage_km % 1000)
    left, right = a.description.lower(), b.description.lower()
    if min(len(left), len(right)) < 30:
        return odd_mileage
    return odd_mileage or SequenceMatcher(None, left[:600], right[:600], autojunk=False).ratio() > 0.6


def candidates_for(new: Iterable[CarFacts], stored: Iterable[CarFacts]) -> dict[int, list[CarFacts]]:
    """What the service reads with one join over the keys."""
    wanted = {key for facts in new for key in blocking_keys(facts)}
    found: dict[int, list[CarFacts]] = defaultdict(list)
    for facts in stored:
        for key in blocking_keys(facts):
            if key in wanted:
                found[key].append(facts)
    return found


def settle(joins: Sequence[Join], vehicles: dict[int, int]) -> None:
    for join in joins:
        vehicles[join.ad_id] = vehicles[join.vehicle_of] if join.vehicle_of is not None else join.ad_id


def measure(known_ads: Sequence[KnownAd], noise: Noise, rng: random.Random, rules: IdentityRules) -> dict[str, Any]:
    """Store the real adverts, then post some of the cars again, and count right and wrong pairs over all vehicles."""
    texts = [known.description for known in known_ads if known.description]
    base, again, scenario, truth = [], [], {}, {}
    owner = real_reposts(known_ads)
    for number, known in enumerate(known_ads, start=1):
        worn = _dressed(known, rng, noise)
        site = rng.choice((1, 2))  # Real cars on two sites: like cars across sites are the hard negatives.
        base.append(facts_of(worn, ad_id=number, source_id=site))
        truth[number] = owner[number - 1]
        if rng.random() < REPOSTED:
            reposted, name = post_again(worn, noise, rng, rng.choice(texts) if texts else "")
            ad_id = REPOST + number
            again.append(facts_of(reposted, ad_id=ad_id, source_id=site if rng.random() < noise.same_site else 3))
            if again[-1].source_id == site and rng.random() < 0.5:
                base[-1] = replace(base[-1], is_active=False)  # Half of those who post again take the old one down.
            scenario[ad_id] = "new_car" if base[-1].looks_new else name
            truth[ad_id] = owner[number - 1]
    vehicles: dict[int, int] = {}
    started = time.perf_counter()
    first = join_batch(base, {}, rules)
    settle(first, vehicles)
    stored = [replace(facts, vehicle_id=vehicles[facts.ad_id]) for facts in base]
    second = join_batch(again, candidates_for(again, stored), rules)
    settle(second, vehicles)
    seconds = time.perf_counter() - started
    figures = _figures((first, second), vehicles, truth, scenario, known_ads)
    return figures | {"seconds": round(seconds, 1), "ads": len(truth)}


def _figures(
    joins: tuple[Sequence[Join], Sequence[Join]],
    vehicles: dict[int, int],
    truth: dict[int, int],
    scenario: dict[int, str],
    known_ads: Sequence[KnownAd],
) -> dict[str, Any]:
    first, second = joins

    def twins(left: int, other: int) -> bool:
        """Two real adverts with one mileage and one price: no person could tell from the file what they show."""
        a, b = known_ads[left % REPOST - 1], known_ads[other % REPOST - 1]
        return a.mileage_km == b.mileage_km and a.price == b.price

    members: dict[int, list[int]] = defaultdict(list)
    for ad_id, vehicle in vehicles.items():
        members[vehicle].append(ad_id)
    right = wrong = wrong_among_real = unknown = 0
    for ads in members.values():
        for spot, left in enumerate(ads):
            for other in ads[spot + 1 :]:
                if truth[left] == truth[other]:
                    right += 1
                elif twins(left, other):
                    unknown += 1
                elif left < REPOST and other < REPOST:
                    wrong_among_real += 1
                else:
                    wrong += 1
    total, found, doubted = Counter(), Counter(), Counter()
    for join in second:
        name = scenario[join.ad_id]
        total[name] += 1
        found[name] += vehicles[join.ad_id] == vehicles[join.ad_id - REPOST]
        doubted[name] += any(truth[doubt.other_ad_id] == truth[join.ad_id] for doubt in join.doubts)
    used = sum(count for name, count in total.items() if name != "new_car")
    return {
        "precision": round(right / max(1, right + wrong + wrong_among_real), 4),
        "precision_of_reposts": round(right / max(1, right + wrong), 4),
        "recall": round(right / max(1, sum(total.values())), 4),
        "recall_used": round(sum(n for name, n in found.items() if name != "new_car") / max(1, used), 4),
        "recall_with_doubts": round((right + sum(doubted.values())) / max(1, sum(total.values())), 4),
        "right": right, "wrong": wrong, "joined_real_pairs": wrong_among_real, "truth_unknown": unknown,
        "doubts_of_reposts": sum(1 for join in second if join.doubts),
        "doubts_of_real": sum(1 for join in first if join.doubts),
        "scenarios": {
            name: {"n": count, "recall": round(found[name] / count, 3), "doubt": round(doubted[name] / count, 3)}
            for name, count in sorted(total.items())
        },
    }  # fmt: skip


def evaluate(data_dir: Path, seed: int, rules: IdentityRules = DEFAULT_RULES, share: float = 1.0) -> dict[str, Any]:
    """Per file and noise level; `share` < 1 takes a random part of each file's adverts."""
    report: dict[str, Any] = {}
    for name in FILES:
        known_ads = read_known(data_dir, name)
        for level, noise in LEVELS.items():
            rng = random.Random(f"{seed}/{name}/{level}")
            chosen = [known for known in known_ads if share >= 1 or rng.random() < share]
            report[f"{name}/{level}"] = measure(chosen, noise, rng, rules)
    return report


def main(arguments: Sequence[str]) -> None:
    data_dir = Path(arguments[0]) if arguments else Path(__file__).parents[2] / "shared" / "data"
    for name, figures in evaluate(data_dir, int(arguments[1]) if len(arguments) > 1 else 1).items():
        scenarios = figures.pop("scenarios")
        print(name, figures)
        if "-v" in arguments:
            for scenario, counts in scenarios.items():
                print("     ", scenario, counts)


if __name__ == "__main__":
    main(sys.argv[1:])
