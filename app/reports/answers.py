"""Answers a question: sums of closed days from the family's table, of the others live; names, totals, comparison."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain import line_fall, periods
from app.domain.periods import Period, begins
from app.errors import Refused
from app.reports import Answer, Grouping, Metric, Question, Report, Row
from app.reports._families import FAMILIES, Family, counted, widened
from app.reports._metrics import METRICS
from app.reports._names import DERIVED, carrier_of, groups_of_operators, names_of, said
from app.reports.rollups import closed_days

TIMES = ("day", "week", "month")
Sums = dict[tuple[Any, ...], dict[str, int]]


def ask(session: Session, report: type[Report], question: Question, *, zone: ZoneInfo, now: datetime) -> Answer:
    """Refused: a grouping that the report has not, or a filter that the grouping's family cannot tell."""
    grouping = report.grouping(question.group_by)
    if grouping is None:
        raise Refused("grouping_unknown", name=question.group_by)
    family = family_for(grouping, question.only)
    metrics = report.metric_list(grouping, filtered_by(question.only))
    sums = _sums(session, family, grouping, question, question.period, zone, now)
    before = (
        _sums(session, family, grouping, question, periods.previous(question.period), zone, now)
        if question.compare
        else {}
    )
    if question.compare and grouping.by[0] in TIMES:
        before = _shifted(before, grouping, question.period)
    names = names_of(session, grouping.by, set(sums) | set(before))
    fallen = _fallen(session, family, grouping, question, sums, zone, now) if grouping.key in report.watched else set()

    def row(key: tuple[Any, ...], mine: dict[str, int], theirs: dict[str, int]) -> Row:
        return Row(
            key,
            names.get(key, ()),
            tuple(metric.value(mine) for metric in metrics),
            tuple(metric.value(theirs) for metric in metrics) if question.compare else (),
            "line_fell" if key in fallen else "",
        )

    keys = sorted(set(sums) | set(before), key=lambda key: (_time_of(key), names[key]))
    rows = tuple(row(key, sums.get(key, {}), before.get(key, {})) for key in keys)
    total = row((), _added(sums.values()), _added(before.values()))
    return Answer(report(), question, grouping, metrics, rows, total, zone.key)


def filtered_by(only: Iterable[str]) -> frozenset[str]:
    return frozenset(base_of(dim) for dim in only)


def family_for(grouping: Grouping, only: Iterable[str]) -> Family:
    """Refused: a filter that nothing of this grouping is told by."""
    family = FAMILIES[grouping.family]
    wide = widened(family, filtered_by(only))
    if not wide.happenings:
        stranger = next((dim for dim in only if not family.knows(base_of(dim))), next(iter(only)))
        raise Refused("filter_not_here", name=stranger)
    return wide


def base_of(dim: str) -> str:
    """The counted dimension behind one that is told by it: an operator's group is told by the operator."""
    return DERIVED.get(dim, dim)


def metric_named(key: str) -> Metric:
    return METRICS[key]


def words_of(dim: str) -> Mapping[str, str]:
    """The codes that a dimension can have, each in words; nothing where they are rows of a table."""
    return said(dim)


def names_of_key(session: Session, grouping: Grouping, key: Mapping[str, Any]) -> tuple[str, ...]:
    """How one row of the grouping is called."""
    values = tuple(key[dim] for dim in grouping.by)
    return names_of(session, grouping.by, {values})[values]


def is_told_by(grouping: Grouping, dim: str) -> bool:
    """Can anything of this grouping be told by the dimension? If its table has it not, it is counted live."""
    return FAMILIES[grouping.family].knows(base_of(dim))


def is_kept_by(grouping: Grouping, dim: str) -> bool:
    """Does the table of the grouping have the dimension?"""
    return base_of(dim) in FAMILIES[grouping.family].dims


def _time_of(key: tuple[Any, ...]) -> tuple[int, str]:
    return (0, key[0].isoformat()) if key and isinstance(key[0], date) else (1, "")


def _sums(
    session: Session,
    family: Family,
    grouping: Grouping,
    question: Question,
    period: Period,
    zone: ZoneInfo,
    now: datetime,
) -> Sums:
    only, dims = _only(session, question), [base_of(dim) for dim in grouping.by if dim not in (*TIMES, "weekday")]
    by_day = any(dim in (*TIMES, "weekday") for dim in grouping.by)
    fetched = [*dims, "day"] if by_day else dims
    found: Sums = defaultdict(lambda: dict.fromkeys(family.measures, 0))
    groups = groups_of_operators(session) if "group_id" in grouping.by else {}
    for part, values in _parts(session, family, period, zone, now):
        for row in session.execute(text(_summing(family, fetched, part, only)), values | _values(only)).mappings():
            key = tuple(_key_part(dim, row, groups) for dim in grouping.by)
            mine = found[key]
            for name in family.measures:
                mine[name] += row[name] or 0
    return dict(found)


