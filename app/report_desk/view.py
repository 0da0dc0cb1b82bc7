"""The pages of the reports: table and chart of the same numbers, the rows behind each number, files made by a job."""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlencode

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import expose, has_access, permission_name
from flask_appbuilder.charts.views import GroupByChartView
from flask_babel import gettext as _
from flask_login import current_user

from app.admin.base import now
from app.errors import Refused
from app.extensions import db
from app.models import Call
from app.report_desk import figures
from app.report_desk.address import (
    address,
    choices,
    file_of,
    key_word,
    name_of,
    order_words,
    preset_names,
    read_key,
    zone,
)
from app.report_desk.files import ordered, rows_words
from app.reports import Report, asking
from app.reports.answers import ask, metric_named
from app.reports.asking import Asked
from app.reports.behind import PAGE, happening_of, rows_behind
from app.safety import FastInterface
from app.seeing import sight_now
from app.services import report_views
from app.wording import say

MOST_ROWS = 1000  # on the screen; a file holds them all


class ReportView(GroupByChartView):
    """One report: Flask-AppBuilder's chart class and its right `can_chart`; the numbers come from the report by SQL."""

    datamodel = FastInterface(Call)
    report: ClassVar[type[Report]]
    definitions: ClassVar[list[Any]] = []
    search_columns: ClassVar[list[str]] = []
    chart_template = "reports/report.html"

    def _init_forms(self) -> None:
        """The fields of a report are its own; the generated search form would be made of every column of a table."""
        self.search_form = None

    @expose("/chart/")
    @has_access
    @permission_name("chart")
    def chart(self) -> Any:
        asked = self._asked()
        if asked is None:
            return self.render_template("reports/none.html", title=self.report.title)
        answer = asking.in_order(ask(db.session(), self.report, asked.question, zone=zone(), now=now()), asked)
        return self.render_template(
            self.chart_template, title=self.report.title, report=self.report, asked=asked, answer=answer,
            rows=answer.rows[:MOST_ROWS], groupings=asking.allowed(self.report, asked.sight),
            presets=preset_names(), chart=figures.chart_data(answer), shown=figures.shown, change=figures.change,
            steps=figures.steps(answer),
            filters=choices(asked), troubles=[say(trouble) for trouble in asked.troubles],
            address=lambda **more: address(asked, **more), key_of=key_word, made=file_of(asked),
            views=report_views.mine(db.session(), current_user.id, self.report.key),
        )  # fmt: skip

    @expose("/rows/")
    @has_access
    @permission_name("chart")
    def rows(self) -> Any:
        """The calls, cards or ads behind one number."""
        asked = self._asked()
        metric = str(request.args.get("metric") or "")
        if asked is None or asked.troubles:
            abort(404)
        key = read_key(asked, str(request.args.get("key") or ""))
        page = request.args.get("page", 0, type=int) or 0
        try:
            found = rows_behind(db.session(), self.report, asked.question, key, metric, zone=zone(), page=page)
        except Refused:
            abort(404)
        return self.render_template(
            "reports/rows.html", title=self.report.title, report=self.report, asked=asked, rows=found[:PAGE],
            more=len(found) > PAGE, page=max(0, page), metric=metric_named(metric),
            kind=happening_of(self.report, asked.question.group_by, metric, asked.question.only).key,
            back=address(asked), address=lambda **more: address(asked, **{"rule": ".rows", **more}),
            key_word=request.args.get("key", ""), name=name_of(asked, key), made=file_of(asked),
        )  # fmt: skip

    @expose("/rows/file/<kind>", methods=["POST"])
    @has_access
    @permission_name("chart")
    def rows_file(self, kind: str) -> Any:
        """Have a file made of all the rows behind one number."""
        asked = self._asked()
        metric, word = str(request.args.get("metric") or ""), str(request.args.get("key") or "")
        if asked is None or asked.troubles:
            abort(404)
        key = read_key(asked, word)
        try:
            happening_of(self.report, asked.question.group_by, metric, asked.question.only)
        except Refused:
            abort(404)
        words = {**order_words(asked), **rows_words(asked, key, metric)}
        back = partial(address, asked, rule=".rows", metric=metric, key=word)
        return ordered(self.report.key, kind, words, back)

    @expose("/file/<kind>", methods=["POST"])
    @has_access
    @permission_name("chart")
    def file(self, kind: str) -> Any:
        """Have a file made of exactly what is on the screen."""
        asked = self._asked()
        if asked is None:
            abort(404)
        return ordered(self.report.key, kind, order_words(asked), partial(address, asked))

    @expose("/save/", methods=["POST"])
    @has_access
    @permission_name("chart")
    def save(self) -> Any:
        """Keep what is on the screen under a name; the start page is one of these."""
        asked = self._asked()
        if asked is None:
            abort(404)
        try:
            report_views.keep(
                db.session(), current_user.id, self.report.key, str(request.form.get("name") or ""),
                urlencode(dict(asked.words)), is_shared=self._sees_everyone() and request.form.get("shared") == "1",
                is_start=request.form.get("start") == "1",
            )  # fmt: skip
            db.session.commit()
            flash(_("The view is saved."), "success")
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "warning")
        return redirect(address(asked))

    @expose("/forget/<int:view_id>", methods=["POST"])
    @has_access
    @permission_name("chart")
    def forget(self, view_id: int) -> Any:
        report_views.forget(db.session(), current_user.id, view_id)
        db.session.commit()
        return redirect(url_for(".chart"))

    def _sees_everyone(self) -> bool:
        return bool(self.appbuilder.sm.has_access("can_everyone", "ExportView"))

    def _asked(self) -> Asked | None:
        args = {name: ",".join(values) for name, values in request.args.lists()}
        try:
            return asking.read(self.report, args, now().astimezone(zone()).date(), sight=sight_now())
        except asking.NotTold:
            abort(404)


def views() -> list[type[ReportView]]:
    """A view class for each report; its name is what the rights hang on."""
    made = []
    for key, report in asking.all_reports().items():
        name = f"Report{report.__name__}"
        made.append(
            type(
                name,
                (ReportView,),
                {
                    "report": report,
                    "route_base": f"/reports/{key}",
                    "class_permission_name": name,
                    "chart_title": report.title,
                    "title": report.title,
                    "__doc__": report.__doc__,
                },
            )  # fmt: skip
        )
    return made
