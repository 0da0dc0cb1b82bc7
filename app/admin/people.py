"""People: who has an account, in what state; links for a new password, ending log-ins, switching off and on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_appbuilder import action, expose, has_access
from flask_appbuilder.security.sqla.models import Role, User
from flask_appbuilder.security.views import RoleModelView as StockRoleView
from flask_appbuilder.security.views import UserDBModelView as StockUserView
from flask_appbuilder.security.views import UserGroupModelView as StockGroupView
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from sqlalchemy import func, select

from app import letters
from app.admin.base import Listing, now
from app.admin.invites import link_of, post_letter, waiting
from app.admin.noted import Facts, Noted
from app.admin.roles import GroupRules, RoleRules
from app.admin.shown import moment, tag
from app.errors import Refused
from app.extensions import db
from app.formats import cell, name_of
from app.models import LoginTry, UserSession
from app.safety import SafeModelView
from app.security import ADMIN, ProzvonSecurity
from app.services import accounts, mail, people
from app.services.audit import note_event
from app.smtp import is_address
from app.wording import say

ROW_ACTIONS = ("reset_link", "end_sessions", "switch_off", "switch_on")


def _show_states(users: list[Any]) -> None:
    """Of a page of people: how many log-ins they have now, and whether guessing has locked them out."""
    ids, at = [user.id for user in users], now()
    counts = select(UserSession.user_id, func.count()).where(UserSession.user_id.in_(ids)).group_by(UserSession.user_id)
    open_n = {row[0]: row[1] for row in db.session.execute(counts)}
    keys = [user.username.casefold() for user in users]
    blocked = select(LoginTry.account).where(LoginTry.account.in_(keys), LoginTry.blocked_until > at)
    locked = set(db.session.execute(blocked).scalars())
    for user in users:
        user.open_n = open_n.get(user.id, 0)
        user.state = (
            tag(_("switched off"), "secondary", "x") if not user.active
            else tag(_("locked for a while"), "warning", "alert-triangle") if user.username.casefold() in locked
            else tag(_("active"), "success", "check")
        )  # fmt: skip


def _last_login(value: Any) -> Any:
    """FAB writes the machine's own time without a zone."""
    return moment(value.astimezone(UTC)) if value is not None else cell(None)


