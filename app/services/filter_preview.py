"""What a filter would find, before it is switched on: the live count, a sample with reasons, the overlap."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.filters import OPEN, RANGES, CarLine, Check, FilterSpec, explain, passes_residual
from app.domain.matching import MatchIndex
from app.services import crm_known, filters, lead_intakes, matching

LOOKED_AT = 20_000  # cars that the overlap looks at one by one
READ = 3_000  # cars whose texts are read for words: reading more would keep the builder waiting
SAMPLE = 20
TRIED = 2_000
NEWEST = "v.published_at DESC NULLS LAST, v.id DESC"

_SET_COLUMNS = {
    "city_ids": ("city", "v.city_id", "bigint"),
    "fuel": ("fuel", "v.fuel", "text"),
    "gearbox": ("gearbox", "v.gearbox", "text"),
    "drive": ("drive", "v.drive", "text"),
    "body": ("body", "v.body", "text"),
    "wheel": ("wheel", "v.wheel", "text"),
    "seller_kind": ("seller_kind", "v.seller_kind", "text"),
    "color": ("color", "v.color", "text"),
    "crm_client": ("crm_client", crm_known.KIND_OF_SELLER, "text"),
}
_SPAN_COLUMNS = {name: f"v.{name}" for name in RANGES} | {"price_to_median_pct": "v.price_pct"}


@dataclass(slots=True)
class Preview:
    """`fits` cars on sale, `fresh` of them published within 24 h; `is_estimate`: words were read in a sample only."""

    fits: int = 0
    fresh: int = 0
    is_estimate: bool = False


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
    missed_by: Counter[str] = field(default_factory=Counter)  # of the newest `tried` cars
    tried: int = 0


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
    if spec.origin is not None and len(spec.origin) == 1:
        parts.append(_origin(spec, values))
    elif spec.source_ids is not None:
        values["source_ids"] = sorted(spec.source_ids)
        silent = " OR v.source_ids = '{}'" if "source" in spec.unknown_ok else ""
        parts.append(f"v.source_ids && CAST(:source_ids AS int[]){silent}")
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


def _origin(spec: FilterSpec, values: dict[str, Any]) -> str:
    """Leads alone, or adverts alone; one and the same site has to be of the wanted sources too, as in matching."""
    is_lead, wanted, silent = "lead" in (spec.origin or ()), "", "v.source_ids = '{}'"
    if spec.source_ids is not None:
        values["source_ids"] = sorted(spec.source_ids)
        wanted = " AND q.id = ANY(CAST(:source_ids AS int[]))"
        silent = silent if "source" in spec.unknown_ok else "false"
    found = f"""EXISTS (SELECT 1 FROM unnest(v.source_ids) AS q(id)
                WHERE q.id {"" if is_lead else "NOT"} IN (SELECT source_id FROM lead_intake){wanted})"""  # noqa: S608
    return found if is_lead else f"{found} OR {silent}"


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
        # A site's clock may run ahead of ours: an advert from the future is brand new.
        parts.append("LEAST(v.published_at, :now) <= :age_low")
        values["now"] = now
    if high is not None:
        values["age_high"] = now - timedelta(hours=high)
        parts.append("v.published_at >= :age_high")
    return "(" + " AND ".join(parts) + ")"


def _cars(spec: FilterSpec, values: dict[str, Any]) -> str:
    """A line asks for the deepest thing it names; when silence is accepted, what the card does tell must agree."""
    lines = {
        "generation": [line for line in spec.lines if line.generation_id is not None],
        "model": [line for line in spec.lines if line.generation_id is None and line.model_id is not None],
        "make": [line for line in spec.lines if line.model_id is None],
    }
    parts = []
    for level, mine in lines.items():
        if mine:
            values[level] = sorted({getattr(line, f"{level}_id") for line in mine})
            parts.append(f"v.{level}_id = ANY(CAST(:{level} AS int[]))")
            if "car" in spec.unknown_ok:
                parts.append(_silent(level, mine, values, level))
    return " OR ".join(f"({part})" for part in parts)


def _silent(level: str, lines: list[CarLine], values: dict[str, Any], asked: str) -> str:
    """Nothing is told at this level, and the level above agrees or says nothing either."""
    above = {"generation": "model", "model": "make"}.get(level)
    if above is None:
        return f"v.{level}_id IS NULL"
    name = f"{above}_above_{asked}"
    values[name] = sorted({getattr(line, f"{above}_id") for line in lines})
    higher = _silent(above, lines, values, asked)
    return f"v.{level}_id IS NULL AND (v.{above}_id = ANY(CAST(:{name} AS int[])) OR ({higher}))"


def count(session: Session, spec: FilterSpec, now: datetime) -> Preview:
    """The live count of the builder. Words are read in the newest cars only; from their share the rest is reckoned."""
    where, values = where_of(spec, now)
    values["fresh_since"] = now - timedelta(hours=24)
    row = session.execute(
        text(f"""
        SELECT count(*) AS fits, count(*) FILTER (WHERE v.published_at >= :fresh_since) AS fresh
        FROM vehicle v WHERE {where}
        """),  # noqa: S608
        values,
    ).one()
    if not (spec.words_yes or spec.words_no) or not row.fits:
        return Preview(row.fits, row.fresh)
    return _by_words(session, spec, where, values, now, Preview(row.fits, row.fresh))


def _by_words(
    session: Session, spec: FilterSpec, where: str, values: dict[str, Any], now: datetime, told: Preview
) -> Preview:
    rows = _rows(session, where, values, READ)
    good = [row for row in rows if passes_residual(spec, matching.cards_of(row)[0], now)]
    if told.fits <= len(rows):
        fresh = sum(bool(row.published_at and row.published_at >= values["fresh_since"]) for row in good)
        return Preview(len(good), fresh)
    share = len(good) / len(rows)
    return Preview(round(told.fits * share), round(told.fresh * share), is_estimate=True)


def _rows(
    session: Session,
    where: str,
    values: dict[str, Any],
    limit: int,
    order: str = "v.id DESC",
    *,
    with_text: bool = True,
) -> list[Row[Any]]:
    words = "a.description, a.url" if with_text else "'' AS description, '' AS url"
    join = "LEFT JOIN ad a ON a.id = v.ad_id" if with_text else ""
    return list(
        session.execute(
            text(f"""
            SELECT {matching.COLUMNS}, {words}
            FROM (SELECT * FROM vehicle v WHERE {where} ORDER BY {order} LIMIT :row_cap) v
            LEFT JOIN card c ON c.vehicle_id = v.id AND c.stage < 9 {join} ORDER BY {order}
            """),  # noqa: S608
            values | {"row_cap": limit},
        )
    )


def overlap(session: Session, spec: FilterSpec, now: datetime) -> list[Overlap]:
    """How many of the filter's cars other live filters want too; the biggest first, among the newest cars."""
    where, values = where_of(spec, now)
    index = MatchIndex(other for other in filters.enabled_specs(session) if other.id != spec.id)
    if not index.filters:
        return []
    with_text = index.needs_text or bool(spec.words_yes or spec.words_no)
    shared: Counter[int] = Counter()
    rows = _rows(session, where, values, READ if with_text else LOOKED_AT, with_text=with_text)
    clients = _clients(session, rows) if index.needs_clients else frozenset()
    leads = lead_intakes.source_ids(session)
    for row in rows:
        cards = matching.cards_of(row, clients, leads)
        if with_text and not passes_residual(spec, cards[0], now):
            continue
        shared.update({other.id for card in cards for other in index.every(card, now)})
    names = {other.id: other.name for other in index.filters}
    return [Overlap(other_id, names[other_id], n) for other_id, n in shared.most_common(20)]


