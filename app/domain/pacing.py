"""How many numbers a campaign dials at this second: enough that operators do not wait, few enough that sellers do not.

`decide` is called every second with what is so now (`Observed`), what is allowed (`Limits`) and what the campaign has
seen (`Learned`, kept through a restart with dump and load). It changes nothing and knows no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erf, sqrt
from typing import Literal, NamedTuple

from app.domain.pacing_memory import CallKind, Learned, Tables

Mode = Literal["progressive", "power", "predictive"]
Why = Literal[
    "no_operators", "no_lines", "per_second", "nobody_free", "too_few_operators", "warming_up", "too_many_abandoned",
    "one_for_each", "ratio", "predicted", "enough_ringing",
]  # fmt: skip

ANSWERS_NEEDED, TALKS_NEEDED = 30, 20
MOST_RATIO = 10.0
RING_SHARES = (0.1, 0.3, 0.5, 0.7, 0.9)  # a new call is answered at one of these moments of a ring, each as likely
WRAP_SHARES = (1 / 6, 1 / 2, 5 / 6)
FRESH_RUNG, FRESH_FREED = 48, 32  # so many observations later the tables are computed anew

Row = tuple[float, ...]


class Ringing(NamedTuple):
    """A call under way to a seller who has not been given to an operator yet; `elapsed` since the dial."""

    elapsed: float
    kind: CallKind = CallKind()


@dataclass(frozen=True, slots=True)
class Observed:
    """This second. Whoever is reserved for a call-back or on a pause is nowhere here."""

    free: int
    talking: Sequence[float] = ()  # since the seller's answer, for each operator
    wrapping: Sequence[float] = ()  # since the hang-up, for each operator
    ringing: Sequence[Ringing] = ()
    waiting: int = 0  # sellers who answered and whom no operator has taken yet
    next_kind: CallKind = CallKind()  # what would be dialled next

    @property
    def operators(self) -> int:
        return self.free + len(self.talking) + len(self.wrapping)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a person or a provider allows."""

    channels_left: int = 1_000_000
    dials_left: int = 1_000_000  # of the calls per second
    ceiling: float = 0.03  # of abandoned among answered
    operators_needed: int = 8  # fewer cannot be predicted
    ratio: float = 1.5  # of the power mode: numbers for one free operator
    patience_s: float = 2.0  # so long an answered seller may wait for an operator


@dataclass(frozen=True, slots=True)
class Decision:
    dials: int
    why: Why


def decide(mode: Mode, observed: Observed, limits: Limits, learned: Learned) -> Decision:
    """How many to dial now, and why not more."""
    allowed = min(limits.channels_left, limits.dials_left)
    if observed.operators <= 0:
        return Decision(0, "no_operators")
    if allowed <= 0:
        return Decision(0, "no_lines" if limits.channels_left <= 0 else "per_second")
    wanted = _wanted(mode, observed, limits, learned)
    if wanted.dials <= allowed:
        return wanted
    return Decision(allowed, "no_lines" if limits.channels_left <= limits.dials_left else "per_second")


def _wanted(mode: Mode, observed: Observed, limits: Limits, learned: Learned) -> Decision:
    plain = _one_for_each(observed)
    if mode == "progressive":
        return plain
    if _went_too_far(limits, learned):
        return Decision(plain.dials, "too_many_abandoned")
    if mode == "power":
        ratio = min(max(limits.ratio, 0.0), MOST_RATIO)
        lines = int(ratio * max(observed.free - observed.waiting, 0))
        return Decision(max(lines - len(observed.ringing), 0), "ratio")
    if observed.operators < limits.operators_needed:
        return Decision(plain.dials, "too_few_operators")
    if learned.rings.total < ANSWERS_NEEDED or learned.talks.total < TALKS_NEEDED:
        return Decision(plain.dials, "warming_up")
    dials = predicted(observed, limits, learned)
    if dials <= plain.dials:
        return plain if plain.dials else Decision(0, "enough_ringing")
    return Decision(dials, "predicted")


def _one_for_each(observed: Observed) -> Decision:
    dials = max(observed.free - observed.waiting - len(observed.ringing), 0)
    return Decision(dials, "one_for_each" if dials or observed.free else "nobody_free")


def _went_too_far(limits: Limits, learned: Learned) -> bool:
    """Above the ceiling by what chance does not explain: today, or in the last half hour."""
    return any(
        tally.events > limits.ceiling * tally.trials + 3 * sqrt(limits.ceiling * tally.trials + 1)
        for tally in (learned.today, learned.window)
    )


# --- prediction


