"""Ads by city: how many were posted and how many of them were worked."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class AdsByCity(Report):
    key = "ads-by-city"
    title = _l("Posted and processed ads by city")
    menu = _l("Ads by city")
    about = _l("How many ads were posted, matched, given, taken and processed.")
    position = 40
    groupings = (
        Grouping("city", _l("City"), "city", ("city_id",)),
        Grouping("city_source", _l("City and source"), "city", ("city_id", "source_id")),
        Grouping("source", _l("Source"), "city", ("source_id",)),
        Grouping("make", _l("Make"), "make", ("make_id",)),
        Grouping("filter", _l("Filter"), "filter", ("filter_id",)),
        Grouping("operator", _l("Operator"), "operator", ("operator_id",)),
        Grouping("group", _l("Group"), "operator", ("group_id",)),
        Grouping("day", _l("Day"), "city", ("day",)),
        Grouping("week", _l("Week"), "city", ("week",)),
        Grouping("month", _l("Month"), "city", ("month",)),
    )
    metrics = (
        "posted", "matched", "given", "taken", "called", "first_call_h", "processed", "processed_share", "leads",
    )  # fmt: skip
    chart_metrics = ("posted", "processed")
