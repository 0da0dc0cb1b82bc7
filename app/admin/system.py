"""How the program itself does: runs of jobs, who did what, and the business settings."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user

from app import formats
from app.admin.base import READ, AdminView, Listing, now
from app.admin.shown import clipped, formatted, labels, pairs, tag, took
from app.errors import Refused
from app.extensions import db
from app.models import AuditEvent, JobRun
from app.reports import asking
from app.services import setting_changes, statuses
from app.wording import say, word


def _show_runs(rows: list[Any]) -> None:
    for row in rows:
        row.took = took(row.started_at, row.finished_at)
        row.ended = (
            tag(_("failed"), "danger", "alert-circle") if row.error
            else tag(_("runs"), "info", "hourglass") if row.finished_at is None else tag(_("done"), "success", "check")
        )  # fmt: skip


class JobRunView(AdminView):
    datamodel = Listing(JobRun, after=_show_runs)
    class_permission_name = "JobRunView"
    route_base = "/jobrunview"
    include_route_methods = READ
    list_title, show_title = _l("Runs of jobs"), _l("Run of a job")
    empty_text = _l("No job has run yet: is a worker running?")
    list_columns = ["started_at", "job", "ended", "took", "counts", "error"]
    show_columns = ["job", "ended", "started_at", "finished_at", "took", "counts", "error", "worker"]
    search_columns = ["job", "started_at", "error"]
    order_columns = ["started_at", "job"]
    base_order = ("started_at", "desc")
    label_columns = labels(ended=_l("State"))
    formatters_columns = formatted(
        job=lambda value: word(value, "job"), started_at=lambda value: formats.when(value, seconds=True),
        counts=lambda value: pairs({word(name, "count"): n for name, n in (value or {}).items()}),
    )  # fmt: skip


LISTS = {"roles", "groups"}  # here two values are two values; elsewhere they are before and after


def _days_of(question: dict[str, Any]) -> str:
    """What was asked of a report, in short: whoever wants the rest orders the same file."""
    ends = [str(value)[:10] for name in ("from", "to") if (value := question.get(name))]
    return " – ".join(ends) or formats.NOTHING


def _meant(name: str, value: Any) -> Any:
    """A value of the log as people know it; [before, after] with an arrow."""
    if isinstance(value, list):
        change = len(value) == 2 and (name not in LISTS or any(isinstance(one, list) for one in value))
        return (" → " if change else ", ").join(str(_meant(name, one)) for one in value) or formats.NOTHING
    if name == "report" and (found := asking.all_reports().get(str(value))) is not None:
        return str(found.title)
    if name == "asked" and isinstance(value, dict):
        return _days_of(value)
    if name == "status":
        if "status_names" not in g:
            g.status_names = {row.code: row.name for row in statuses.rows(db.session())}
        return g.status_names.get(value, value)
    if value is None or value == "":
        return formats.NOTHING
    if isinstance(value, bool):
        return formats.cell(value)
    return formats.name_of(value) if name in ("role", "roles", "copy_of") else value


class AuditView(AdminView):
    """Who did what. Administrators only: it tells of everybody."""

    datamodel = Listing(AuditEvent, names={"by_name": ("actor_id", "user")})
    class_permission_name = "AuditView"
    route_base = "/auditview"
    include_route_methods = READ
    list_title, show_title = _l("Audit log"), _l("Event")
    list_columns = ["at", "by_name", "actor", "what", "subject", "subject_id", "details", "address"]
    show_columns = list_columns
    search_columns = ["at", "what", "subject", "subject_id", "by", "actor"]
    order_columns = ["at"]
    base_order = ("at", "desc")
    label_columns = labels(by=_l("Who"))
    formatters_columns = formatted(
        at=lambda value: formats.when(value, seconds=True), what=lambda value: word(value, "event"),
        subject=lambda value: word(value, "subject"), actor=lambda value: word(value, "actor"),
        by_name=lambda value: value or "—", subject_id=lambda value: value or "—", address=clipped(40),
        details=lambda value: pairs({name: _meant(name, one) for name, one in (value or {}).items()}),
    )  # fmt: skip


class SettingView(BaseView):
    """Business settings on one page: what they mean, their units, who changed them last."""

    class_permission_name = "SettingView"
    route_base = "/settingview"
    default_view = "settings"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("settings")
    def settings(self) -> Any:
        typed: dict[str, str] = {}
        if request.method == "POST":
            typed = request.form.to_dict()
            try:
                changed = setting_changes.change(db.session(), typed, actor_id=current_user.id, now=now())
                db.session.commit()
                flash(
                    ngettext("%(num)d setting changed.", "%(num)d settings changed.", len(changed))
                    if changed else _("Nothing was changed."), "success",
                )  # fmt: skip
                return redirect(url_for(".settings"))
            except Refused as refusal:
                db.session.rollback()
                flash(say(refusal.reason), "danger")
        return self.render_template(
            "admin/settings.html", title=_("Business settings"), rows=setting_changes.rows(db.session()), typed=typed
        )
