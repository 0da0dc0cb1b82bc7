"""How long something lasts, as it was seen: rings, talks, the finishing of cards. Old observations fade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate

PRIOR = 4.0  # so many imagined observations keep a rare age from being believed too soon


@dataclass
class Durations:
    """An empirical distribution by whole seconds; nothing is assumed of its shape."""

    longest: int = 900
    memory: float = 2000.0
    weights: list[float] = field(default_factory=list)
    total: float = 0.0
    _later: list[float] = field(
        default_factory=list, repr=False, compare=False
    )  # sums from behind, until one is learnt
    _mean: float = field(default=0.0, repr=False, compare=False)

    def learn(self, seconds: float) -> None:
        self.weights = self.weights or [0.0] * (self.longest + 1)
        if self.total >= self.memory:
            self.weights = [weight / 2 for weight in self.weights]
            self.total /= 2
        self.weights[min(max(int(seconds), 0), self.longest)] += 1.0
        self.total += 1.0
        self._later = []

    def later_than(self, elapsed: float) -> float:
        """The weight of what lasted longer than this; a second is left evenly, so the curve has no steps."""
        if not self.total:
            return 0.0
        if not self._later:
            self._later = [*reversed(list(accumulate(reversed(self.weights)))), 0.0]
            self._mean = sum(self._later) / self.total - 0.5
        at = min(max(elapsed, 0.0), float(self.longest))
        second = int(at)
        return self._later[second] + (self._later[second + 1] - self._later[second]) * (at - second)

    def share_later(self, elapsed: float) -> float:
        return self.later_than(elapsed) / self.total if self.total else 0.0

    def ends_within(self, elapsed: float, horizon: float) -> float:
        """The chance that what has lasted `elapsed` ends in the next `horizon` seconds.

        Few have lasted very long: their chance leans on the mean, or one old talk would decide it.
        """
        if not self.total or horizon <= 0:
            return 0.0
        alive = self.later_than(elapsed)
        usual = horizon / (horizon + max(self._mean, 1.0))
        return (alive - self.later_than(elapsed + horizon) + PRIOR * usual) / (alive + PRIOR)

    def mean(self) -> float:
        if not self.total:
            return 0.0
        self.later_than(0)
        return self._mean

    def quantiles(self, shares: Sequence[float]) -> tuple[float, ...]:
        """The seconds by which these shares have ended; shares rise."""
        if not self.total:
            return tuple(0.0 for _ in shares)
        found: list[float] = []
        ended, second = 0.0, 0
        for share in shares:
            while second < self.longest and ended + self.weights[second] < share * self.total:
                ended += self.weights[second]
                second += 1
            here = self.weights[second] or 1.0
            found.append(second + min(max((share * self.total - ended) / here, 0.0), 1.0))
        return tuple(found)

    def dump(self) -> dict[str, object]:
        seen = {str(second): round(weight, 4) for second, weight in enumerate(self.weights) if weight}
        return {"longest": self.longest, "memory": self.memory, "seen": seen}

    @staticmethod
    def load(kept: dict[str, object]) -> Durations:
        found = Durations(int(str(kept["longest"])), float(str(kept["memory"])))
        seen = kept["seen"]
        if isinstance(seen, dict) and seen:
            found.weights = [0.0] * (found.longest + 1)
            for second, weight in seen.items():
                found.weights[min(int(second), found.longest)] = float(weight)
            found.total = sum(found.weights)
        return found
