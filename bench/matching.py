"""How fast cards meet filters: P5, P6, P8 and P9, both sides of each ratio side by side in one run.

Run: python -m bench matching.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Any

import psycopg2

from app.domain.matching import CarCard, FilterSpec, MatchIndex, bits
from bench import matching_sql
from bench.harness import ROUNDS, Plan, Row, at_least, at_most, interleaved, skipped
from bench.matching_data import made_cards, made_filters

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def bench(plan: Plan) -> list[Row]:
    with plan.server.database() as url:
        connection = psycopg2.connect(url)
        try:
            return rows(connection, rounds=plan.rounds)
        finally:
            connection.close()


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
        return skipped(name, ">= 2", "no database")
    filters, cards = made_filters(5000), made_cards(n_cards)
    index = MatchIndex(filters)
    matching_sql.load(connection, filters, cards)
    ours, theirs = all_pairs(index, cards), matching_sql.pairs(connection)
    if len(ours) != len(theirs) or set(ours) != theirs:
        raise AssertionError(f"{name}: {len(ours)} pairs here, {len(theirs)} in SQL")
    joins = [lambda plan=plan: matching_sql.count(connection, plan) for plan in matching_sql.PLANS]
    a, *others = interleaved([lambda: all_pairs(index, cards), *joins], rounds, time.perf_counter)
    b = min(others, key=median)
    speeds = ([n_cards / seconds for seconds in side] for side in (a, b))
    return at_least(f"{name}, cards/s", *speeds, 2, f"{len(ours)} pairs, equal")


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
