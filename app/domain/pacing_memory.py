"""What a campaign has seen of its sellers and operators: rings, talks, answers, abandoned calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import exp, sqrt
from typing import Any, NamedTuple

from app.domain.durations import Durations

WINDOW_S = 1800.0  # what is older counts for less and less
CELL_MEMORY, CELL_PRIOR = 600.0, 20.0
DRIFT_MEMORY, DRIFT_PRIOR = 80.0, 10.0
DARING_FROM, DARING_LEAST, DARING_MOST = 0.06, 0.002, 0.6
STEP = 0.25  # how far one abandoned seller moves the daring
SURE = 0.4  # how many deviations above what was seen the bound lies
LEAST_AIM, MOST_AIM = 0.3, 1.2


class CallKind(NamedTuple):
    """What the chance of an answer depends on: the hour of the day, the line, the attempt of the seller."""

    hour: int = 0
    line: int = 0
    attempt: int = 1


@dataclass
class Tally:
    """So many of so many, the older ones fading."""

    trials: float = 0.0
    events: float = 0.0

    def add(self, event: float, trial: float = 1.0, *, memory: float) -> None:
        if self.trials >= memory:
            self.trials, self.events = self.trials / 2, self.events / 2
        self.trials, self.events = self.trials + trial, self.events + event

    def fade(self, by: float) -> None:
        self.trials, self.events = self.trials * by, self.events * by


@dataclass
class Tables:
    """What `decide` has computed from the distributions; these change slowly, so it serves a while."""

    moments: tuple[float, ...] = ()
    wraps: tuple[float, ...] = ()
    freed: dict[tuple[str, int], tuple[float, ...]] = field(default_factory=dict)
    freed_at: int = -1
    rung: dict[tuple[CallKind, int], tuple[float, ...]] = field(default_factory=dict)
    rung_at: int = -1


@dataclass
class Learned:
    """Tell it what happened with the second of the day's clock; `decide` only reads it."""

    rings: Durations = field(default_factory=lambda: Durations(longest=120, memory=800))  # until a person answers
    silences: Durations = field(default_factory=lambda: Durations(longest=120, memory=800))  # until nobody did
    talks: Durations = field(default_factory=Durations)
    wraps: Durations = field(default_factory=lambda: Durations(longest=600, memory=1000))
    answers: dict[CallKind, Tally] = field(default_factory=dict)
    lines: dict[int, Tally] = field(default_factory=dict)
    drift: Tally = field(default_factory=Tally)
    day: str = ""
    today: Tally = field(default_factory=Tally)
    window: Tally = field(default_factory=Tally)
    window_at: float = 0.0
    daring: float = DARING_FROM
    tried_n: int = 0
    freed_n: int = 0
    tables: Tables = field(default_factory=Tables, repr=False, compare=False)

    # --- what happened

    def begin_day(self, day: str) -> None:
        """Abandoned calls are counted by days; distributions and daring live on."""
        if day != self.day:
            self.day, self.today = day, Tally()

    def unanswered(self, after_s: float, kind: CallKind = CallKind()) -> None:  # noqa: B008  a tuple
        """Busy, silent, a machine, out of reach: nobody to give to an operator, known after so many seconds."""
        self.silences.learn(after_s)
        self._tried(kind, 0)

    def answered(self, after_s: float, kind: CallKind = CallKind()) -> None:  # noqa: B008
        """A person who needs an operator now, so many seconds after the dial (the machine's detection included)."""
        self.rings.learn(after_s)
        self._tried(kind, 1)

    def connected(self, now: float, ceiling: float = 0.03) -> None:
        self._counted(now, 0, ceiling)

    def abandoned(self, now: float, ceiling: float = 0.03) -> None:
        """Answered, and no operator came in time."""
        self._counted(now, 1, ceiling)

    def talked(self, seconds: float) -> None:
        self.talks.learn(seconds)
        self.freed_n += 1

    def wrapped(self, seconds: float) -> None:
        self.wraps.learn(seconds)
        self.freed_n += 1

    def _tried(self, kind: CallKind, event: int) -> None:
        self.drift.add(event, self._cell_chance(kind), memory=DRIFT_MEMORY)
        self.answers.setdefault(kind, Tally()).add(event, memory=CELL_MEMORY)
        self.lines.setdefault(kind.line, Tally()).add(event, memory=4 * CELL_MEMORY)
        self.tried_n += 1

    def _counted(self, now: float, event: int, ceiling: float) -> None:
        self._fade(now)
        self.window.add(event, memory=1e9)
        self.today.add(event, memory=1e9)
        # Each abandoned call makes it less bold, each connected one a little bolder: at the aimed share they balance,
        # however wrong the model of sellers and operators may be.
        aim = self.aim(ceiling)
        moved = self.daring * exp(STEP * (aim * (1 - event) - (1 - aim) * event))
        self.daring = min(max(moved, DARING_LEAST), DARING_MOST)

    def _fade(self, now: float) -> None:
        if now > self.window_at:
            self.window.fade(exp((self.window_at - now) / WINDOW_S))
        self.window_at = max(self.window_at, now)

    # --- what is expected

    def aim(self, ceiling: float) -> float:
        """Which share of abandoned calls to steer at: as far below the ceiling as the upper confidence bound of what
        was abandoned, in the last half hour or today, is above it; a little above it while the bound is below."""
        bound = max(upper_bound(tally.events, tally.trials, SURE) for tally in (self.window, self.today))
        return min(max(2 * ceiling - bound, LEAST_AIM * ceiling), MOST_AIM * ceiling)

    def answer_chance(self, kind: CallKind = CallKind()) -> float:  # noqa: B008
        """By hour, line and attempt as far as seen, leaning on the line and on all; then as of the last minutes."""
        now = (self.drift.events + DRIFT_PRIOR) / (self.drift.trials + DRIFT_PRIOR)
        return min(max(self._cell_chance(kind) * now, 0.005), 0.98)

    def _cell_chance(self, kind: CallKind) -> float:
        trials = sum(tally.trials for tally in self.lines.values())
        chance = (sum(tally.events for tally in self.lines.values()) + 1) / (trials + 3)
        for tally in (self.lines.get(kind.line), self.answers.get(kind)):
            if tally is not None:
                chance = (tally.events + CELL_PRIOR * chance) / (tally.trials + CELL_PRIOR)
        return chance

    # --- kept through a restart

    def dump(self) -> dict[str, Any]:
        """Plain enough for JSON."""
        return {
            "rings": self.rings.dump(), "silences": self.silences.dump(), "talks": self.talks.dump(),
            "wraps": self.wraps.dump(), "day": self.day, "daring": self.daring, "window_at": self.window_at,
            "tried_n": self.tried_n, "freed_n": self.freed_n,
            "answers": [[*kind, tally.trials, tally.events] for kind, tally in self.answers.items()],
            "lines": [[line, tally.trials, tally.events] for line, tally in self.lines.items()],
            **{name: [tally.trials, tally.events] for name, tally in self._tallies().items()},
        }  # fmt: skip

    @staticmethod
    def load(kept: dict[str, Any]) -> Learned:
        """What `dump` gave; of an empty or torn one as much as is whole."""
        found = Learned()
        for name in ("rings", "silences", "talks", "wraps"):
            if name in kept:
                setattr(found, name, Durations.load(kept[name]))
        for name in found._tallies():
            setattr(found, name, Tally(*kept.get(name, ())))
        found.answers = {CallKind(*row[:3]): Tally(*row[3:]) for row in kept.get("answers", ())}
        found.lines = {row[0]: Tally(*row[1:]) for row in kept.get("lines", ())}
        found.day, found.window_at = kept.get("day", ""), kept.get("window_at", 0.0)
        found.daring = kept.get("daring", DARING_FROM)
        found.tried_n, found.freed_n = kept.get("tried_n", 0), kept.get("freed_n", 0)
        return found

    def _tallies(self) -> dict[str, Tally]:
        return {"drift": self.drift, "today": self.today, "window": self.window}


def upper_bound(events: float, trials: float, z: float = 1.28) -> float:
    """Wilson's upper confidence bound of a share; 1 while nothing was tried."""
    if trials <= 0:
        return 1.0
    share, spread = events / trials, z * z / trials
    return (share + spread / 2 + z * sqrt(share * (1 - share) / trials + spread / trials / 4)) / (1 + spread)
