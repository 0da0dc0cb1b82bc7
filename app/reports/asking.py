"""What an address asks of a report: period, grouping, filters, comparison, order. Nonsense is told and left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

import app.reports
from app.domain import periods
from app.domain.periods import Period
from app.domain.sight import EVERYBODY, Sight
from app.errors import Reason
from app.registry import members
from app.reports import Answer, Grouping, Metric, Question, Report
from app.reports.answers import TIMES, base_of, filtered_by, is_kept_by, is_told_by

DEFAULT_PRESET = "7days"
FILTERS = ("operator_id", "group_id", "city_id", "source_id", "make_id", "filter_id", "trunk_id", "type", "gateway_id",
           "template_id", "connection_id")  # fmt: skip
MOST_VALUES = 50


@dataclass(frozen=True, slots=True)
class Asked:
    """`preset` is empty where days were typed; `sight` is whose figures may be told; `left_out` what the filters cannot
    tell."""

    question: Question
    grouping: Grouping
    preset: str
    sort: str = ""
    is_rising: bool = False
    troubles: tuple[Reason, ...] = ()
    sight: Sight = EVERYBODY
    left_out: tuple[Metric, ...] = ()
    words: Mapping[str, Any] = field(default_factory=dict)  # the address's own, to be built upon


def all_reports() -> dict[str, type[Report]]:
    """Every report by its key, in the order of the menu."""
    found = members(app.reports, Report)
    return dict(sorted(found.items(), key=lambda item: item[1].position))


class NotTold(LookupError):
    """Somebody asks for figures of others by name."""


def read(report: type[Report], args: Mapping[str, Any], today: date, *, sight: Sight = EVERYBODY) -> Asked | None:
    """None when nothing of the report may be told to this person. NotTold: other people's figures, asked by name."""
    groupings = allowed(report, sight)
    if not groupings:
        return None
    troubles: list[Reason] = []
    preset, period = _period(args, today, troubles)
    grouping = next((one for one in groupings if one.key == args.get("group")), None)
    if args.get("group") and grouping is None:
        troubles.append(Reason("grouping_unknown", {"name": str(args.get("group"))[:40]}))
    grouping = grouping or groupings[0]
    only = _only(report, args, grouping, troubles)
    told = _seen(only, sight)
    question = Question(period, grouping.key, told, args.get("compare") == "1")
    shown = report.metric_list(grouping, filtered_by(told))
    metrics = {metric.key for metric in shown}
    sort = str(args.get("sort") or "")
    words = {
        **({"preset": preset} if preset else {"from": period.first.isoformat(), "to": period.last.isoformat()}),
        "group": grouping.key,
        **({"compare": "1"} if question.compare else {}),
        **{name: ",".join(map(str, values)) for name, values in only.items()},
    }
    left_out = tuple(metric for metric in report.metric_list(grouping) if metric.key not in metrics)
    return Asked(question, grouping, preset, sort if sort in metrics or sort == "name" else "",
                 args.get("rising") == "1", tuple(troubles), sight, left_out, words)  # fmt: skip


def _seen(only: dict[str, tuple[Any, ...]], sight: Sight) -> dict[str, tuple[Any, ...]]:
    """The filters as they are counted: with the operators whose figures may be told."""
    if sight.operators is None:
        return only
    if sight.is_own:  # one's own figures, whatever the address names
        only = {name: values for name, values in only.items() if base_of(name) != "operator_id"}
    for name, values in only.items():
        if not all(sight.reaches(name, value) for value in values):
            raise NotTold(name)
    return {"operator_id": tuple(sorted(sight.operators))} | only


def allowed(report: type[Report], sight: Sight) -> list[Grouping]:
    """Groupings that can be told to this person: whoever sees only the own figures, those counted by operator."""
    if sight.operators is None:
        return list(report.groupings)
    if sight.is_own:
        return [one for one in report.groupings if is_kept_by(one, "operator_id") and "group_id" not in one.by]
    return [one for one in report.groupings if report.metric_list(one, ("operator_id",))]


def filters_of(grouping: Grouping) -> tuple[str, ...]:
    """The filters that something of the grouping can be told by."""
    return tuple(name for name in FILTERS if is_told_by(grouping, name))


def _period(args: Mapping[str, Any], today: date, troubles: list[Reason]) -> tuple[str, Period]:
    name = str(args.get("preset") or "")
    first, last = str(args.get("from") or ""), str(args.get("to") or "")
    if not name and (first or last):
        told = periods.read(first, last or first, today)
        if isinstance(told, Period):
            return "", told
        troubles.append(told)
    found = periods.preset(name or DEFAULT_PRESET, today)
    if found is None:
        troubles.append(Reason("period_unknown", {"name": name[:40]}))
    used = name if found is not None and name else DEFAULT_PRESET
    period = periods.preset(used, today)
    assert period is not None, "the default is a preset"
    return used, period


def _only(
    report: type[Report], args: Mapping[str, Any], grouping: Grouping, troubles: list[Reason]
) -> dict[str, tuple[Any, ...]]:
    only: dict[str, tuple[Any, ...]] = {}
    possible = filters_of(grouping)
    for name in FILTERS:
        told = str(args.get(name) or "")
        if not told:
            continue
        values = tuple(_value(name, one) for one in told.split(",")[:MOST_VALUES])
        if any(value is None for value in values):
            troubles.append(Reason("filter_unknown", {"name": told[:40]}))
        elif name not in possible or not report.metric_list(grouping, filtered_by((*only, name))):
            troubles.append(Reason("filter_not_here", {"name": name}))
        else:
            only[name] = values
    return only


def _value(name: str, word: str) -> Any:
    if name == "type":
        return word if word.isalpha() and len(word) <= 12 else None
    return int(word) if word.isascii() and word.isdigit() and len(word) <= 10 else None


def in_order(answer: Answer, asked: Asked) -> Answer:
    """The rows as the screen shows them: by time as time goes, else the largest first, or as was asked for."""
    keys = [metric.key for metric in answer.metrics]
    if asked.sort == "name":
        rows = sorted(answer.rows, key=lambda row: row.name, reverse=not asked.is_rising)
    elif asked.sort:
        place = keys.index(asked.sort)
        known = [row for row in answer.rows if row.values[place] is not None]
        known.sort(key=lambda row: row.values[place], reverse=not asked.is_rising)  # type: ignore[arg-type, return-value]
        rows = [*known, *(row for row in answer.rows if row.values[place] is None)]
    elif answer.grouping.by[0] in (*TIMES, "weekday", "hour"):
        rows = sorted(answer.rows, key=lambda row: tuple((part is None, part) for part in row.key))
    else:
        rows = sorted(answer.rows, key=lambda row: (-(row.values[0] or 0), row.name))
    return replace(answer, rows=tuple(rows))
