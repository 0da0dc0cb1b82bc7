"""Our pacing against VICIdial's adaptive average and against whoever knows everything, on talks of real records."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from time import process_time

from app.simulator.contest import Score, compete, share_of
from app.simulator.engine import Result, Shift
from app.simulator.rivals import RIVALS
from app.simulator.town import Step, Times, Town
from bench.harness import DATA, Plan, Row, skipped, within

RECORDS = DATA / "telephony" / "cdr_2024.csv"
SIZES, RATES = (10, 20, 40, 100), (0.2, 0.4, 0.6)
# With fewer operators chance does not level out: docs/pacing.md.
VICIDIAL_FROM, ORACLE_FROM = 20, 40
TALK_S = 75.0  # the records are of short calls: their shape, with the mean of a talk about a car
VICIDIAL_BOUND, ORACLE_BOUND, CEILING, STEP_BOUND, SPEED_BOUND = 1.15, 0.9, 0.03, 0.05, 2.0


def bench(plan: Plan) -> list[Row]:
    if not RECORDS.exists():
        return [skipped("pacing: talks of real records", "", "../shared/data is not here")]
    town = Town(talks=Times.seen(_talks()).scaled(TALK_S), hours=4.0 if plan.quick else 8.0)
    scores: list[Score] = []
    for rate in RATES:
        for size in SIZES:
            shift = replace(town, operators=size, answer_rate=rate)
            scores += compete(shift, ("predictive", "vicidial-average", "oracle"))
    ours = [one for one in scores if one.rival == "predictive"]
    return [row for one in ours for row in _rows(scores, one)] + [_step(town, plan), _speed(town)]


def _talks() -> list[float]:
    """Seconds of each answered call; one call leaves several records, the longest is the talk."""
    longest: dict[str, float] = defaultdict(float)
    with RECORDS.open(encoding="utf-8", errors="replace", newline="") as file:
        for row in csv.reader(file):
            if row[14] == "ANSWERED":
                longest[row[19]] = max(longest[row[19]], float(row[13]))
    return [seconds for seconds in longest.values() if seconds]


def _rows(scores: list[Score], one: Score) -> Iterable[Row]:
    where = f"{one.operators} operators, {100 * one.answer_rate:.0f} % answer"
    rival = next(other for other in scores if other.rival == "vicidial-average" and _same(other, one))
    oracle = next(other for other in scores if other.rival == "oracle" and _same(other, one))
    for name, other, bound, least in (
        ("VICIdial", rival, VICIDIAL_BOUND, VICIDIAL_FROM),
        ("oracle", oracle, ORACLE_BOUND, ORACLE_FROM),
    ):
        is_promised = one.operators >= least
        ratio = share_of(scores, one, other.rival) or 0.0
        asked = f">= {bound:g}" if is_promised else "told, nothing promised"
        is_well = not is_promised or ratio >= bound
        talks = (one.minutes_per_hour, other.minutes_per_hour)
        yield Row(f"pacing: {where}: talk / {name}", *talks, ratio, asked, is_well)
    told = f"VICIdial {100 * rival.abandoned_share:.2f} %"
    yield within(f"pacing: {where}: abandoned", one.abandoned_share, CEILING, told)


def _same(a: Score, b: Score) -> bool:
    return (a.operators, a.answer_rate) == (b.operators, b.answer_rate)


def _step(town: Town, plan: Plan) -> Row:
    """Half the operators leave in the middle: what is abandoned in the next five minutes, over some shifts."""
    answered = abandoned = 0
    seeds = range(1, 5 if plan.quick else 9)
    for size in SIZES:
        for rate in (0.2, 0.6):
            shift = replace(town, operators=size, answer_rate=rate, hours=2.0, steps=(Step(5400, operators=size // 2),))
            for seed in seeds:
                minutes = _ours(replace(shift, seed=seed)).minutes[90:95]
                answered += sum(one.answered for one in minutes)
                abandoned += sum(one.abandoned for one in minutes)
    note = f"{abandoned} of {answered}"
    return within("pacing: half the operators leave: abandoned in 5 min", abandoned / answered, STEP_BOUND, note)


def _speed(town: Town) -> Row:
    started = process_time()
    _ours(replace(town, operators=100, hours=1.0))
    return within("pacing: an hour of 100 operators, CPU s", process_time() - started, SPEED_BOUND)


def _ours(town: Town) -> Result:
    return Shift(town, RIVALS["predictive"]()).run()
