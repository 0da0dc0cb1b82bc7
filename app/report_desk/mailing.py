"""Reports by mail: who gets which saved view when; ordering, and stopping what one gets oneself."""

from __future__ import annotations

from datetime import time
from typing import Any

from flask import abort, current_app, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.admin.base import now
from app.errors import Reason, Refused
from app.extensions import db
from app.models import SavedView
from app.report_desk.address import zone
from app.reports import asking
from app.security import ADMIN
from app.services import mail, mailings, report_views
from app.wording import say


class MailingView(BaseView):
    class_permission_name = "ExportView"
    route_base = "/mailings"
    default_view = "mailings"

    @expose("/")
    @has_access
    @permission_name("file")
    def mailings(self) -> Any:
        titles = {key: report.title for key, report in asking.all_reports().items()}
        may_order = _may_order()
        return self.render_template(
            "reports/mailings.html", title=_("Reports by mail"), titles=titles, may_order=may_order,
            rows=mailings.seen_by(db.session(), current_user.id, all_of_them=_is_admin()),
            views=report_views.all_of(db.session(), current_user.id) if may_order else [],
            people=report_views.with_address(db.session()) if may_order else [], is_on=mail.is_on(),
            chosen=request.args.get("view", type=int), zone=zone().key, days=_days(), everies=_everies(),
            told=lambda code: say(Reason(code)),
        )  # fmt: skip

    @expose("/", methods=["POST"])
    @has_access
    @permission_name("everyone")
    def order(self) -> Any:
        session, form = db.session(), request.form
        view = session.get(SavedView, form.get("view", 0, type=int) or 0)
        if view is None or not (view.is_shared or view.user_id == current_user.id):
            abort(404)
        every = str(form.get("every") or "")
        on_day = form.get("weekday" if every == "week" else "monthday", 1, type=int) or 1
        try:
            n = mailings.order(
                session, view, form.getlist("user", type=int), every, on_day, _time(str(form.get("at") or "")),
                str(form.get("kind") or ""), actor_id=current_user.id, zone=zone(), now=now(),
            )  # fmt: skip
            session.commit()
            flash(ngettext("%(num)s person gets the report by mail.", "%(num)s people get the report by mail.", n),
                  "success")  # fmt: skip
        except Refused as refusal:
            session.rollback()
            flash(say(refusal.reason), "warning")
        return redirect(url_for(".mailings"))

    @expose("/<int:mailing_id>/stop", methods=["POST"])
    @has_access
    @permission_name("file")
    def stop(self, mailing_id: int) -> Any:
        if not mailings.stop(db.session(), mailing_id, current_user.id, any_of_them=_is_admin()):
            abort(404)
        db.session.commit()
        flash(_("The report is sent no more."), "success")
        return redirect(url_for(".mailings"))


def _may_order() -> bool:
    return bool(current_app.extensions["appbuilder"].sm.has_access("can_everyone", "ExportView"))


def _is_admin() -> bool:
    return any(role.name == ADMIN for role in current_user.roles)


def _time(word: str) -> time:
    try:
        return time.fromisoformat(word).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise Refused("mailing_when") from None


def _everies() -> dict[str, str]:
    return {"day": _("every day"), "week": _("every week"), "month": _("every month")}


def _days() -> list[str]:
    return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
