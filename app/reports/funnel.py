"""The funnel: how many ads were posted, and how far they came: to a lead, and to a car bought."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class Funnel(Report):
    key = "funnel"
    title = _l("Funnel from ad to purchase")
    menu = _l("Funnel")
    about = _l("Each step by the day when it happened, from the posted ad to the lead and to what the CRM made of it.")
    position = 35
    groupings = (
        Grouping("day", _l("Day"), "city", ("day",)),
        Grouping("week", _l("Week"), "city", ("week",)),
        Grouping("month", _l("Month"), "city", ("month",)),
        Grouping("city", _l("City"), "city", ("city_id",)),
        Grouping("source", _l("Source"), "city", ("source_id",)),
        Grouping("make", _l("Make"), "make", ("make_id",)),
        Grouping("filter", _l("Filter"), "filter", ("filter_id",)),
        Grouping("operator", _l("Operator"), "operator", ("operator_id",)),
        Grouping("group", _l("Group"), "operator", ("group_id",)),
    )
    metrics = (
        "posted", "matched", "given", "taken", "called", "reached", "leads", "crm_in_work", "inspected", "bought",
        "crm_refused", "conversion_taken", "bought_share",
    )  # fmt: skip
    chart_metrics = (
        "posted", "matched", "given", "taken", "called", "reached", "leads", "crm_in_work", "inspected", "bought",
    )  # fmt: skip
    # Each of the row is a part of the one before; a step may be larger all the same, for it counts by its own day.
    steps = ("posted", "matched", "given", "taken", "called", "reached", "leads", "crm_in_work", "inspected", "bought")
