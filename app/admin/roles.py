"""Roles: what an administrator edits, how it differs from the program's own table, and the way back."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user

from app.admin.noted import Facts, Noted
from app.errors import Refused
from app.extensions import db
from app.security import ADMIN, ROLES
from app.services import roles
from app.wording import say


class RoleRules(Noted):
    """The rights of every role may be edited; the names of the program's own roles may not."""

    subject = "role"
    list_template = "admin/roles.html"

    def facts(self, item: Any) -> Facts:
        return {"name": item.name, "rights": {roles.right_of(one) for one in item.permissions}}

    def told(self, old: Facts, new: Facts) -> Facts:
        changes: Facts = {"role": old["name"]} | ({"name": new["name"]} if old["name"] != new["name"] else {})
        given, taken = new["rights"] - old["rights"], old["rights"] - new["rights"]
        changes |= {"given": roles.told(given)} if given else {}
        changes |= {"taken": roles.told(taken)} if taken else {}
        return changes if len(changes) > 1 else {}

    def rule(self, item: Any, old: Facts, new: Facts) -> None:
        name = old.get("name")
        if name == ADMIN or (name in ROLES and new.get("name") != name):
            raise Refused("role_is_fixed")

    def _note(self, verb: str, item: Any, details: Facts) -> None:
        rights = details.pop("rights", None)  # of a role that comes or goes, their number says enough
        super()._note(verb, item, details if rights is None else details | {"rights": len(rights)})


class GroupRules(Noted):
    """Roles that many people have by being in a group."""

    subject = "group"

    def facts(self, item: Any) -> Facts:
        return {
            "name": item.name,
            "roles": sorted(role.name for role in item.roles),
            "users": sorted(user.username for user in item.users),
        }


class RoleDifferenceView(BaseView):
    """What the company has changed in the roles, beside what this release would have."""

    class_permission_name = "RoleDifferenceView"
    route_base = "/rolediff"
    default_view = "differences"

    @expose("/", methods=["GET"])
    @has_access
    @permission_name("differences")
    def differences(self) -> Any:
        return self.render_template(
            "admin/role_differences.html", title=_("Differences of roles"),
            differences=roles.differences(current_app.extensions["appbuilder"].sm),
        )  # fmt: skip

    @expose("/<string:role>/right", methods=["POST"])
    @has_access
    @permission_name("differences")
    def restore_right(self, role: str) -> Any:
        right = (request.form.get("permission", "")[:250], request.form.get("view", "")[:250])
        try:
            roles.restore_right(current_app.extensions["appbuilder"].sm, role, right, actor_id=current_user.id)
            db.session.commit()
            flash(_("The right is as in the program again, from the next click on."), "success")
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "danger")
        return redirect(url_for(".differences"))

    @expose("/<string:role>/all", methods=["POST"])
    @has_access
    @permission_name("differences")
    def restore_all(self, role: str) -> Any:
        try:
            n = roles.restore(current_app.extensions["appbuilder"].sm, role, actor_id=current_user.id)
            db.session.commit()
            flash(ngettext("%(num)d right restored.", "%(num)d rights restored.", n), "success")
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "danger")
        return redirect(url_for(".differences"))
