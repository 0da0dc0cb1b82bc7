"""How often the product is right that two adverts show one car, on real adverts that are posted again with noise.

Run: python -m bench.identity [data folder] [seed]. Nothing of the data is kept; only counts leave this module.
"""

from __future__ import annotations

import random
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from app.domain.car_facts import CarFacts, facts_of
from app.domain.cars import KnownAd
from app.domain.identity import DEFAULT_RULES, IdentityRules
from app.domain.joining import Join, blocking_keys, cap_of, join_batch
from bench.identity_data import FEEDS, FILES, read_feed, read_known
from bench.identity_noise import LEVELS, Noise, dressed, post_again

REPOSTED = 0.3
IMPORT_BATCH, PULL_BATCH = 5_000, 300  # how the service joins a file, and what a pull brings
REPOST = 10_000_000  # the ids of the adverts posted again begin here


def real_reposts(known_ads: Sequence[KnownAd]) -> list[int]:
    """The number of the first advert of each one's car: some real cars stand in a file twice under two ids.

    Told by an equal mileage beside the colour and engine, or beside the text and the price, without the code under
    test, so that the truth is not its opinion.
    """
    groups: dict[object, list[int]] = defaultdict(list)
    owner = list(range(1, len(known_ads) + 1))
    for spot, known in enumerate(known_ads):
        if known.mileage_km is not None:
            groups[known.model_id, known.mileage_km].append(spot)
    for spots in groups.values():
        for order, spot in enumerate(spots):
            for earlier in spots[:order]:
                if _one_car(known_ads[earlier], known_ads[spot]):
                    owner[spot] = owner[earlier]
                    break
    return owner


def _one_car(a: KnownAd, b: KnownAd) -> bool:
    if a.gearbox != b.gearbox or a.year is None or b.year is None or abs(a.year - b.year) > 1:
        return False
    odd_mileage = bool(a.mileage_km and a.mileage_km > 1000 and a.mileage_km % 1000)
    if odd_mileage and (a.year, a.color, a.engine_cc) == (b.year, b.color, b.engine_cc):
        return True
    return a.price == b.price and _one_story(a.description.lower(), b.description.lower())


def _one_story(left: str, right: str) -> bool:
    return min(len(left), len(right)) >= 30 and SequenceMatcher(None, left[:600], right[:600], False).ratio() > 0.6


class Shelf:
    """What the service keeps in its tables: the adverts by key and by vehicle, fed and asked batch by batch."""

    def __init__(self, rules: IdentityRules) -> None:
        self.rules = rules
        self.by_key: dict[int, list[CarFacts]] = defaultdict(list)
        self.vehicles: dict[int, int] = {}
        self.seconds = 0.0

    def take(self, adverts: Sequence[CarFacts], size: int) -> list[Join]:
        joins = []
        for start in range(0, len(adverts), size):
            joins += self._take(adverts[start : start + size])
        return joins

    def _take(self, batch: Sequence[CarFacts]) -> list[Join]:
        keys = {facts.ad_id: blocking_keys(facts) for facts in batch}
        wanted = {key for mine in keys.values() for key in mine}
        found = {key: self.by_key[key][: cap_of(key, self.rules) + 1] for key in wanted if key in self.by_key}
        started = time.perf_counter()
        joins = join_batch(batch, found, self.rules)
        self.seconds += time.perf_counter() - started
        settle(joins, self.vehicles)
        for facts in batch:
            placed = replace(facts, vehicle_id=self.vehicles[facts.ad_id])
            for key in keys[facts.ad_id]:
                self.by_key[key].append(placed)
        return joins


def settle(joins: Sequence[Join], vehicles: dict[int, int]) -> None:
    for join in joins:
        vehicles[join.ad_id] = vehicles[join.vehicle_of] if join.vehicle_of is not None else join.ad_id


