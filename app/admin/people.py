"""People: invitations and reset links, made here and used at the entrance; ending somebody's log-ins."""

from __future__ import annotations

from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_appbuilder import BaseView, action, expose, has_access, permission_name
from flask_appbuilder.security.sqla.models import Role
from flask_appbuilder.security.views import RoleModelView as StockRoleView
from flask_appbuilder.security.views import UserDBModelView as StockUserView
from flask_appbuilder.security.views import UserGroupModelView as StockGroupView
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import select

from app.admin.base import now
from app.errors import Refused
from app.extensions import db
from app.formats import name_of
from app.models import Invite, OperatorGroup
from app.safety import SafeModelView
from app.security import ProzvonSecurity
from app.services import people
from app.services.audit import note_event
from app.wording import say

SHOWN = 100


def link_of(token: str) -> str:
    return f"{current_app.config['PROZVON'].public_url}/invite/{token}"


class InviteView(BaseView):
    """The way in for new people. The link is shown once: only its hash is kept."""

    class_permission_name = "InviteView"
    route_base = "/invites"
    default_view = "invites"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("invites")
    def invites(self) -> Any:
        link = ""
        if request.method == "POST":
            try:
                link = self._make(request.form)
            except Refused as refusal:
                db.session.rollback()
                flash(say(refusal.reason), "danger")
        return self.render_template(
            "admin/invites.html", title=_("Invitations"), link=link, typed={} if link else request.form,
            invites=_invites(), roles=db.session.execute(select(Role).order_by(Role.id.desc())).scalars().all(),
            groups=db.session.execute(select(OperatorGroup).order_by(OperatorGroup.name)).scalars().all(), now=now(),
        )  # fmt: skip

    def _make(self, form: Any) -> str:
        token = people.invite(
            db.session(), username=form.get("username", ""), role=form.get("role", ""), now=now(),
            first_name=form.get("first_name", ""), last_name=form.get("last_name", ""), email=form.get("email", ""),
            group_id=form.get("group_id", type=int), actor_id=current_user.id,
        )  # fmt: skip
        db.session.commit()
        return link_of(token)

    @expose("/<int:invite_id>/revoke", methods=["POST"])
    @has_access
    @permission_name("invites")
    def revoke(self, invite_id: int) -> Any:
        try:
            people.revoke(db.session(), invite_id, actor_id=current_user.id, now=now())
            db.session.commit()
            flash(_("The link does not work any more."), "success")
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "danger")
        return redirect(url_for(".invites"))


def _invites() -> list[Invite]:
    return list(db.session.execute(select(Invite).order_by(Invite.id.desc()).limit(SHOWN)).scalars())


class UserDBModelView(SafeModelView, StockUserView):
    """FAB's users, with links instead of passwords that an administrator would have to tell."""

    search_columns = ["first_name", "last_name", "username", "email", "active", "roles"]
    order_columns = ["first_name", "last_name", "username", "email", "active"]
    list_columns = ["first_name", "last_name", "username", "email", "active", "roles", "last_login"]
    add_columns = ["first_name", "last_name", "username", "email"]
    add_form_extra_fields: dict[str, Any] = {}

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        """People come by invitation and choose their passwords themselves."""
        return redirect(url_for("InviteView.invites"))

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: Any) -> Any:
        item = self._visible(pk)
        names = ("reset_link", "end_sessions", "resetpasswords")
        actions = {name: self.actions[name] for name in names if name in self.actions}
        widgets = self._get_show_widget(pk, item, actions=actions)
        self.update_redirect()
        return self.render_template(self.show_template, pk=pk, title=self.show_title, widgets=widgets, related_views=[])

    @action("reset_link", _l("Link for a new password"), "", "key", multiple=False)
    def reset_link(self, item: Any) -> Any:
        token = people.reset_link(db.session(), item.id, now=now(), actor_id=current_user.id)
        db.session.commit()
        return render_template(
            "admin/link.html", title=_("Link for a new password"), link=link_of(token), user=item,
            appbuilder=self.appbuilder, hours=int(people.RESET_LIFE.total_seconds() // 3600),
        )  # fmt: skip

    @action("end_sessions", _l("End the log-ins"), _l("Log these people out everywhere?"), "logout")
    def end_sessions(self, items: Any) -> Any:
        users = items if isinstance(items, list) else [items]
        for user in users:
            self.appbuilder.sm.end_sessions(user.id)
            note_event(db.session(), "sessions_ended", actor_id=current_user.id, subject="user", subject_id=user.id)
        db.session.commit()
        flash(ngettext("%(num)d person logged out.", "%(num)d people logged out.", len(users)), "success")
        self.update_redirect()
        return redirect(self.get_redirect())


class RoleModelView(SafeModelView, StockRoleView):
    search_columns = ["name"]
    order_columns = ["name"]

    @action("copyrole", _l("Copy Role"), _l("Copy the selected roles?"), "copy", single=False)
    def copy_role(self, items: list[Role]) -> Any:
        """Under a name in the language of the screen, and a second copy under one of its own."""
        session = db.session()
        taken = set(session.execute(select(Role.name)).scalars())
        for item in items:
            name = _("%(name)s, copy", name=name_of(item.name))[:60]
            while name in taken:
                name += "*"
            taken.add(name)
            session.add(Role(name=name, permissions=list(item.permissions)))
        session.commit()
        flash(ngettext("%(num)d role copied.", "%(num)d roles copied.", len(items)), "success")
        self.update_redirect()
        return redirect(self.get_redirect())


class UserGroupModelView(SafeModelView, StockGroupView):
    search_columns = ["name", "label"]
    order_columns = ["name", "label"]


class PeopleSecurity(ProzvonSecurity):
    """Security with our screens of users, roles and groups in place of the stock ones."""

    userdbmodelview = UserDBModelView
    rolemodelview = RoleModelView
    groupmodelview = UserGroupModelView
    userstatschartview = None  # drawn by a service on the internet, and it says nothing about the work
