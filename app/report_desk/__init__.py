"""Reports on the screen: a chart view of Flask-AppBuilder for each, the rows behind every number, files."""

from __future__ import annotations

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_babel import lazy_gettext as _l

ICONS = {
    "call-types": "phone", "connects-by-prefix": "phone-call", "conversion": "filter", "ads-by-city": "map-pin",
    "operators": "headset", "statuses": "list-check", "presence": "clock", "sms": "message", "funnel": "filter",
    "callbacks": "calendar-time", "crm": "building",
}  # fmt: skip


def register(app: Flask, appbuilder: AppBuilder) -> None:
    from app.report_desk.files import ExportView
    from app.report_desk.mailing import MailingView
    from app.report_desk.view import views

    for view in views():
        appbuilder.add_view(
            view, f"Report {view.report.key}", label=view.report.menu or view.report.title,
            icon=ICONS.get(view.report.key, "chart-bar"),
            category="Reports", category_label=_l("Reports"),
        )  # fmt: skip
    appbuilder.add_view(
        MailingView, "Reports by mail", label=_l("Reports by mail"), icon="mail",
        category="Reports", category_label=_l("Reports"),
    )  # fmt: skip
    appbuilder.add_view(
        ExportView, "Files", label=_l("Lists as files"), icon="download",
        category="Reports", category_label=_l("Reports"),
    )  # fmt: skip
