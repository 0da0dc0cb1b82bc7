"""What a filter would find, before it is switched on: the live count, a sample with reasons, the overlap."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.filters import OPEN, RANGES, Check, FilterSpec, explain, passes_residual
from app.domain.matching import MatchIndex, bits
from app.services import filters, matching

LOOKED_AT = 20_000  # cards that the overlap and word criteria look at one by one
SAMPLE = 20

_SET_COLUMNS = {
    "city_ids": ("city", "v.city_id", "bigint"),
    "fuel": ("fuel", "v.fuel", "text"),
    "gearbox": ("gearbox", "v.gearbox", "text"),
    "drive": ("drive", "v.drive", "text"),
    "body": ("body", "v.body", "text"),
    "wheel": ("wheel", "v.wheel", "text"),
    "seller_kind": ("seller_kind", "v.seller_kind", "text"),
    "color": ("color", "v.color", "text"),
}
_SPAN_COLUMNS = {name: f"v.{name}" for name in RANGES} | {"price_to_median_pct": "v.price_pct"}


@dataclass(slots=True)
class Preview:
    """`fits` cards on sale now, `fresh` of them published within 24 h; `capped` when words made us stop counting."""

    fits: int = 0
    fresh: int = 0
    capped: bool = False


@dataclass(slots=True)
class Overlap:
    filter_id: int
    name: str
    n: int


@dataclass(slots=True)
class TestRun:
    """A sample of cards: those that fit and those that nearly did, with every criterion judged."""

    fitting: list[tuple[Any, tuple[Check, ...]]] = field(default_factory=list)
    missing: list[tuple[Any, tuple[Check, ...]]] = field(default_factory=list)
    missed_by: Counter[str] = field(default_factory=Counter)


def where_of(spec: FilterSpec, now: datetime) -> tuple[str, dict[str, Any]]:
    """The filter as one SQL condition over vehicle `v`; everything but words. Equal to the domain's index by test."""
    parts, values = ["v.on_sale", "NOT v.is_reserved"], {}
    if not spec.include_foreign:
        parts.append("NOT v.is_foreign")
    for wish, (criterion, column, kind) in _SET_COLUMNS.items():
        wanted = getattr(spec, wish)
        if wanted is not None:
            values[wish] = sorted(wanted)
            parts.append(_or_unknown(f"{column} = ANY(CAST(:{wish} AS {kind}[]))", column, criterion, spec))
    if spec.source_ids is not None:
        values["source_ids"] = sorted(spec.source_ids)
        parts.append("v.source_ids && CAST(:source_ids AS int[])")
    for name in RANGES:
        if getattr(spec, name) != OPEN:
            parts.append(_or_unknown(_span(name, _SPAN_COLUMNS[name], spec, values), _SPAN_COLUMNS[name], name, spec))
    if spec.age_hours != OPEN:
        parts.append(_or_unknown(_age(spec, now, values), "v.published_at", "age_hours", spec))
    if not spec.accept_damaged:
        parts.append(_or_unknown("NOT v.is_damaged", "v.is_damaged", "damage", spec))
    if spec.lines:
        parts.append(_cars(spec, values))
    return " AND ".join(f"({part})" for part in parts), values


def _or_unknown(condition: str, column: str, criterion: str, spec: FilterSpec) -> str:
    return f"{condition} OR {column} IS NULL" if criterion in spec.unknown_ok else condition


def _span(name: str, column: str, spec: FilterSpec, values: dict[str, Any]) -> str:
    low, high = getattr(spec, name)
    parts = []
    if low is not None:
        values[f"{name}_low"] = low
        parts.append(f"{column} >= :{name}_low")
    if high is not None:
        values[f"{name}_high"] = high
        parts.append(f"{column} <= :{name}_high")
    return "(" + " AND ".join(parts) + ")"


def _age(spec: FilterSpec, now: datetime, values: dict[str, Any]) -> str:
    low, high = spec.age_hours
    parts = []
    if low is not None:
        values["age_low"] = now - timedelta(hours=low)
        parts.append("v.published_at <= :age_low")
    if high is not None:
        values["age_high"] = now - timedelta(hours=high)
        parts.append("v.published_at >= :age_high")
    return "(" + " AND ".join(parts) + ")"


