"""The funnel: how many ads were posted, and how far they came towards a lead."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class Funnel(Report):
    key = "funnel"
    title = _l("Funnel from ad to lead")
    menu = _l("Funnel")
    about = _l("Each step by the day when it happened: posted, matched, given, taken, called, reached, lead.")
    position = 35
    groupings = (
        Grouping("day", _l("Day"), "city", ("day",)),
        Grouping("week", _l("Week"), "city", ("week",)),
        Grouping("month", _l("Month"), "city", ("month",)),
        Grouping("city", _l("City"), "city", ("city_id",)),
        Grouping("source", _l("Source"), "city", ("source_id",)),
        Grouping("make", _l("Make"), "make", ("make_id",)),
    )
    metrics = ("posted", "matched", "given", "taken", "called", "reached", "leads", "conversion_taken")
    chart_metrics = ("posted", "matched", "given", "taken", "called", "reached", "leads")
