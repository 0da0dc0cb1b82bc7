"""Conversion: how many of the cards taken, and of the sellers reached, became leads."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class Conversion(Report):
    key = "conversion"
    title = _l("Conversion")
    about = _l("How many of the cards taken and of the sellers reached became leads.")
    position = 30
    groupings = (
        Grouping("operator", _l("Operator"), "operator", ("operator_id",)),
        Grouping("group", _l("Group"), "operator", ("group_id",)),
        Grouping("filter", _l("Filter"), "filter", ("filter_id",)),
        Grouping("city", _l("City"), "city", ("city_id",)),
        Grouping("source", _l("Source"), "city", ("source_id",)),
        Grouping("make", _l("Make"), "make", ("make_id",)),
        Grouping("weekday", _l("Weekday"), "operator", ("weekday",)),
        Grouping("day", _l("Day"), "operator", ("day",)),
        Grouping("week", _l("Week"), "operator", ("week",)),
        Grouping("month", _l("Month"), "operator", ("month",)),
    )
    metrics = ("taken", "reached", "processed", "leads", "conversion_taken", "conversion_reached", "bought")
    chart_metrics = ("conversion_taken", "conversion_reached")