def predicted(observed: Observed, limits: Limits, learned: Learned) -> int:
    """One more is dialled while the chance that it is answered with nobody to talk to it is within the daring.

    A call dialled now is answered at an unknown moment of its ring. At each such moment the answers by then are set
    against the operators free by then; both are sums of many small chances, so nearly normal.
    """
    tables = _fresh(learned)
    n, free = len(tables.moments), observed.free - observed.waiting
    freed_mean, freed_spread = _sums(_freed_rows(observed, limits, learned, tables), n)
    rung_mean, rung_spread = _sums(_rung_rows(observed, learned, tables), n)
    chance = learned.answer_chance(observed.next_kind)
    new = [chance * share for share in RING_SHARES]
    mean = [rung - freed - free for rung, freed in zip(rung_mean, freed_mean, strict=True)]
    spread = [rung + freed for rung, freed in zip(rung_spread, freed_spread, strict=True)]
    dials, most = 0, 3 * observed.operators
    while dials < most:
        nobody = sum(_above(m, s) for m, s in zip(mean, spread, strict=True)) / n
        if nobody > learned.daring:
            break
        dials += 1
        mean = [m + p for m, p in zip(mean, new, strict=True)]
        spread = [s + p * (1 - p) for s, p in zip(spread, new, strict=True)]
    return dials


def _above(mean: float, spread: float) -> float:
    """The chance that answers by others leave no operator: their surplus, a whole number, is not below zero."""
    return 0.5 * (1 + erf((mean + 0.5) / sqrt(2 * spread + 1e-9)))


def _freed_rows(observed: Observed, limits: Limits, learned: Learned, tables: Tables) -> list[Row]:
    rows: list[Row] = []
    known = tables.freed
    groups: tuple[tuple[Literal["talks", "wraps"], Sequence[float]], ...] = (
        ("talks", observed.talking),
        ("wraps", observed.wrapping),
    )
    for of, elapsed in groups:
        for seconds in elapsed:
            key = (of, _age(seconds))
            if key not in known:
                known[key] = _freed(learned, tables, of, key[1], limits.patience_s)
            rows.append(known[key])
    return rows


def _rung_rows(observed: Observed, learned: Learned, tables: Tables) -> list[Row]:
    rows: list[Row] = []
    known = tables.rung
    for elapsed, kind in observed.ringing:
        key = (kind, int(elapsed))
        if key not in known:
            known[key] = _rung(learned, tables.moments, *key)
        rows.append(known[key])
    return rows


def _sums(rows: list[Row], n: int) -> tuple[list[float], list[float]]:
    if not rows:
        return [0.0] * n, [0.0] * n
    columns = [sum(column) for column in zip(*rows, strict=True)]
    return columns[:n], columns[n:]


def _fresh(learned: Learned) -> Tables:
    """What was computed before, as long as little was seen since."""
    tables = learned.tables
    enough = FRESH_FREED + int(learned.talks.total) // 16
    if not tables.moments or learned.freed_n - tables.freed_at >= enough:
        tables.freed_at, tables.moments = learned.freed_n, learned.rings.quantiles(RING_SHARES)
        tables.wraps = learned.wraps.quantiles(WRAP_SHARES)
        tables.freed.clear()
        tables.rung_at = -FRESH_RUNG
    if learned.tried_n - tables.rung_at >= FRESH_RUNG:
        tables.rung_at = learned.tried_n
        tables.rung.clear()
    return tables


def _freed(learned: Learned, tables: Tables, of: Literal["talks", "wraps"], age: int, patience: float) -> Row:
    """The chances that the operator is free at each moment, then their spreads."""
    if of == "wraps":
        chances = [learned.wraps.ends_within(age, moment + patience) for moment in tables.moments]
    else:
        chances = [
            sum(learned.talks.ends_within(age, moment + patience - wrap) for wrap in tables.wraps) / len(tables.wraps)
            for moment in tables.moments
        ]
    return _with_spreads(chances)


def _rung(learned: Learned, moments: Sequence[float], kind: CallKind, age: int) -> Row:
    """The chances that the call is answered by each moment, then their spreads: the longer it rings, the fewer."""
    chance = learned.answer_chance(kind)
    rings = chance * learned.rings.share_later(age)
    silent = (1 - chance) * (learned.silences.share_later(age) if learned.silences.total else 1.0)
    if rings + silent < 1e-9:
        return _with_spreads([0.0] * len(moments))
    answered = [rings - chance * learned.rings.share_later(age + moment) for moment in moments]
    return _with_spreads([one / (rings + silent) for one in answered])


def _with_spreads(chances: list[float]) -> Row:
    return (*chances, *(chance * (1 - chance) for chance in chances))


def _age(seconds: float) -> int:
    """Whole seconds of the young, every third of the older, tens of the old, of whom few were seen."""
    whole = int(seconds)
    return whole if whole < 30 else whole // 3 * 3 if whole < 120 else whole // 10 * 10
