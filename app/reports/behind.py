"""The rows behind a number: which calls, cards or ads were counted, newest first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain import periods
from app.domain.periods import Period, begins
from app.errors import Refused
from app.reports import Question, Report
from app.reports._happenings import Happening
from app.reports._metrics import METRICS
from app.reports._names import codes_of, groups_of_operators
from app.reports.answers import TIMES, base_of, family_for, filtered_by

PAGE = 100


def happening_of(report: type[Report], group_by: str, metric: str, only: Iterable[str] = ()) -> Happening:
    """What is counted by this number. Refused: a metric or grouping that is not this report's."""
    grouping = report.grouping(group_by)
    if grouping is None:
        raise Refused("grouping_unknown", name=group_by)
    family = family_for(grouping, only)
    wanted = METRICS.get(metric)
    if wanted is None or wanted not in report.metric_list(grouping, filtered_by(only)):
        raise Refused("metric_unknown", name=metric)
    return next(one for one in family.happenings if wanted.of in family.measures_of(one))


def rows_behind(
    session: Session,
    report: type[Report],
    question: Question,
    key: Mapping[str, Any],
    metric: str,
    *,
    zone: ZoneInfo,
    page: int = 0,
) -> list[Row[Any]]:
    """At most PAGE + 1 rows (the last one says that there are more): at, card_id, call_id, and what is shown of them.

    `key`: the row of the answer, dimension by dimension. Refused: a metric or grouping that is not this report's.
    """
    counted, values = counted_rows(session, report, question, key, metric, zone=zone)
    values |= {"n": PAGE + 1, "skip": max(0, min(page, 1000)) * PAGE}
    return list(session.execute(text(shown_rows(f"{counted} {NEWEST} LIMIT :n OFFSET :skip")), values))


NEWEST = "ORDER BY 2 DESC, 3 DESC NULLS LAST"  # by the moment that is shown


def counted_rows(
    session: Session,
    report: type[Report],
    question: Question,
    key: Mapping[str, Any],
    metric: str,
    *,
    zone: ZoneInfo,
) -> tuple[str, dict[str, Any]]:
    """A statement of all that is counted by a number, without an order, and its values."""
    happening = happening_of(report, question.group_by, metric, question.only)
    conditions, values, period = _conditions(session, happening, question, key, zone)
    condition = happening.measures[METRICS[metric].of][1]
    if condition:
        conditions.append(condition)
    values |= {
        "zone": zone.key,
        "from_at": begins(period.first, zone), "until_at": begins(period.last + timedelta(1), zone),
    }  # fmt: skip
    dims = tuple(dim for dim in {base_of(name) for name in (*key, *question.only)} if happening.knows(dim))
    statement = f"""SELECT {happening.at} AS happened, {happening.shown.get("at", happening.at)} AS at,
                       {happening.card} AS card_id, {happening.call} AS call_id, {happening.message} AS message_id,
                       {happening.shown.get("word", "NULL")}::text AS word,
                       {happening.shown.get("span_s", "NULL")}::bigint AS span_s,
                       {happening.dims.get("operator_id", "NULL")}::int AS by_id
                {happening.joined_rows(dims)}{"".join(f" AND ({one})" for one in conditions)}"""  # noqa: S608
    return statement, values


def shown_rows(counted: str) -> str:
    """Counted rows with what people are shown of them."""
    return f"SELECT q.*, {_SHOWN} FROM ({counted}) q {_SHOWN_FROM} ORDER BY q.at DESC, q.card_id DESC NULLS LAST"  # noqa: S608


_SHOWN = """v.title, v.price, (SELECT name FROM city WHERE id = v.city_id) AS city, s.name AS status, s.icon, s.color,
  coalesce(q.by_id, l.operator_id, n.by_id, k.operator_id) AS operator_id, coalesce(l.phone, n.phone) AS phone, l.type,
  l.outcome, l.talk_ms, n.state AS sms_state, (SELECT name FROM sms_template WHERE id = n.template_id) AS sms_template,
  (SELECT trim(concat(last_name, ' ', first_name)) FROM ab_user
    WHERE id = coalesce(q.by_id, l.operator_id, n.by_id, k.operator_id)) AS operator"""
_SHOWN_FROM = """LEFT JOIN card k ON k.id = q.card_id LEFT JOIN vehicle v ON v.id = k.vehicle_id
  LEFT JOIN status s ON s.id = k.status_id LEFT JOIN call l ON l.id = q.call_id
  LEFT JOIN sms_message n ON n.id = q.message_id"""


def _conditions(
    session: Session, happening: Happening, question: Question, key: Mapping[str, Any], zone: ZoneInfo
) -> tuple[list[str], dict[str, Any], Period]:
    conditions: list[str] = []
    values: dict[str, Any] = {}
    period = question.period
    groups = groups_of_operators(session) if "group_id" in {*key, *question.only} else {}
    for dim, value in key.items():
        if dim in TIMES:
            period = _within(period, value, dim)
        elif dim == "weekday":
            conditions.append(f"extract(isodow FROM {happening.at} AT TIME ZONE :zone) = :key_weekday")
            values["key_weekday"] = value + 1
        elif dim == "group_id" and value is None:
            conditions.append(f"NOT coalesce({happening.expression('operator_id')} = ANY(:grouped), false)")
            values["grouped"] = list(groups)
        elif dim == "group_id":
            conditions.append(f"{happening.expression('operator_id')} = ANY(:key_group)")
            values["key_group"] = [operator for operator, group in groups.items() if group == value]
        elif dim == "carrier":
            is_one = f"coalesce({happening.expression('code')} = ANY(:codes), false)"
            conditions.append(f"NOT {is_one}" if value is None else is_one)
            values["codes"] = codes_of(value)
        else:
            conditions.append(f"{happening.expression(dim)} IS NOT DISTINCT FROM :key_{dim}")
            values[f"key_{dim}"] = value
    for dim, wanted in question.only.items():
        base = base_of(dim)
        ids = [one for one, group in groups.items() if group in set(wanted)] if dim == "group_id" else list(wanted)
        conditions.append(f"{happening.expression(base)} = ANY(:only_{dim})")
        values[f"only_{dim}"] = ids
    return conditions, values, period


def _within(period: Period, first: date, step: str) -> Period:
    last = first
    while periods.step_of(last + timedelta(1), step) == first:
        last += timedelta(1)
    return Period(max(first, period.first), min(last, period.last))
