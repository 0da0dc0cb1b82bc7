"""Files that people have made: ordering them, how far they are, taking and leaving them; lists of all calls and ads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from flask import abort, current_app, flash, redirect, request, send_file, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_login import current_user

from app.admin.base import now
from app.errors import Refused
from app.extensions import db
from app.report_desk.address import name_of, zone
from app.reports import asking
from app.reports.asking import Asked
from app.reports.lists import LISTS
from app.seeing import sight_now
from app.services import exports
from app.wording import say


class ExportView(BaseView):
    class_permission_name = "ExportView"
    route_base = "/exports"
    default_view = "lists"

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
    def lists(self) -> Any:
        """All calls or ads of some days as a file. Who may open this is told the figures of everybody."""
        today = now().astimezone(zone()).date()
        return self.render_template(
            "reports/lists.html", title=_("Lists as files"), mine=exports.newest(db.session(), current_user.id),
            first=request.args.get("from") or today.replace(day=1).isoformat(),
            last=request.args.get("to") or today.isoformat(), chosen=request.args.get("list", "calls"),
            has_numbers=_sees_numbers(), titles=list_titles(),
            names={**{key: one.title for key, one in asking.all_reports().items()}, **list_titles()},
        )  # fmt: skip

    @expose("/everyone", methods=["POST"])
    @has_access
    @permission_name("everyone")
    def order_list(self) -> Any:
        name = str(request.form.get("list") or "")
        if name not in LISTS:
            abort(404)
        words: dict[str, Any] = {"from": str(request.form.get("from") or ""), "to": str(request.form.get("to") or "")}
        asked = asking.read(_any_report(), words, now().astimezone(zone()).date(), sight=sight_now())
        if asked is None:
            abort(404)
        for trouble in asked.troubles:
            flash(say(trouble), "warning")
        if asked.troubles:
            return redirect(url_for(".lists", list=name, **words))
        question = {**words, "list": name, "phones": _wants_numbers(), "sight": asked.sight.as_words()}
        kind = str(request.form.get("kind") or "")
        return ordered(name, kind, question, lambda **_more: url_for("ExportView.lists", list=name, **words))


def ordered(report: str, kind: str, question: Mapping[str, Any], back: Callable[..., str]) -> Any:
    """Order the file and go back to where it was ordered; `made` names it in that address."""
    try:
        made = exports.order(
            db.session(), report, kind, question, user_id=current_user.id, now=now(),
            address=request.remote_addr or "",
        )  # fmt: skip
        db.session.commit()
    except Refused as refusal:
        db.session.rollback()
        flash(say(refusal.reason), "warning")
        return redirect(back())
    return redirect(back(made=made.token))


def rows_words(asked: Asked, key: Mapping[str, Any], metric: str) -> dict[str, Any]:
    """What an order of the rows behind a number says beside the question of the report."""
    told = {dim: value.isoformat() if isinstance(value, date) else value for dim, value in key.items()}
    return {"list": "rows", "metric": metric, "key": told, "name": name_of(asked, key), "phones": _sees_numbers()}


def list_titles() -> dict[str, str]:
    return {"calls": _("Calls"), "ads": _("Ads")}


def _any_report() -> Any:
    """Days and whose figures may be told are read alike for all."""
    return next(iter(asking.all_reports().values()))


def _sees_numbers() -> bool:
    """Whole numbers of telephones: the right of the list of calls."""
    return bool(current_app.extensions["appbuilder"].sm.has_access("can_numbers", "CallView"))


def _wants_numbers() -> bool:
    return _sees_numbers() and request.form.get("phones") == "1"