def _fallen(
    session: Session,
    family: Family,
    grouping: Grouping,
    question: Question,
    sums: Sums,
    zone: ZoneInfo,
    now: datetime,
) -> set[tuple[Any, ...]]:
    """Rows whose share of connects fell significantly below their own in the days before the period."""
    first = question.period.first
    before = Period(first - timedelta(line_fall.PAST_DAYS), first - timedelta(1))
    past = _sums(session, family, grouping, question, before, zone, now)

    def share(of: dict[str, int]) -> line_fall.Share:
        return line_fall.Share(of["attempts"], of["connects"])

    return {key for key in sums if key in past and line_fall.has_fallen(share(sums[key]), share(past[key]))}


def _key_part(dim: str, row: Any, groups: dict[int, int]) -> Any:
    if dim in TIMES:
        return periods.step_of(row["day"], dim)
    if dim == "weekday":
        return row["day"].weekday()
    if dim == "group_id":
        return groups.get(row["operator_id"])
    if dim == "carrier":
        return carrier_of(row["code"])
    return row[base_of(dim)]


def _parts(
    session: Session, family: Family, period: Period, zone: ZoneInfo, now: datetime
) -> Iterable[tuple[str, dict[str, Any]]]:
    """FROM clauses with their values: the table for closed days, a live count for each run of the others."""
    today = now.astimezone(zone).date()
    last = min(period.last, today)
    days = [period.first + timedelta(n) for n in range((last - period.first).days + 1)]
    closed = set() if family.is_wide else closed_days(session, family, period, zone)
    opened = [day for day in days if day not in closed]
    if closed:
        condition = "day BETWEEN :first AND :last" + (" AND NOT day = ANY(:opened)" if opened else "")
        yield (
            f"(SELECT * FROM {family.table} WHERE {condition}) q",  # noqa: S608  constants of ours
            {"first": period.first, "last": last, **({"opened": opened} if opened else {})},
        )
    for run in periods.runs(opened):
        yield (
            f"({counted(family)}) q",
            {
                "zone": zone.key,
                "from_at": begins(run.first, zone),
                "until_at": begins(run.last + timedelta(1), zone),
            },
        )


def _summing(family: Family, dims: list[str], source: str, only: dict[str, list[Any]]) -> str:
    names = ", ".join(dims)
    sums = ", ".join(f"sum({name})::bigint AS {name}" for name in family.measures)
    conditions = " AND ".join(f"{dim} = ANY(:only_{dim})" for dim in only)
    where = f" WHERE {conditions}" if conditions else ""
    if not dims:
        return f"SELECT {sums} FROM {source}{where} HAVING count(*) > 0"  # noqa: S608  constants of ours
    return f"SELECT {names}, {sums} FROM {source}{where} GROUP BY {names}"  # noqa: S608


def _only(session: Session, question: Question) -> dict[str, list[Any]]:
    """Filters by counted dimensions. A group means its operators of today."""
    only: dict[str, list[Any]] = {}
    for dim, wanted in question.only.items():
        values = list(wanted)
        if dim == "group_id":
            values = [operator for operator, group in groups_of_operators(session).items() if group in set(values)]
        base = base_of(dim)
        only[base] = [value for value in only[base] if value in values] if base in only else values
    return only


def _values(only: dict[str, list[Any]]) -> dict[str, Any]:
    return {f"only_{dim}": values for dim, values in only.items()}


def _added(many: Iterable[dict[str, int]]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for sums in many:
        for name, value in sums.items():
            total[name] += value
    return dict(total)


def _shifted(before: Sums, grouping: Grouping, period: Period) -> Sums:
    """The first day of then stands beside the first day of now, the second beside the second."""
    then = periods.previous(period)
    moved: Sums = {}
    step = grouping.by[0]
    then_steps, now_steps = _steps(then, step), _steps(period, step)
    for key, sums in before.items():
        place = then_steps.index(key[0]) if key[0] in then_steps else len(then_steps)
        if place < len(now_steps):
            moved[(now_steps[place], *key[1:])] = sums
    return moved


def _steps(period: Period, step: str) -> list[date]:
    days = (period.first + timedelta(n) for n in range(period.days))
    return list(dict.fromkeys(periods.step_of(day, step) for day in days))
