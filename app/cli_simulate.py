"""The command that tries ways of pacing on a modelled shift: a table or JSON, and the picture."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path

import config
from app import create_app
from app.domain.pacing import MOST_RATIO
from app.errors import Refused
from app.extensions import db
from app.services import call_shapes
from app.simulator import picture
from app.simulator.contest import Score, as_table, compete
from app.simulator.replay import CALLS_NEEDED, as_seen
from app.simulator.rivals import RIVALS
from app.simulator.town import Town

BEGIN, END = "[//]: # (simulated)", "[//]: # (end of simulated)"  # Markdown that is not shown


def simulate(arguments: argparse.Namespace, settings: config.Config) -> None:
    """Refused: a rival nobody knows, a number out of its bounds, a day without calls."""
    towns = _towns(arguments, settings)
    rivals = [name.strip() for name in arguments.rivals.split(",") if name.strip()]
    for name in rivals:
        if name not in RIVALS:
            raise Refused("simulation_rival", name=name, known=", ".join(RIVALS))
    scores: list[Score] = []
    for town in towns:
        scores += compete(town, rivals, seeds=arguments.seeds)
        if sys.stderr.isatty():
            print(f"{len(scores)} of {len(towns) * len(rivals)}", end="\r", file=sys.stderr, flush=True)
    if arguments.out is not None:
        arguments.out.write_text(picture.draw(scores, arguments.ceiling / 100), "utf-8")
    if arguments.table is not None:
        _write_table(arguments.table, scores)
    if arguments.format == "json":
        print(json.dumps([one.as_json() for one in scores]))
    else:
        _print_table(as_table(scores))


def _towns(arguments: argparse.Namespace, settings: config.Config) -> list[Town]:
    base = Town(
        hours=_within("hours", arguments.hours, 0.1, 24),
        channels=int(_within("channels", arguments.channels, 0, 100_000)),
        calls_per_second=_within("calls-per-second", arguments.calls_per_second, 0.01, 1000),
        ceiling=_within("ceiling", arguments.ceiling, 0, 100) / 100,
        ratio=_within("ratio", arguments.ratio, 0, MOST_RATIO),
        machine_rate=_within("machines", arguments.machines, 0, 90) / 100,
        warm_up_s=60 * _within("warm-up", arguments.warm_up, 0, 60 * arguments.hours),
        seed=arguments.seed,
    )
    if arguments.replay:
        base = _replayed(base, arguments.replay, settings)
    rates = [_within("answer-rate", one, 0, 100) / 100 for one in _numbers(arguments.answer_rate)]
    sizes = [int(_within("operators", one, 0, 2000)) for one in _numbers(arguments.operators)]
    if arguments.replay and not arguments.answer_rate:
        rates = [base.answer_rate]
    return [
        replace(base, operators=size, answer_rate=rate)
        for rate, size in product(rates or [base.answer_rate], sizes or [base.operators])
    ]


def _replayed(base: Town, day: str, settings: config.Config) -> Town:
    try:
        when = date.fromisoformat(day)
    except ValueError as error:
        raise Refused("simulation_day", day=day) from error
    flask = create_app(settings)
    with flask.app_context():
        seen = call_shapes.of_day(db.session(), when, settings.timezone)
    if len(seen.rings) < CALLS_NEEDED:
        raise Refused("simulation_few_calls", n=len(seen.rings), needed=CALLS_NEEDED)
    town = as_seen(base, rings=seen.rings, silences=seen.silences, talks=seen.talks, wraps=seen.wraps,
                   machines_n=seen.machines_n)  # fmt: skip
    return replace(town, operators=seen.operators_n)


def _numbers(words: str) -> list[float]:
    try:
        return [float(word) for word in words.split(",") if word.strip()]
    except ValueError as error:
        raise Refused("simulation_number", words=words) from error


def _within(name: str, value: float, least: float, most: float) -> float:
    if not least <= value <= most:
        raise Refused("simulation_bounds", name=name, least=f"{least:g}", most=f"{most:g}")
    return value


def _print_table(rows: list[list[str]]) -> None:
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _write_table(path: Path, scores: list[Score]) -> None:
    """As Markdown; in a document that has the marks, between these."""
    rows = as_table(scores)
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    table = "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:], ""])
    old = path.read_text("utf-8") if path.exists() else ""
    if BEGIN in old and END in old:
        before, after = old.split(BEGIN)[0], old.split(END)[1]
        table = f"{before}{BEGIN}\n\n{table}\n{END}{after}"
    path.write_text(table, "utf-8")