def _cars(spec: FilterSpec, values: dict[str, Any]) -> str:
    makes = sorted({line.make_id for line in spec.lines if line.model_id is None})
    models = sorted({line.model_id for line in spec.lines if line.model_id and line.generation_id is None})
    generations = sorted({line.generation_id for line in spec.lines if line.generation_id})
    values |= {"makes": makes, "models": models, "generations": generations}
    parts = [
        "v.make_id = ANY(CAST(:makes AS int[]))",
        "v.model_id = ANY(CAST(:models AS int[]))",
        "v.generation_id = ANY(CAST(:generations AS int[]))",
    ]
    if "car" in spec.unknown_ok:
        values["models_of_generations"] = sorted({line.model_id for line in spec.lines if line.generation_id})
        values["makes_of_lines"] = sorted({line.make_id for line in spec.lines if line.model_id})
        parts += [
            "v.generation_id IS NULL AND v.model_id = ANY(CAST(:models_of_generations AS int[]))",
            "v.generation_id IS NULL AND v.model_id IS NULL AND v.make_id = ANY(CAST(:makes_of_lines AS int[]))",
            "v.generation_id IS NULL AND v.model_id IS NULL AND v.make_id IS NULL",
        ]
    return " OR ".join(f"({part})" for part in parts)


def count(session: Session, spec: FilterSpec, now: datetime) -> Preview:
    """The live count of the builder."""
    where, values = where_of(spec, now)
    values["fresh_since"] = now - timedelta(hours=24)
    if spec.words_yes or spec.words_no:
        return _count_by_words(session, spec, where, values, now)
    row = session.execute(
        text(f"""
        SELECT count(*) AS fits, count(*) FILTER (WHERE v.published_at >= :fresh_since) AS fresh
        FROM vehicle v WHERE {where}
        """),  # noqa: S608
        values,
    ).one()
    return Preview(row.fits, row.fresh)


def _count_by_words(session: Session, spec: FilterSpec, where: str, values: dict[str, Any], now: datetime) -> Preview:
    rows = _rows(session, where, values, LOOKED_AT + 1)
    found = Preview(capped=len(rows) > LOOKED_AT)
    for row in rows[:LOOKED_AT]:
        if passes_residual(spec, matching.cards_of(row)[0], now):
            found.fits += 1
            found.fresh += bool(row.published_at and row.published_at >= values["fresh_since"])
    return found


def _rows(session: Session, where: str, values: dict[str, Any], limit: int, order: str = "v.id DESC") -> list[Row[Any]]:
    return list(
        session.execute(
            text(f"""
            SELECT {matching.COLUMNS}, a.description, a.url
            FROM vehicle v LEFT JOIN card c ON c.vehicle_id = v.id AND c.stage < 9 LEFT JOIN ad a ON a.id = v.ad_id
            WHERE {where} ORDER BY {order} LIMIT :row_cap
            """),  # noqa: S608
            values | {"row_cap": limit},
        )
    )


def overlap(session: Session, spec: FilterSpec, now: datetime) -> list[Overlap]:
    """How many of the filter's cards other live filters want too; the biggest first."""
    where, values = where_of(spec, now)
    others = [other for other in filters.enabled_specs(session) if other.id != spec.id]
    index = MatchIndex(others)
    shared: Counter[int] = Counter()
    for row in _rows(session, where, values, LOOKED_AT):
        mask = 0
        for card in matching.cards_of(row):
            mask |= index.match(card)
        shared.update(bits(mask))
    return [
        Overlap(index.filters[position].id, index.filters[position].name, n) for position, n in shared.most_common(20)
    ]


def test_run(session: Session, spec: FilterSpec, now: datetime) -> TestRun:
    """Twenty cards that fit and twenty fresh ones that do not, and why."""
    done = TestRun()
    where, values = where_of(spec, now)
    for row in _rows(session, where, values, SAMPLE * 5, "v.published_at DESC NULLS LAST"):
        checks = explain(spec, matching.cards_of(row)[0], now)
        if all(check.passed for check in checks) and len(done.fitting) < SAMPLE:
            done.fitting.append((row, checks))
    for row in _rows(session, "v.on_sale", {}, 2_000, "v.published_at DESC NULLS LAST"):
        checks = explain(spec, matching.cards_of(row)[0], now)
        missed = [check.criterion for check in checks if not check.passed]
        done.missed_by.update(missed)
        if missed:
            done.missing.append((row, checks))
    # The most telling are those that missed by one wish only.
    done.missing.sort(key=lambda item: sum(not check.passed for check in item[1]))
    del done.missing[SAMPLE:]
    return done
