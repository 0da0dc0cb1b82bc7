"""Operators: their calls, talks and results."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class OperatorCalls(Report):
    key = "operators"
    title = _l("Calls of operators")
    about = _l("Attempts, connects and talk time of each operator and group.")
    position = 50
    groupings = (
        Grouping("operator", _l("Operator"), "caller", ("operator_id",)),
        Grouping("group", _l("Group"), "caller", ("group_id",)),
        Grouping("operator_day", _l("Operator and day"), "caller", ("day", "operator_id")),
        Grouping("group_day", _l("Group and day"), "caller", ("day", "group_id")),
        Grouping("weekday", _l("Weekday"), "caller", ("weekday",)),
        Grouping("city", _l("City"), "call_city", ("city_id",)),
        Grouping("line", _l("Phone line"), "line", ("trunk_id",)),
        Grouping("caller_number", _l("Caller number"), "line", ("caller_number",)),
        Grouping("day", _l("Day"), "caller", ("day",)),
        Grouping("week", _l("Week"), "caller", ("week",)),
        Grouping("month", _l("Month"), "caller", ("month",)),
    )
    metrics = ("attempts", "connects", "connect_rate", "talk", "avg_talk", "avg_ring")
    chart_metrics = ("attempts", "connects")
