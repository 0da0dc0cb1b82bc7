"""Connects by dial prefix: which line, prefix and caller number sellers answer."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class ConnectsByPrefix(Report):
    key = "connects-by-prefix"
    title = _l("Connects by prefix")
    menu = _l("Dial prefixes")
    about = _l("How often sellers answer calls of each line, prefix and caller number.")
    position = 20
    groupings = (
        Grouping("prefix", _l("Line and prefix"), "line", ("trunk_id", "prefix_id")),
        Grouping("caller", _l("Line, prefix and caller number"), "line", ("trunk_id", "prefix_id", "caller_number")),
        Grouping("line", _l("Phone line"), "line", ("trunk_id",)),
        Grouping("code", _l("Line and code of the number"), "code", ("trunk_id", "code")),
        Grouping("number_code", _l("Code of the number"), "code", ("code",)),
        Grouping("carrier", _l("Mobile operator or region"), "code", ("carrier",)),
        Grouping("line_carrier", _l("Line and mobile operator"), "code", ("trunk_id", "carrier")),
        Grouping(
            "full",
            _l("Line, prefix, caller number and mobile operator"),
            "code",
            ("trunk_id", "prefix_id", "caller_number", "carrier"),
        ),
        Grouping("caller_number", _l("Caller number"), "line", ("caller_number",)),
        Grouping("line_weekday", _l("Line and weekday"), "line", ("trunk_id", "weekday")),
        Grouping("day", _l("Day"), "line", ("day",)),
        Grouping("week", _l("Week"), "line", ("week",)),
        Grouping("month", _l("Month"), "line", ("month",)),
    )
    metrics = ("attempts", "connects", "connect_rate", "talk", "avg_talk", "avg_ring")
    chart_metrics = ("connect_rate",)
    watched = ("prefix", "caller", "line", "line_carrier", "full", "caller_number")
