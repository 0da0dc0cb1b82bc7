"""Has a line fallen below its own past? Chance alone must not alarm: too few calls say nothing."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

PAST_DAYS = 14
FEWEST_NOW, FEWEST_PAST = 50, 200
# One-sided, about one false alarm in a thousand looks: a page shows dozens of lines, every day.
LEAST_SURE = 3.09
# With very many calls a trifle is sure as well; only a loss that is worth a look alarms.
LEAST_LOSS = 0.1  # of the past share


@dataclass(frozen=True, slots=True)
class Share:
    attempts: int
    connects: int

    @property
    def value(self) -> float:
        return self.connects / self.attempts if self.attempts else 0.0


def has_fallen(now: Share, past: Share) -> bool:
    """Two shares, compared by the pooled two-proportion test; `past` must not hold the calls of `now`."""
    if now.attempts < FEWEST_NOW or past.attempts < FEWEST_PAST:
        return False
    if now.value > past.value * (1 - LEAST_LOSS):
        return False
    together = (now.connects + past.connects) / (now.attempts + past.attempts)
    spread = sqrt(together * (1 - together) * (1 / now.attempts + 1 / past.attempts))
    return spread > 0 and (past.value - now.value) / spread >= LEAST_SURE
