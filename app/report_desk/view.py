"""The pages of the reports: table and chart of the same numbers, the rows behind each number, files made by a job."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import abort, current_app, flash, redirect, request, send_file, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_appbuilder.charts.views import GroupByChartView
from flask_babel import gettext as _
from flask_login import current_user

from app.admin.base import now
from app.errors import Refused
from app.extensions import db
from app.models import Call
from app.report_desk import figures
from app.reports import Report, asking
from app.reports.answers import TIMES, ask, metric_named, names_of_key, words_of
from app.reports.asking import Asked
from app.reports.behind import PAGE, happening_of, rows_behind
from app.safety import FastInterface
from app.seeing import sight_now
from app.services import exports, report_views
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
            filters=_choices(asked), troubles=[say(trouble) for trouble in asked.troubles],
            address=lambda **more: _address(self, asked, **more), key_of=key_word, made=_file_of(asked),
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
            back=_address(self, asked), address=lambda **more: _address(self, asked, rule=".rows", **more),
            key_word=request.args.get("key", ""), name=_name_of(asked, key),
        )  # fmt: skip

    @expose("/file/<kind>", methods=["POST"])
    @has_access
    @permission_name("chart")
    def file(self, kind: str) -> Any:
        """Have a file made of exactly what is on the screen."""
        asked = self._asked()
        if asked is None:
            abort(404)
        try:
            made = exports.order(
                db.session(), self.report.key, kind, _order_words(asked), user_id=current_user.id, now=now(),
                address=request.remote_addr or "",
            )  # fmt: skip
            db.session.commit()
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "warning")
            return redirect(_address(self, asked))
        return redirect(_address(self, asked, made=made.token))

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
        return redirect(_address(self, asked))

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


class ExportView(BaseView):
    """The files that were asked for: how far they are, taking them, leaving them."""

    class_permission_name = "ExportView"
    route_base = "/exports"
    default_view = "state"

    @expose("/<token>/state")
    @has_access
    @permission_name("file")
    def state(self, token: str) -> Any:
        made = exports.mine(db.session(), current_user.id, token)
        if made is None:
            abort(404)
        return self.render_template("reports/_file.html", made=made)

    @expose("/<token>/cancel", methods=["POST"])
    @has_access
    @permission_name("file")
    def cancel(self, token: str) -> Any:
        made = exports.mine(db.session(), current_user.id, token)
        if made is None:
            abort(404)
        exports.cancel(db.session(), made)
        db.session.commit()
        return self.render_template("reports/_file.html", made=made)

    @expose("/<token>")
    @has_access
    @permission_name("file")
    def file(self, token: str) -> Any:
        made = exports.mine(db.session(), current_user.id, token)
        path = exports.path_of(current_app.config["PROZVON"].var_dir, made) if made is not None else None
        if made is None or made.state != "done" or path is None or not path.is_file() or exports.is_over(made, now()):
            abort(404)
        exports.note_taken(db.session(), made, user_id=current_user.id, address=request.remote_addr or "")
        db.session.commit()
        return send_file(path, as_attachment=True, download_name=made.file_name)

    @expose("/everyone")
    @has_access
    @permission_name("everyone")
    def everyone(self) -> Any:
        """Who may open this is told the figures of everybody; the reports ask for the right."""
        return redirect(url_for("HomeView.index"))


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


def zone() -> ZoneInfo:
    return ZoneInfo(current_app.config["PROZVON"].timezone)


def preset_names() -> dict[str, str]:
    return {
        "today": _("Today"), "yesterday": _("Yesterday"), "7days": _("7 days"), "month": _("This month"),
        "last_month": _("Last month"),
    }  # fmt: skip


def key_word(key: tuple[Any, ...]) -> str:
    """A row's key as one word of an address."""
    return "|".join("" if part is None else part.isoformat() if isinstance(part, date) else str(part) for part in key)


def read_key(asked: Asked, word: str) -> Mapping[str, Any]:
    """The key that an address names; 404 for one that cannot be."""
    if not word:
        return {}
    parts = word.split("|")
    if len(parts) != len(asked.grouping.by):
        abort(404)
    key = {dim: _key_value(dim, part) for dim, part in zip(asked.grouping.by, parts, strict=True)}
    if not asked.sight.is_own and not all(asked.sight.reaches(dim, value) for dim, value in key.items()):
        abort(404)
    return key


def _key_value(dim: str, part: str) -> Any:
    if part == "":
        return None
    try:
        if dim in TIMES:
            return date.fromisoformat(part)
        if dim.endswith("_id") or dim in ("hour", "weekday"):
            value = int(part)
            return value if abs(value) < 2**31 else abort(404)
    except ValueError:
        abort(404)
    return part[:100]


def _name_of(asked: Asked, key: Mapping[str, Any]) -> str:
    return " · ".join(names_of_key(db.session(), asked.grouping, key)) if key else ""


def _order_words(asked: Asked) -> dict[str, Any]:
    order = {"sort": asked.sort, "rising": "1" if asked.is_rising else ""}
    return {**asked.words, **{name: value for name, value in order.items() if value},
            "sight": asked.sight.as_words()}  # fmt: skip


def _address(view: ReportView, asked: Asked, rule: str = ".chart", **more: Any) -> str:
    """The page again with some words changed; None takes one away. A preset and typed days exclude each other."""
    words = {
        **asked.words,
        **({"sort": asked.sort} if asked.sort else {}),
        **({"rising": "1"} if asked.is_rising else {}),
    }
    if "preset" in more:
        words.pop("from", None)
        words.pop("to", None)
    words.update(more)
    told = {name: value for name, value in words.items() if value not in (None, "")}
    return url_for(rule, **told)


def _choices(asked: Asked) -> list[tuple[str, str, list[tuple[Any, str]], tuple[Any, ...]]]:
    """The filters of this grouping: name, label, what can be chosen, what is."""
    if asked.sight.is_own:
        return []
    possible, chosen = asking.filters_of(asked.grouping), asked.words
    return [
        (
            name, label, [one for one in _known(name) if asked.sight.reaches(name, one[0])],
            tuple(str(chosen.get(name) or "").split(",")),
        )
        for name, label in _filter_labels().items()
        if name in possible
    ]  # fmt: skip


def _known(name: str) -> list[tuple[Any, str]]:
    if name == "type":
        return list(words_of("type").items())
    return report_views.choices(db.session(), name)


def _filter_labels() -> dict[str, str]:
    return {
        "operator_id": _("Operator"), "group_id": _("Group"), "city_id": _("City"), "source_id": _("Source"),
        "make_id": _("Make"), "filter_id": _("Filter"), "trunk_id": _("Phone line"), "type": _("Type"), "gateway_id": _("SMS gateway"),
        "template_id": _("SMS template"), "connection_id": _("CRM"),
    }  # fmt: skip


def _file_of(asked: Asked) -> Any:
    token = str(request.args.get("made") or "")
    return exports.mine(db.session(), current_user.id, token) if token else None
