"""Reports, one a file. To add one: a module here with a subclass of Report that has a key; nothing else is to be done.

A report says its groupings (each names the family that counts it) and its metrics. Page, chart, Excel and API come from
this contract; the same numbers everywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from app.domain.periods import Period
from app.reports._metrics import CLOCK, COUNT, HOURS, METRICS, MONEY, SHARE, Metric

__all__ = ["CLOCK", "COUNT", "HOURS", "MONEY", "SHARE", "Answer", "Grouping", "Metric", "Question", "Report", "Row"]


@dataclass(frozen=True, slots=True)
class Grouping:
    """`by` names what a row stands for (see _names.py: a dimension, or day, week, month); `family` who counts it."""

    key: str
    label: Any
    family: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a report. `only`: dimension -> values that count; what nothing is told by is refused."""

    period: Period
    group_by: str
    only: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    compare: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """`key` is what was grouped by, value by value; `name` how it is called; `before` the same in the period before."""

    key: tuple[Any, ...]
    name: tuple[str, ...]
    values: tuple[float | int | None, ...]
    before: tuple[float | int | None, ...] = ()
    mark: str = ""  # a code of what is remarkable: line_fell


@dataclass(frozen=True, slots=True)
class Answer:
    report: Report
    question: Question
    grouping: Grouping
    metrics: tuple[Metric, ...]
    rows: tuple[Row, ...]
    total: Row
    zone: str


class Report:
    key: ClassVar[str] = ""
    title: ClassVar[Any]
    menu: ClassVar[Any] = ""  # a shorter title for the menu
    about: ClassVar[Any]
    position: ClassVar[int] = 100
    groupings: ClassVar[tuple[Grouping, ...]]
    metrics: ClassVar[tuple[str, ...]]
    chart: ClassVar[str] = "bar"  # bar, line
    chart_metrics: ClassVar[tuple[str, ...]] = ()
    steps: ClassVar[tuple[str, ...]] = ()  # metrics shown as a funnel of their totals
    needs_right: ClassVar[str] = ""
    watched: ClassVar[tuple[str, ...]] = ()  # groupings whose rows are marked when their connects fall

    @classmethod
    def metric_list(cls, grouping: Grouping, filtered: Collection[str] = ()) -> tuple[Metric, ...]:
        """The metrics that the grouping's family can count, when only some values of these dimensions are wanted."""
        from app.reports._families import FAMILIES, widened

        known = set(widened(FAMILIES[grouping.family], frozenset(filtered)).measures)
        return tuple(METRICS[name] for name in cls.metrics if set(METRICS[name].measures) <= known)

    @classmethod
    def grouping(cls, key: str) -> Grouping | None:
        return next((grouping for grouping in cls.groupings if grouping.key == key), None)