class UserDBModelView(Noted, SafeModelView, StockUserView):
    """FAB's users, with links instead of passwords that an administrator would have to tell."""

    subject = "user"
    list_template = "admin/users.html"
    search_columns = ["first_name", "last_name", "username", "email", "active", "roles"]
    order_columns = ["first_name", "last_name", "username", "email", "active", "last_login"]
    list_columns = ["first_name", "last_name", "username", "state", "roles", "last_login", "open_n", "email"]
    add_columns = ["first_name", "last_name", "username", "email"]
    edit_columns = ["first_name", "last_name", "username", "active", "email", "roles", "groups"]
    add_form_extra_fields: dict[str, Any] = {}
    label_columns = StockUserView.label_columns | {"state": _l("State"), "open_n": _l("Log-ins now")}
    formatters_columns = {"last_login": _last_login}

    @expose("/list/")
    @has_access
    def list(self) -> Any:
        self.update_redirect()
        return self.render_template(
            self.list_template, title=self.list_title, widgets=self._list(), waiting=waiting(), now=now()
        )

    @expose("/add", methods=["GET", "POST"])
    @has_access
    def add(self) -> Any:
        """People come by invitation and choose their passwords themselves."""
        return redirect(url_for("InviteView.invites"))

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: Any) -> Any:
        item = self._visible(pk)
        unfit = "switch_on" if item.active else "switch_off"
        actions = {name: self.actions[name] for name in ROW_ACTIONS if name in self.actions and name != unfit}
        widgets = self._get_show_widget(pk, item, actions=actions)
        self.update_redirect()
        return self.render_template(self.show_template, pk=pk, title=self.show_title, widgets=widgets, related_views=[])

    # --- the rules of the form

    def facts(self, item: Any) -> Facts:
        return {
            "first_name": item.first_name, "last_name": item.last_name, "username": item.username,
            "email": item.email, "active": bool(item.active), "roles": sorted(role.name for role in item.roles),
            "groups": sorted(group.name for group in item.groups),
        }  # fmt: skip

    def rule(self, item: Any, old: Facts, new: Facts) -> None:
        stays = new.get("active", False)
        if old["active"] and not stays and item.id == current_user.id:
            raise Refused("not_yourself")
        if old["active"] and ADMIN in old["roles"] and (not stays or ADMIN not in new["roles"]):
            accounts.refuse_without_admins(db.session(), leaving=item.id)
        if old["active"] and not stays:
            accounts.let_go(db.session(), item, now())

    # --- actions

    @action("reset_link", _l("Link for a new password"), "", "key", multiple=False)
    def reset_link(self, item: Any) -> Any:
        at = now()
        life = people.reset_life(db.session())
        token = people.reset_link(db.session(), item.id, now=at, actor_id=current_user.id, life=life)
        is_sent = mail.is_on() and is_address(item.email or "") and item.active
        if is_sent:
            minutes = int(life.total_seconds() // 60)
            letter = letters.new_password(username=item.username, link=link_of(token), minutes=minutes)
            post_letter("reset", item.email, letter, at + life)
        db.session.commit()
        return render_template(
            "admin/link.html", title=_("Link for a new password"), link=link_of(token), user=item, is_sent=is_sent,
            appbuilder=self.appbuilder, hours=int(life.total_seconds() // 3600), expires_at=at + life,
        )  # fmt: skip

    @action("end_sessions", _l("End the log-ins"), _l("Log these people out everywhere?"), "logout")
    def end_sessions(self, items: Any) -> Any:
        users = _several(items)
        for user in users:
            self.appbuilder.sm.end_sessions(user.id)
            note_event(db.session(), "sessions_ended", actor_id=current_user.id, subject="user", subject_id=user.id)
        db.session.commit()
        flash(ngettext("%(num)d person logged out.", "%(num)d people logged out.", len(users)), "success")
        self.update_redirect()
        return redirect(self.get_redirect())

    @action(
        "switch_off", _l("Switch off"),
        _l("Switch these people off? They are logged out, and their new cards go back to the pool."), "user-x",
    )  # fmt: skip
    def switch_off(self, items: Any) -> Any:
        def off(user: Any) -> None:
            n = accounts.switch_off(db.session(), user.id, actor_id=current_user.id, now=now())
            back = ngettext("%(num)d card back in the pool.", "%(num)d cards back in the pool.", n)
            flash(_("%(name)s is switched off.", name=user.get_full_name()) + " " + back, "success")

        return self._each(items, off)

    @action("switch_on", _l("Switch on"), _l("Let these people log in again?"), "user-check")
    def switch_on(self, items: Any) -> Any:
        def on(user: Any) -> None:
            accounts.switch_on(db.session(), user.id, actor_id=current_user.id)
            flash(_("%(name)s may log in again.", name=user.get_full_name()), "success")

        return self._each(items, on)

    def _each(self, items: Any, act: Callable[[Any], None]) -> Any:
        """One after another, each on its own: what is refused for one is done for the others."""
        for user in _several(items):
            try:
                act(user)
                db.session.commit()
            except Refused as refusal:
                db.session.rollback()
                flash(f"{user.get_full_name()}: {say(refusal.reason)}", "danger")
        self.update_redirect()
        return redirect(self.get_redirect())


def _several(items: Any) -> list[Any]:
    return items if isinstance(items, list) else [items]


class RoleModelView(RoleRules, SafeModelView, StockRoleView):
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
            session.add(copy := Role(name=name, permissions=list(item.permissions)))
            session.flush()
            self._note("added", copy, self.facts(copy) | {"copy_of": item.name})
        session.commit()
        flash(ngettext("%(num)d role copied.", "%(num)d roles copied.", len(items)), "success")
        self.update_redirect()
        return redirect(self.get_redirect())


class UserGroupModelView(GroupRules, SafeModelView, StockGroupView):
    search_columns = ["name", "label"]
    order_columns = ["name", "label"]


class PeopleSecurity(ProzvonSecurity):
    """Security with our screens of users, roles and groups in place of the stock ones."""

    userdbmodelview = UserDBModelView
    rolemodelview = RoleModelView
    groupmodelview = UserGroupModelView
    userstatschartview = None  # drawn by a service on the internet, and it says nothing about the work

    def __init__(self, appbuilder: Any) -> None:
        super().__init__(appbuilder)
        # One statement for the roles of a page of people, not one per person.
        self.userdbmodelview.datamodel = Listing(User, self.session, rel=("roles",), after=_show_states)
