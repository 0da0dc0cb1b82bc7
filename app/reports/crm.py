"""The CRM: what was handed over, what waits, what failed, and how long it took."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class CrmDelivery(Report):
    key = "crm"
    title = _l("CRM: delivery of leads")
    menu = _l("CRM")
    about = _l("How many leads and additions to them the CRM has taken, how many wait or failed, and how long it took.")
    position = 75
    groupings = (
        Grouping("connection", _l("CRM"), "crm", ("connection_id",)),
        Grouping("thing", _l("What is handed over"), "crm", ("thing",)),
        Grouping("connection_thing", _l("CRM and what is handed over"), "crm", ("connection_id", "thing")),
        Grouping("operator", _l("Operator"), "crm", ("operator_id",)),
        Grouping("group", _l("Group"), "crm", ("group_id",)),
        Grouping("day", _l("Day"), "crm", ("day",)),
        Grouping("week", _l("Week"), "crm", ("week",)),
        Grouping("month", _l("Month"), "crm", ("month",)),
    )
    metrics = ("pushes", "handed", "handed_share", "waits", "fails", "dropped", "tries", "took")
    chart_metrics = ("handed", "waits", "fails")
