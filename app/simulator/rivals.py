"""Ways of pacing side by side: ours, and those of others, written by us from what they publish of their rules."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from math import ceil
from typing import Protocol

from app.domain.pacing import Limits, Mode, Observed, decide
from app.domain.pacing_memory import Learned


class Rival(Protocol):
    def dials(self, now: float, observed: Observed, limits: Limits, learned: Learned) -> int: ...


class Ours:
    """The product's own pacing, the very code that campaigns run."""

    def __init__(self, mode: Mode) -> None:
        self.mode = mode

    def dials(self, now: float, observed: Observed, limits: Limits, learned: Learned) -> int:
        return decide(self.mode, observed, limits, learned).dials


class Fixed:
    """So many numbers for each free operator, whatever comes of it."""

    def __init__(self, ratio: float) -> None:
        self.ratio = ratio

    def dials(self, now: float, observed: Observed, limits: Limits, learned: Learned) -> int:
        return int(self.ratio * observed.free) - len(observed.ringing)


class Vicidial:
    """VICIdial's adaptive dial level: so many lines for each operator at work.

    Each quarter of a minute the level is multiplied by one and the share of operators who stood ready, beyond sellers
    who waited, in the last minute; the intensity, in percent, makes steps up greater and steps down smaller. Above
    the day's drop limit AVERAGE halves the level, HARD_LIMIT sets it to one; it stays between one and the highest.
    The dialler tops lines up every two and a half seconds.
    """

    def __init__(self, *, hard: bool, highest: float = 3.0, intensity: float = 0.0) -> None:
        self.hard, self.highest, self.intensity, self.level = hard, highest, intensity, 1.0
        self.minute: deque[tuple[int, int]] = deque(maxlen=60)
        self.counts: deque[tuple[float, float]] = deque(maxlen=60)
        self.next_level, self.next_dial = 15.0, 0.0

    def dials(self, now: float, observed: Observed, limits: Limits, learned: Learned) -> int:
        operators = observed.free + len(observed.talking)  # who finishes a card stands paused there
        self.minute.append((observed.free - observed.waiting, operators))
        self.counts.append((learned.today.trials, learned.today.events))
        if now >= self.next_level:
            self.next_level = now + 15
            self.level = self._adapted(limits, learned)
        if now < self.next_dial:
            return 0
        self.next_dial = now + 2.5
        lines = len(observed.ringing) + observed.waiting + len(observed.talking)
        return ceil(self.level * operators) - lines

    def _adapted(self, limits: Limits, learned: Learned) -> float:
        ready = sum(ready for ready, _ in self.minute)
        operators = sum(n for _, n in self.minute)
        change = ready / operators if operators else 0.0
        change *= 1 + self.intensity / 100 if change > 0 else 1 - self.intensity / 100
        level = min(self.level * (1 + change), self.highest)
        answered = self.counts[-1][0] - self.counts[0][0]
        dropped = self.counts[-1][1] - self.counts[0][1]
        if answered > 20 and dropped > answered / 2:
            level /= 2
        today = learned.today
        if today.trials > 50 and today.events > limits.ceiling * today.trials:
            level = 1.0 if self.hard else level / 2
        return max(level, 1.0)


class Webitel:
    """Webitel's over-dial: numbers for each free operator, one by the share of answers in the last hour.

    Under the aimed share of abandoned calls the factor grows by a tenth of each missing percent point, over it it
    shrinks, at the highest share it is one; before enough tries it is one as well.
    """

    def __init__(self, *, load: float = 10.0, least_tries: int = 50) -> None:
        self.load, self.least_tries = load, least_tries
        self.hour: deque[tuple[float, float]] = deque(maxlen=3600)
        self.tried = 0.0

    def dials(self, now: float, observed: Observed, limits: Limits, learned: Learned) -> int:
        self.hour.append((learned.today.trials, learned.today.events))
        return ceil(observed.free * self._over(limits, learned)) - len(observed.ringing)

    def _over(self, limits: Limits, learned: Learned) -> float:
        tries = sum(tally.trials for tally in learned.lines.values())
        if tries < self.least_tries:
            return 1.0
        over = tries / max(sum(tally.events for tally in learned.lines.values()), 1.0)
        answered = self.hour[-1][0] - self.hour[0][0]
        share = (self.hour[-1][1] - self.hour[0][1]) / answered if answered else 0.0
        if share >= limits.ceiling:
            return 1.0
        return over + over * (limits.ceiling - share) * 100 * self.load / 100


class Oracle:
    """Knows beforehand who answers, after how long a ring, and how long every talk lasts. Nobody can do better."""

    def dials(self, now: float, observed: Observed, limits: Limits, learned: Learned) -> int:
        raise AssertionError("the oracle is not asked every second")


RIVALS: dict[str, Callable[[], Rival]] = {
    "predictive": lambda: Ours("predictive"),
    "progressive": lambda: Ours("progressive"),
    "power": lambda: Ours("power"),
    "fixed-1.5": lambda: Fixed(1.5),
    "fixed-2": lambda: Fixed(2.0),
    "fixed-3": lambda: Fixed(3.0),
    "vicidial-average": lambda: Vicidial(hard=False),
    "vicidial-hard-limit": lambda: Vicidial(hard=True),
    "webitel": Webitel,
    "oracle": Oracle,
}
