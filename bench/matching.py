"""How fast cards meet filters: P5, P6, P8 and P9, both sides of each ratio side by side in one run.

Run: python -m bench.matching [--check]. P6 needs a PostgreSQL: DATABASE_URL, or the embedded one in a scratch folder.
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from app.domain.matching import CarCard, FilterSpec, MatchIndex, bits
from bench import matching_sql
from bench.matching_data import made_cards, made_filters

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROUNDS = 5


class Row(NamedTuple):
    """`a` and `b` are medians in seconds; `ok` is None when a side could not run: skipped is not passed."""

    name: str
    a: float
    b: float
    ratio: float
    bound: str
    ok: bool | None
    spread: str = ""


def rows(connection: Any = None, *, rounds: int = ROUNDS) -> list[Row]:
    return [p5(rounds), p6(connection, rounds), p8(rounds), p9(rounds)]


def p5(rounds: int = ROUNDS, n_cards: int = 20_000) -> Row:
    cards, many, few = made_cards(n_cards), MatchIndex(made_filters(5000)), MatchIndex(made_filters(500))
    a, b = interleaved([lambda: top(many, cards), lambda: top(few, cards)], rounds, time.process_time)
    return at_most("P5 matching CPU, 5,000 / 500 filters, top priority", a, b, 3)


def p6(connection: Any, rounds: int = ROUNDS, n_cards: int = 100_000) -> Row:
    """Wall time, as the other side works in another process. The sets of pairs must be equal before time counts."""
    name = "P6 matching speed, in-process / best SQL join, 5,000 filters, all pairs"
    if connection is None:
        return Row(name, 0, 0, 0, ">= 2", None, "skipped: no database")
    filters, cards = made_filters(5000), made_cards(n_cards)
    index = MatchIndex(filters)
    matching_sql.load(connection, filters, cards)
    ours, theirs = all_pairs(index, cards), matching_sql.pairs(connection)
    if len(ours) != len(theirs) or set(ours) != theirs:
        raise AssertionError(f"{name}: {len(ours)} pairs here, {len(theirs)} in SQL")
    joins = [lambda plan=plan: matching_sql.count(connection, plan) for plan in matching_sql.PLANS]
    a, *others = interleaved([lambda: all_pairs(index, cards), *joins], rounds, time.perf_counter)
    b = min(others, key=median)
    ratio = median(b) / median(a)
    return Row(name, median(a), median(b), ratio, ">= 2", ratio >= 2, f"{spread(a, b)}; {len(ours)} pairs, equal")


def p8(rounds: int = ROUNDS, n_filters: int = 1000) -> Row:
    index, cards = MatchIndex(made_filters(n_filters)), made_cards(100_000)
    few = cards[:10_000]
    a, b = interleaved([lambda: top(index, cards), lambda: top(index, few)], rounds, time.process_time)
    return at_most("P8 matching CPU, 100k / 10k ads", a, b, 12)


def p9(rounds: int = ROUNDS, n_cards: int = 50_000) -> Row:
    filters, cards = made_filters(5000), made_cards(n_cards)
    index = MatchIndex(filters)
    a, b = interleaved([lambda: MatchIndex(filters), lambda: all_pairs(index, cards)], rounds, time.process_time)
    return at_most("P9 index rebuild, 5,000 filters / matching 50k ads, all pairs", a, b, 1)


def top(index: MatchIndex, cards: Sequence[CarCard]) -> list[FilterSpec | None]:
    best = index.best
    return [best(card, NOW) for card in cards]


def all_pairs(index: MatchIndex, cards: Sequence[CarCard]) -> list[tuple[int, int]]:
    ids = [spec.id for spec in index.filters]
    match = index.match
    return [(card.id, ids[position]) for card in cards for position in bits(match(card))]


def interleaved(sides: Sequence[Callable[[], object]], rounds: int, clock: Callable[[], float]) -> list[list[float]]:
    """A-B-A-B after one unmeasured round. The collector rests: its pauses belong to neither side."""
    times: list[list[float]] = [[] for _ in sides]
    gc.collect()
    gc.disable()
    try:
        for number in range(rounds + 1):
            for side, found in zip(sides, times, strict=True):
                started = clock()
                side()
                if number:
                    found.append(clock() - started)
    finally:
        gc.enable()
    return times


def at_most(name: str, a: list[float], b: list[float], bound: float) -> Row:
    ratio = median(a) / median(b)
    return Row(name, median(a), median(b), ratio, f"<= {bound:g}", ratio <= bound, spread(a, b))


def spread(a: list[float], b: list[float]) -> str:
    return f"A {min(a):.3f}..{max(a):.3f}, B {min(b):.3f}..{max(b):.3f}"


def main(arguments: Sequence[str]) -> int:
    import psycopg2

    with tempfile.TemporaryDirectory(prefix="prozvon-bench-", ignore_cleanup_errors=True) as folder:
        connection = psycopg2.connect(_database(Path(folder)))
        try:
            found = rows(connection)
        finally:
            connection.close()
    for row in found:
        mark = "skipped" if row.ok is None else "ok" if row.ok else "OUT OF BOUND"
        print(f"{row.name}: A {row.a:.3f} s, B {row.b:.3f} s, {row.ratio:.2f} ({row.bound}) {mark}; {row.spread}")
    return int("--check" in arguments and not all(row.ok for row in found))


def _database(folder: Path) -> str:
    from app.database import start_embedded

    return os.environ.get("DATABASE_URL") or start_embedded(folder / "pg", keep=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
