"""What a shift is modelled of: operators, sellers and lines as distributions, and what changes in the middle of it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import exp
from statistics import NormalDist

POINTS = 64


@dataclass(frozen=True, slots=True)
class Times:
    """A distribution told by evenly spaced quantiles: of real calls, or of a formula."""

    quantiles: tuple[float, ...]

    def draw(self, rng: random.Random) -> float:
        at = rng.random() * (len(self.quantiles) - 1)
        low = int(at)
        return self.quantiles[low] + (self.quantiles[min(low + 1, len(self.quantiles) - 1)] - self.quantiles[low]) * (
            at - low
        )

    @property
    def mean(self) -> float:
        inner = sum(self.quantiles) - (self.quantiles[0] + self.quantiles[-1]) / 2
        return inner / (len(self.quantiles) - 1)

    def scaled(self, mean: float) -> Times:
        """The same shape with another mean."""
        by = mean / self.mean if self.mean else 0.0
        return Times(tuple(value * by for value in self.quantiles))

    @staticmethod
    def seen(values: Sequence[float]) -> Times:
        """Of what was measured, one value or many."""
        rising = sorted(values)
        return Times(tuple(rising) if len(rising) > 1 else (rising[0], rising[0]))

    @staticmethod
    def lognormal(median: float, spread: float) -> Times:
        normal = NormalDist()
        return Times(tuple(median * exp(spread * normal.inv_cdf((n + 0.5) / POINTS)) for n in range(POINTS)))

    @staticmethod
    def mixed(parts: Sequence[tuple[float, Times]]) -> Times:
        """Of several kinds with these shares, as their common quantiles."""
        rng = random.Random(1)
        kinds, shares = [one for _, one in parts], [share for share, _ in parts]
        drawn = sorted(rng.choices(kinds, shares)[0].draw(rng) for _ in range(200 * POINTS))
        return Times(tuple(drawn[min(n * 200, len(drawn) - 1)] for n in range(POINTS + 1)))


# Many refuse at once, the others speak of their car; a telephone in a pocket is answered in some ten seconds.
TALKS = Times.mixed([(0.4, Times.lognormal(22, 0.5)), (0.6, Times.lognormal(95, 0.6))])
RINGS = Times.lognormal(9.5, 0.45)
WRAPS = Times.lognormal(12, 0.6)
SILENCES = Times.mixed([(0.75, Times((30.0, 30.0))), (0.25, Times.lognormal(8, 0.6))])


@dataclass(frozen=True, slots=True)
class Step:
    """From this second on it is otherwise."""

    at_s: float
    operators: int | None = None
    answer_rate: float | None = None


@dataclass(frozen=True, slots=True)
class Town:
    operators: int = 20
    answer_rate: float = 0.3  # of persons; machines are counted apart
    hours: float = 3.0
    talks: Times = TALKS
    rings: Times = RINGS
    wraps: Times = WRAPS
    silences: Times = SILENCES
    machine_rate: float = 0.0  # of all calls
    with_amd: bool = True
    amd_s: float = 2.5
    patience_s: float = 2.0  # then the seller hears the message and is abandoned
    impatience_s: float = 20.0  # after so long, on average, the seller hangs up in silence
    channels: int = 1000
    calls_per_second: float = 50.0
    ceiling: float = 0.03
    ratio: float = 1.5
    warm_up_s: float = 1800.0  # learnt from, but not counted in the result
    steps: tuple[Step, ...] = ()
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Fate:
    """What would become of a call to the next seller, whoever dials it and whenever."""

    answers: bool
    is_machine: bool
    ring_s: float  # until an operator is needed, or until it is plain that none is
    talk_s: float
    wrap_s: float
    stays_s: float


@dataclass
class Sellers:
    """The endless list of sellers; with the same seed it is the same list for every rival."""

    town: Town
    rng: random.Random = field(init=False)
    answer_rate: float = field(init=False)

    def __post_init__(self) -> None:
        self.rng, self.answer_rate = random.Random(self.town.seed), self.town.answer_rate

    def next(self) -> Fate:
        town, rng = self.town, self.rng
        chance, ring, silence = rng.random(), town.rings.draw(rng), town.silences.draw(rng)
        talk, wrap, stays = town.talks.draw(rng), town.wraps.draw(rng), rng.expovariate(1 / town.impatience_s)
        if chance < self.answer_rate:
            heard = town.amd_s if town.machine_rate and town.with_amd else 0.0
            return Fate(True, False, ring + heard, talk, wrap, stays)
        if chance < self.answer_rate + town.machine_rate:
            return Fate(not town.with_amd, True, ring + (town.amd_s if town.with_amd else 0), 6.0, wrap, 60.0)
        return Fate(False, False, silence, 0.0, 0.0, 0.0)

    def who_answer(self) -> Iterator[Fate]:
        """Only those, for whoever knows beforehand."""
        while True:
            fate = self.next()
            if fate.answers:
                yield fate
