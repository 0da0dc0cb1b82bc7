"""Call types: individual, campaign, call-back, incoming, internal, and how they ended."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class CallTypes(Report):
    key = "call-types"
    title = _l("Call types")
    about = _l("How many calls there were of each type, how they ended and how long people talked.")
    position = 10
    groupings = (
        Grouping("type", _l("Type"), "hour", ("type",)),
        Grouping("type_outcome", _l("Type and outcome"), "hour", ("type", "outcome")),
        Grouping("outcome", _l("Outcome"), "hour", ("outcome",)),
        Grouping("hour", _l("Hour"), "hour", ("hour",)),
        Grouping("weekday", _l("Weekday"), "hour", ("weekday",)),
        Grouping("day", _l("Day"), "hour", ("day",)),
        Grouping("week", _l("Week"), "hour", ("week",)),
        Grouping("month", _l("Month"), "hour", ("month",)),
    )
    metrics = ("calls", "connects", "connect_rate", "talk", "avg_talk", "avg_ring")
    chart_metrics = ("calls", "connects")
