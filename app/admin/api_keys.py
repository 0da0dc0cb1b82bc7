"""The page «API»: how programs call us, in short, and the keys by which they do."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_appbuilder.security.sqla.models import User
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy import select

from app.admin.base import now
from app.errors import Refused
from app.extensions import db
from app.models import Source
from app.services import ads_push, api_keys
from app.wording import say

SCOPES = {
    "push": _l("only send adverts"), "read": _l("only read"), "all": _l("everything that the person may do"),
}  # fmt: skip
LIVES = {"90": _l("90 days"), "365": _l("a year"), "": _l("without an end")}


class ApiKeyView(BaseView):
    class_permission_name = "ApiKeyView"
    route_base = "/apikeys"
    default_view = "keys"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("keys")
    def keys(self) -> Any:
        key = ""
        if request.method == "POST":
            try:
                key = self._make(request.form)
            except Refused as refusal:
                db.session.rollback()
                flash(say(refusal.reason), "danger")
        return self.render_template(
            "admin/api_keys.html", title=_("API"), key=key, typed={} if key else request.form, now=now(),
            keys=api_keys.latest(db.session()), users=_people(), scopes=SCOPES, lives=LIVES,
            url=current_app.config["PROZVON"].public_url, source=_a_source(), most=ads_push.MOST_AT_ONCE,
        )  # fmt: skip

    def _make(self, form: Any) -> str:
        days = form.get("days", "")
        key = api_keys.make(
            db.session(), name=form.get("name", ""), user_id=form.get("user_id", type=int) or 0,
            scope=form.get("scope", ""), days=form.get("days", type=int) or -1 if days else None,
            per_minute=form.get("per_minute", type=int) or 0, now=now(), actor_id=current_user.id,
        )  # fmt: skip
        db.session.commit()
        return key

    @expose("/<int:key_id>/revoke", methods=["POST"])
    @has_access
    @permission_name("keys")
    def revoke(self, key_id: int) -> Any:
        try:
            api_keys.revoke(db.session(), key_id, actor_id=current_user.id, now=now())
            db.session.commit()
            flash(_("The key opens nothing any more."), "success")
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "danger")
        return redirect(url_for(".keys"))


def _people() -> list[User]:
    found = db.session.execute(select(User).where(User.active).order_by(User.first_name, User.last_name, User.id))
    return list(found.scalars())


def _a_source() -> str:
    """The key of a source that takes pushes, for the example; a word in its place while there is none."""
    found = db.session.execute(
        select(Source.key).where(Source.adapter == ads_push.PUSH_KIND).order_by(Source.id).limit(1)
    )
    return found.scalar() or "my-source"
