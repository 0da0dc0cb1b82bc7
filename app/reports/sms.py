"""SMS: how many went, how many arrived, what they cost; by gateway, template, operator and day."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from app.reports import Grouping, Report


class Sms(Report):
    key = "sms"
    title = _l("SMS: delivery and cost")
    menu = _l("SMS")
    about = _l("How many messages were sent, how many arrived and what they cost.")
    position = 80
    groupings = (
        Grouping("template", _l("SMS template"), "sms", ("template_id",)),
        Grouping("gateway", _l("SMS gateway"), "sms", ("gateway_id",)),
        Grouping("gateway_template", _l("SMS gateway and template"), "sms", ("gateway_id", "template_id")),
        Grouping("ground", _l("Why it went"), "sms", ("ground",)),
        Grouping("operator", _l("Operator"), "sms", ("operator_id",)),
        Grouping("day", _l("Day"), "sms", ("day",)),
        Grouping("week", _l("Week"), "sms", ("week",)),
        Grouping("month", _l("Month"), "sms", ("month",)),
    )
    metrics = ("messages", "went", "delivered", "delivery_rate", "undelivered", "unsure", "parts", "cost", "cost_each")
    chart_metrics = ("went", "delivered")