def measure(known_ads: Sequence[KnownAd], noise: Noise, rng: random.Random, rules: IdentityRules) -> dict[str, Any]:
    """Store the real adverts, then post some of the cars again, and count right and wrong pairs over all vehicles."""
    texts = [known.description for known in known_ads if known.description]
    base, again, scenario, truth = [], [], {}, {}
    owner = real_reposts(known_ads)
    for number, known in enumerate(known_ads, start=1):
        worn = dressed(known, rng, noise)
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
    shelf = Shelf(rules)
    rng.shuffle(base)
    first = shelf.take(base, IMPORT_BATCH)
    second = shelf.take(again, PULL_BATCH)
    figures = _figures((first, second), shelf.vehicles, truth, scenario, known_ads)
    return figures | {"seconds": round(shelf.seconds, 1), "ads": len(truth)}


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
        "recall": round(right / max(1, _pairs(truth)), 4),
        "recall_used": round(sum(n for name, n in found.items() if name != "new_car") / max(1, used), 4),
        "recall_with_doubts": round((sum(found.values()) + sum(doubted.values())) / max(1, sum(total.values())), 4),
        "right": right, "wrong": wrong, "joined_real_pairs": wrong_among_real, "truth_unknown": unknown,
        "doubts_of_reposts": sum(1 for join in second if join.doubts),
        "doubts_of_real": sum(1 for join in first if join.doubts),
        "scenarios": {
            name: {"n": count, "recall": round(found[name] / count, 3), "doubt": round(doubted[name] / count, 3)}
            for name, count in sorted(total.items())
        },
    }  # fmt: skip


def _pairs(truth: dict[int, int]) -> int:
    return sum(count * (count - 1) // 2 for count in Counter(truth.values()).values())


def between_feeds(data_dir: Path, rules: IdentityRules = DEFAULT_RULES) -> dict[str, int]:
    """One dealer's feeds ten months apart: his cars are told by the VIN, all of them and no other."""
    older, newer = (read_feed(data_dir / "feeds" / name) for name in FEEDS)
    shelf = Shelf(rules)
    before = [facts_of(known, ad_id=number, source_id=1) for number, known in enumerate(older, start=1)]
    after = [facts_of(known, ad_id=REPOST + number, source_id=2) for number, known in enumerate(newer, start=1)]
    shelf.take(before, IMPORT_BATCH)
    shelf.take(after, PULL_BATCH)
    pairs = [(one, other) for one in before for other in after]
    kept = {(one.ad_id, other.ad_id) for one, other in pairs if one.vin and one.vin == other.vin}
    joined = {
        (one.ad_id, other.ad_id) for one, other in pairs if shelf.vehicles[one.ad_id] == shelf.vehicles[other.ad_id]
    }
    return {"kept": len(kept), "found": len(kept & joined), "wrong": len(joined - kept)}


def evaluate(
    data_dir: Path,
    seed: int,
    rules: IdentityRules = DEFAULT_RULES,
    *,
    files: Iterable[str] = tuple(FILES),
    levels: Iterable[str] = tuple(LEVELS),
) -> dict[str, Any]:
    """Per file and noise level: precision, recall, doubts, and what became of each kind of noise."""
    report: dict[str, Any] = {}
    for name in files:
        known_ads = read_known(data_dir / FILES[name])
        for level in levels:
            rng = random.Random(f"{seed}/{name}/{level}")
            report[f"{name}/{level}"] = measure(known_ads, LEVELS[level], rng, rules)
    return report


def main(arguments: Sequence[str]) -> None:
    data_dir = Path(arguments[0]) if arguments else Path(__file__).parents[2] / "shared" / "data"
    print("between feeds", between_feeds(data_dir))
    for name, figures in evaluate(data_dir, int(arguments[1]) if len(arguments) > 1 else 1).items():
        scenarios = figures.pop("scenarios")
        print(name, figures)
        if "-v" in arguments:
            for scenario, counts in scenarios.items():
                print("     ", scenario, counts)


if __name__ == "__main__":
    main(sys.argv[1:])