def test_run(session: Session, spec: FilterSpec, now: datetime) -> TestRun:
    """Twenty cars that fit and twenty fresh ones that do not, and why."""
    done = TestRun()
    where, values = where_of(spec, now)
    good = _rows(session, where, values, SAMPLE * 5, NEWEST)
    tried = _rows(session, "v.on_sale AND NOT v.is_reserved", {}, TRIED, NEWEST)
    clients = _clients(session, [*good, *tried]) if spec.needs_clients else frozenset()
    leads = lead_intakes.source_ids(session)
    for row in good:
        checks = _judge(spec, row, now, clients, leads)
        if all(check.passed for check in checks) and len(done.fitting) < SAMPLE:
            done.fitting.append((row, checks))
    for row in tried:
        checks = _judge(spec, row, now, clients, leads)
        missed = [check.criterion for check in checks if not check.passed]
        done.tried += 1
        done.missed_by.update(missed)
        if missed:
            done.missing.append((row, checks))
    # The most telling are those that missed by one wish only.
    done.missing.sort(key=lambda item: sum(not check.passed for check in item[1]))
    del done.missing[SAMPLE:]
    return done


def _clients(session: Session, rows: Sequence[Row[Any]]) -> frozenset[int]:
    return crm_known.vehicles_of_clients(session, [row.vehicle_id for row in rows])


def _judge(
    spec: FilterSpec, row: Row[Any], now: datetime, clients: Collection[int], leads: Collection[int]
) -> tuple[Check, ...]:
    """A car on several sites is asked once for each of them; the best answer counts, as in matching."""
    judged = [explain(spec, card, now) for card in matching.cards_of(row, clients, leads)]
    return max(judged, key=lambda checks: sum(check.passed for check in checks))
