"""Working time: presence, occupancy and wrap-up of each operator, and how long who was in which state."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class States(Report):
    key = "presence"
    title = _l("Working time")
    about = _l("How long the operators were ready, talking, finishing or away.")
    position = 70
    groupings = (
        Grouping("operator", _l("Operator"), "presence", ("operator_id",)),
        Grouping("group", _l("Group"), "presence", ("group_id",)),
        Grouping("operator_day", _l("Operator and day"), "presence", ("day", "operator_id")),
        Grouping("weekday", _l("Weekday"), "presence", ("weekday",)),
        Grouping("day", _l("Day"), "presence", ("day",)),
        Grouping("week", _l("Week"), "presence", ("week",)),
        Grouping("month", _l("Month"), "presence", ("month",)),
        Grouping("operator_state", _l("Operator and state"), "state", ("operator_id", "state")),
        Grouping("state", _l("State"), "state", ("state",)),
        Grouping("group_state", _l("Group and state"), "state", ("group_id", "state")),
        Grouping("day_state", _l("Day and state"), "state", ("day", "state")),
    )
    metrics = ("at_work", "ready", "talking", "wrapping", "paused", "occupancy", "avg_wrap", "spent")
    chart_metrics = ("ready", "talking", "wrapping", "paused", "spent")
