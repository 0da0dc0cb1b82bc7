"""Call-backs: how many were due, and how many were kept; by operator, kind and day."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class CallbacksKept(Report):
    key = "callbacks"
    title = _l("Call-backs: kept and missed")
    menu = _l("Call-backs")
    about = _l("How many planned call-backs were made in time, and which were not.")
    position = 65
    groupings = (
        Grouping("operator", _l("Operator"), "callback", ("operator_id",)),
        Grouping("group", _l("Group"), "callback", ("group_id",)),
        Grouping("plan", _l("Kind of call-back"), "callback", ("plan",)),
        Grouping("operator_plan", _l("Operator and kind"), "callback", ("operator_id", "plan")),
        Grouping("weekday", _l("Weekday"), "callback", ("weekday",)),
        Grouping("day", _l("Day"), "callback", ("day",)),
        Grouping("week", _l("Week"), "callback", ("week",)),
        Grouping("month", _l("Month"), "callback", ("month",)),
    )
    metrics = ("due", "kept", "kept_share", "missed", "still_open", "late_h")
    chart_metrics = ("kept", "missed")
