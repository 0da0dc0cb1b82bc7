"""Statuses: which results were set, how often and by whom."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class Statuses(Report):
    key = "statuses"
    title = _l("Results set")
    about = _l("How often each status was set.")
    position = 60
    groupings = (
        Grouping("status", _l("Status"), "status", ("status_id",)),
        Grouping("operator", _l("Operator and status"), "status", ("operator_id", "status_id")),
        Grouping("group", _l("Group and status"), "status", ("group_id", "status_id")),
        Grouping("day", _l("Day"), "status", ("day",)),
        Grouping("week", _l("Week"), "status", ("week",)),
        Grouping("month", _l("Month"), "status", ("month",)),
    )
    metrics = ("changes",)
    chart_metrics = ("changes",)
