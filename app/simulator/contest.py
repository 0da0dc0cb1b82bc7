"""Rivals on the same shift: the same operators, the same sellers in the same order; figures beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace

from app.simulator.engine import Minute, Result, Shift
from app.simulator.rivals import RIVALS
from app.simulator.town import Town

USUAL = ("predictive", "progressive", "power", "vicidial-average", "vicidial-hard-limit", "webitel", "oracle")


@dataclass(frozen=True, slots=True)
class Score:
    """What one rival made of the shifts of some seeds, together."""

    rival: str
    operators: int
    answer_rate: float
    minutes_per_hour: float
    abandoned_share: float
    waiting_minutes: float  # of an operator's hour
    operator_wait_s: float
    seller_wait_s: float
    short_share: float  # of the time in which lines or their calls per second held the dialling back
    dialled: int
    answered: int
    connected: int
    minutes: tuple[dict[str, float], ...] = ()

    def as_json(self) -> dict[str, object]:
        return asdict(self)


def compete(
    town: Town, rivals: Sequence[str] = USUAL, *, seeds: int = 1, told: Callable[[int], None] = lambda done: None
) -> list[Score]:
    """Every rival through every seed; `told` hears how many shifts are done."""
    scores, done = [], 0
    for name in rivals:
        results = []
        for number in range(seeds):
            results.append(Shift(replace(town, seed=town.seed + number), RIVALS[name]()).run())
            done += 1
            told(done)
        scores.append(_score(name, town, results))
    return scores


def _score(rival: str, town: Town, results: Sequence[Result]) -> Score:
    staffed = sum(one.staffed_s for one in results)
    answered = sum(one.answered for one in results)
    connected = sum(one.connected for one in results)
    return Score(
        rival=rival,
        operators=town.operators,
        answer_rate=town.answer_rate,
        minutes_per_hour=60 * sum(one.talked_s for one in results) / staffed if staffed else 0.0,
        abandoned_share=sum(one.abandoned for one in results) / answered if answered else 0.0,
        waiting_minutes=60 * sum(one.free_s for one in results) / staffed if staffed else 0.0,
        operator_wait_s=sum(one.free_s for one in results) / connected if connected else 0.0,
        seller_wait_s=sum(one.seller_wait_s for one in results) / connected if connected else 0.0,
        short_share=sum(one.short_share for one in results) / len(results),
        dialled=sum(one.dialled for one in results),
        answered=answered,
        connected=connected,
        minutes=tuple(_minutes(results[0].minutes)),
    )


def _minutes(minutes: Iterable[Minute]) -> Iterable[dict[str, float]]:
    for one in minutes:
        yield {
            "dialled": one.dialled,
            "answered": one.answered,
            "abandoned": one.abandoned,
            "free": round(one.free_s / 60, 2),
            "operators": round(one.staff_s / 60, 2),
        }


def share_of(scores: Iterable[Score], score: Score, rival: str) -> float | None:
    """Talk minutes as a part of that rival's in the same town; None when it did not run."""
    for other in scores:
        if (other.rival, other.operators, other.answer_rate) == (rival, score.operators, score.answer_rate):
            return score.minutes_per_hour / other.minutes_per_hour if other.minutes_per_hour else None
    return None


def as_table(scores: Sequence[Score]) -> list[list[str]]:
    """Rows of words for a shell or a document; the first is the head."""
    rows = [["operators", "answer", "pacing", "talk min/h", "of oracle", "x VICIdial", "abandoned", "operator waits",
             "seller waits", "dialled per talk"]]  # fmt: skip
    for one in scores:
        oracle, vicidial = share_of(scores, one, "oracle"), share_of(scores, one, "vicidial-average")
        rows.append(
            [str(one.operators), f"{100 * one.answer_rate:.0f} %", one.rival, f"{one.minutes_per_hour:.1f}",
             "" if oracle is None else f"{100 * oracle:.0f} %", "" if vicidial is None else f"{vicidial:.2f}",
             f"{100 * one.abandoned_share:.2f} %", f"{one.operator_wait_s:.1f} s", f"{one.seller_wait_s:.2f} s",
             f"{one.dialled / one.connected:.1f}" if one.connected else ""]
        )  # fmt: skip
    return rows
