"""How many numbers a campaign dials at this tick: enough that operators do not wait, few enough that sellers do not.

What was observed is folded into a `Learned`; `decide` looks at it and at the state of this second, and at nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import erf, exp, pi, sqrt

OPERATORS_NEEDED = 8
ANSWERS_NEEDED = 30


@dataclass
class Durations:
    """An empirical distribution by whole seconds; old observations fade, so a changed day is learned anew."""

    longest: int = 900
    memory: float = 2000.0
    weights: list[float] = field(default_factory=list)
    total: float = 0.0

    def learn(self, seconds: float) -> None:
        self.weights = self.weights or [0.0] * (self.longest + 1)
        if self.total >= self.memory:
            self.weights = [weight / 2 for weight in self.weights]
            self.total /= 2
        self.weights[min(max(int(seconds), 0), self.longest)] += 1.0
        self.total += 1.0

    def later_than(self, elapsed: float) -> float:
        """How much of what was seen lasted longer than this."""
        return sum(self.weights[min(max(int(elapsed), 0), self.longest) :])

    def ends_within(self, elapsed: float, horizon: float) -> float:
        """The chance that what has lasted `elapsed` ends in the next `horizon` seconds."""
        alive = self.later_than(elapsed)
        return (alive - self.later_than(elapsed + horizon)) / alive if alive > 0 else 0.0

    def mean(self) -> float:
        return sum(second * weight for second, weight in enumerate(self.weights)) / self.total if self.total else 0.0


@dataclass
class Learned:
    """Everything a campaign has seen of its sellers and operators."""

    rings: Durations = field(default_factory=lambda: Durations(longest=120))
    busy: Durations = field(default_factory=Durations)
    dialled: float = 0.0
    answered: float = 0.0
    abandoned: float = 0.0

    def call_answered(self, ring_s: float) -> None:
        self.rings.learn(ring_s)
        self.dialled += 1
        self.answered += 1

    def call_unanswered(self) -> None:
        self.dialled += 1

    def call_abandoned(self) -> None:
        """An answered call that found nobody; it was counted as answered before."""
        self.abandoned += 1

    def operator_freed(self, busy_s: float) -> None:
        """Talk and wrap-up together: what matters is when the operator can take the next seller."""
        self.busy.learn(busy_s)

    def answer_chance(self) -> float:
        return (self.answered + 1) / (self.dialled + 2)

    def ringing_answers(self, age: float) -> float:
        """The chance that a call which has rung `age` seconds is still answered."""
        if not self.rings.total:
            return self.answer_chance()
        alive = self.rings.later_than(age) / self.rings.total * self.answer_chance()
        silent = 1.0 - self.answer_chance()
        return alive / (alive + silent) if alive + silent else 0.0


@dataclass(frozen=True)
class PacingState:
    """This second: who is free, who has been busy for how long, what has been ringing for how long, what is allowed."""

    free: int
    busy_for: tuple[float, ...] = ()
    ringing_for: tuple[float, ...] = ()
    channels_left: int = 1000
    dials_left: int = 1000
    ceiling: float = 0.03

    @property
    def operators(self) -> int:
        return self.free + len(self.busy_for)


def upper_bound(events: float, trials: float, z: float = 1.28) -> float:
    """Wilson's upper confidence bound of a share; 1 while nothing was tried."""
    if trials <= 0:
        return 1.0
    share, spread = events / trials, z * z / trials
    return (share + spread / 2 + z * sqrt(share * (1 - share) / trials + spread / trials / 4)) / (1 + spread)


def overflow(mean: float, variance: float) -> float:
    """The expected excess above zero of a normal quantity: sellers for whom no operator will be free."""
    deviation = sqrt(max(variance, 1e-9))
    at = mean / deviation
    return deviation * exp(-at * at / 2) / sqrt(2 * pi) + mean * (1 + erf(at / sqrt(2))) / 2


def decide(state: PacingState, learned: Learned) -> int:
    """How many to dial now."""
    allowed = max(min(state.channels_left, state.dials_left), 0)
    if state.operators == 0 or allowed == 0:
        return 0
    progressive = min(max(state.free - len(state.ringing_for), 0), allowed)
    if state.operators < OPERATORS_NEEDED or learned.answered < ANSWERS_NEEDED or not learned.busy.total:
        return progressive
    # Over the ceiling by what is certain, nobody is dialled for whom no operator is free already.
    if upper_bound(learned.abandoned, learned.answered) > 2 * state.ceiling and learned.abandoned:
        return progressive
    return max(_predicted(state, learned, allowed), progressive)


def _predicted(state: PacingState, learned: Learned, allowed: int) -> int:
    horizon = max(learned.rings.mean(), 1.0)
    ending = [learned.busy.ends_within(elapsed, horizon) for elapsed in state.busy_for]
    coming = [learned.ringing_answers(age) for age in state.ringing_for]
    answers, chance = sum(coming), learned.answer_chance()
    mean = answers - state.free - sum(ending)
    variance = _spread(ending) + _spread(coming)
    aim = _aim(state.ceiling, learned)
    dials = 0
    while dials < min(allowed, 3 * state.operators):
        answers, mean, variance = answers + chance, mean + chance, variance + chance * (1 - chance)
        if overflow(mean, variance) > aim * answers:
            break
        dials += 1
    return dials


def _aim(ceiling: float, learned: Learned) -> float:
    """Smoothly less than the ceiling, the nearer what was abandoned may already be to it."""
    room = 1 - upper_bound(learned.abandoned, learned.answered) / ceiling if ceiling > 0 else 0.0
    return ceiling * min(max(2 * room, 0.05), 1.0)


def _spread(chances: Iterable[float]) -> float:
    return sum(chance * (1 - chance) for chance in chances)
