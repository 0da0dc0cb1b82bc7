"""The rival of the bitmaps: one SQL join through a (filter, city, make) side table, given its best chance.

Sets are bit masks, open ends are closed with extremes, everything is analysed and indexed; the planner is asked twice,
with and without hash joins, and its better time counts.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from typing import Any

from app.domain.matching import CarCard, FilterSpec
from bench.matching_data import MAKES, RANGES, SETS

LOWEST, HIGHEST = -(2**31), 2**31 - 1
BITS = {name: {None: 1} | {value: 2 << n for n, value in enumerate(values)} for name, values in SETS.items()}

JOIN = f"""
  SELECT {{what}} FROM bm_card c
  JOIN bm_place s ON s.city_id = c.city_id AND s.make_id = c.make_id AND (s.model_id IS NULL OR s.model_id = c.model_id)
  JOIN bm_filter f ON f.id = s.filter_id
  WHERE {" AND ".join(f"f.{name} & c.{name} <> 0" for name in SETS)}
    AND {" AND ".join(f"COALESCE(c.{name} BETWEEN f.{name}_lo AND f.{name}_hi, f.{name}_null)" for name in RANGES)}
"""
PLANS = {"as planned": "on", "without hash joins": "off"}


def load(connection: Any, filters: Iterable[FilterSpec], cards: Sequence[CarCard]) -> None:
    """Temporary tables of this connection; a temporary table is read by one process, as the bitmaps are."""
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off; SET work_mem = '256MB'; SET max_parallel_workers_per_gather = 0")
        cursor.execute("DROP TABLE IF EXISTS bm_card, bm_place, bm_filter")
        sets = ", ".join(f"{name} int NOT NULL" for name in SETS)
        spans = ", ".join(
            f"{name}_lo int NOT NULL, {name}_hi int NOT NULL, {name}_null bool NOT NULL" for name in RANGES
        )
        facts = ", ".join(f"{name} int" for name in RANGES)
        cursor.execute(f"CREATE TEMP TABLE bm_filter (id int PRIMARY KEY, {sets}, {spans})")
        cursor.execute("CREATE TEMP TABLE bm_place (city_id int, make_id int, model_id int, filter_id int)")
        cursor.execute(
            f"CREATE TEMP TABLE bm_card (id int PRIMARY KEY, city_id int, make_id int, model_id int, {sets}, {facts})"
        )
        filters = list(filters)
        _copy(cursor, "bm_filter", map(_filter_row, filters))
        _copy(cursor, "bm_place", (row for spec in filters for row in _place_rows(spec)))
        _copy(cursor, "bm_card", map(_card_row, cards))
        cursor.execute("CREATE INDEX ON bm_place (city_id, make_id, filter_id, model_id)")
        cursor.execute("ANALYZE bm_card; ANALYZE bm_place; ANALYZE bm_filter")


def count(connection: Any, plan: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SET enable_hashjoin = {PLANS[plan]}")
        cursor.execute(JOIN.format(what="count(*)"))
        return int(cursor.fetchone()[0])


def pairs(connection: Any) -> set[tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(JOIN.format(what="c.id, f.id"))
        return set(cursor.fetchall())


def _copy(cursor: Any, table: str, rows: Iterable[tuple[Any, ...]]) -> None:
    lines = "".join("\t".join(r"\N" if value is None else str(value) for value in row) + "\n" for row in rows)
    cursor.copy_expert(f"COPY {table} FROM STDIN", io.StringIO(lines))


def _filter_row(spec: FilterSpec) -> tuple[Any, ...]:
    masks, spans = [], []
    for name, bits in BITS.items():
        wanted = getattr(spec, name)
        known = sum(bits.values()) if wanted is None else sum(bits[value] for value in wanted)
        masks.append(known | (wanted is None or name in spec.unknown_ok))
    for name in RANGES:
        low, high = getattr(spec, name)
        unknown = (low, high) == (None, None) or name in spec.unknown_ok
        spans += [LOWEST if low is None else low, HIGHEST if high is None else high, unknown]
    return (spec.id, *masks, *spans)


def _place_rows(spec: FilterSpec) -> Iterable[tuple[Any, ...]]:
    lines = [(line.make_id, line.model_id) for line in spec.lines] or [(make, None) for make in range(MAKES)]
    return ((city, make, model, spec.id) for city in sorted(spec.city_ids or ()) for make, model in lines)


def _card_row(card: CarCard) -> tuple[Any, ...]:
    bits = [BITS[name][getattr(card, name)] for name in SETS]
    return (card.id, card.city_id, card.make_id, card.model_id, *bits, *(getattr(card, name) for name in RANGES))
