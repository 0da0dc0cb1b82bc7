"""How the figures of a report look: numbers, shares, clocks; the change against the period before; the chart's data."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _

from app.formats import NBSP, NOTHING, duration, number, percent
from app.reports import CLOCK, HOURS, MONEY, SHARE, Answer, Metric

MOST_BARS = 30


def shown(metric: Metric, value: float | int | None) -> str:
    """A blank quotient is blank: nothing was below."""
    if value is None:
        return ""
    if metric.kind == SHARE:
        return percent(value, 1)
    if metric.kind == CLOCK:
        return duration(value)
    if metric.kind == HOURS:
        return f"{number(value, 1)}{NBSP}{_('h')}"
    if metric.kind == MONEY:
        return f"{number(value, 2)}{NBSP}₽"
    return number(round(value))


def change(metric: Metric, value: float | int | None, before: float | int | None) -> tuple[str, str] | None:
    """(text, tone) of the difference to the period before; shares differ in points. None: nothing to compare."""
    if value is None or before is None:
        return None
    gap = value - before
    good = (gap < 0) if metric.is_bad else (gap > 0)
    tone = "secondary" if not gap else "success" if good else "danger"
    sign = "+" if gap > 0 else "−" if gap < 0 else ""
    if metric.kind == SHARE:
        return f"{sign}{number(abs(gap) * 100, 1)}{NBSP}{_('pp')}", tone
    if not before:
        return (NOTHING if gap else f"0{NBSP}%"), tone
    share = number(abs(gap) / abs(before) * 100)
    return (f"0{NBSP}%", "secondary") if share == "0" else (f"{sign}{share}{NBSP}%", tone)


def steps(answer: Answer) -> list[dict[str, Any]]:
    """The totals as a funnel: each step with its share of the first one and of the one before."""
    totals = {metric.key: (metric, answer.total.values[n] or 0) for n, metric in enumerate(answer.metrics)}
    found: list[dict[str, Any]] = []
    for key in answer.report.steps:
        if key not in totals:
            continue
        metric, value = totals[key]
        before = found[-1]["value"] if found else None
        found.append({"metric": metric, "value": value, "share": value / before if before else None})
    most = max((step["value"] for step in found), default=0)
    for step in found:
        step["width"] = round(100 * step["value"] / most, 1) if most else 0
    return found


def chart_data(answer: Answer) -> dict[str, Any]:
    """Categories and series as the browser's chart wants them; of many rows the first MOST_BARS."""
    wanted = [key for key in answer.report.chart_metrics if key in {metric.key for metric in answer.metrics}]
    picked = [(n, metric) for n, metric in enumerate(answer.metrics) if metric.key in wanted] or [
        (0, answer.metrics[0])
    ]
    is_line = answer.grouping.by[0] in ("day", "week", "month") and len(answer.grouping.by) == 1
    rows = answer.rows if is_line else answer.rows[:MOST_BARS]
    return {
        "kind": "line" if is_line else "bar",
        "categories": [" · ".join(row.name) for row in rows],
        "series": [
            {
                "name": str(metric.label),
                "unit": metric.kind,
                "values": [_plain(metric, row.values[place]) for row in rows],
                "texts": [shown(metric, row.values[place]) for row in rows],
            }
            for place, metric in picked
        ],
        "left_out": len(answer.rows) - len(rows),
    }


def _plain(metric: Metric, value: float | int | None) -> float | None:
    if value is None:
        return None
    return round(value * 100, 2) if metric.kind == SHARE else round(value, 2)
