"""Invitations: made, sent by mail or shown to be handed over, made anew and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import current_app, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name
from flask_appbuilder.security.sqla.models import Role, User
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import func, select

from app import letters, settings
from app.admin.base import now
from app.errors import Refused
from app.extensions import db
from app.models import Invite, OperatorGroup
from app.services import mail, people
from app.smtp import is_address
from app.wording import say

SHOWN = 100


def link_of(token: str) -> str:
    return f"{current_app.config['PROZVON'].public_url}/invite/{token}"


def post_letter(kind: str, to: str, letter: mail.Letter, expires_at: datetime) -> None:
    mail.post(
        db.session(), kind, to, letter, expires_at=expires_at, actor_id=current_user.id,
        secret_key=current_app.config["SECRET_KEY"],
    )  # fmt: skip


def waiting() -> list[Invite]:
    """People who were invited and have no account yet, the newest first; links that died are among them."""
    has_account = select(User.id).where(func.lower(User.username) == func.lower(Invite.username)).exists()
    newest = (
        select(func.max(Invite.id))
        .where(Invite.purpose == "invite", Invite.used_at.is_(None), ~has_account)
        .group_by(func.lower(Invite.username))
    )
    found = select(Invite).where(Invite.id.in_(newest)).order_by(Invite.id.desc()).limit(SHOWN)
    return list(db.session.execute(found).scalars())


class InviteView(BaseView):
    """The way in for new people. The link is shown once: only its hash is kept."""

    class_permission_name = "InviteView"
    route_base = "/invites"
    default_view = "invites"

    @expose("/", methods=["GET", "POST"])
    @has_access
    @permission_name("invites")
    def invites(self) -> Any:
        made = None
        if request.method == "POST":
            try:
                made = self._make(request.form)
            except Refused as refusal:
                db.session.rollback()
                flash(say(refusal.reason), "danger")
        return self._page(made, typed={} if made else request.form)

    def _page(self, made: tuple[str, datetime] | None, typed: Any) -> Any:
        """`made`: the new link and when it dies."""
        link, expires_at = made or ("", None)
        return self.render_template(
            "admin/invites.html", title=_("Invitations"), link=link, expires_at=expires_at,
            hours=settings.get(db.session(), "invite_hours"), reset_hours=settings.get(db.session(), "reset_hours"),
            typed=typed, now=now(), mail_is_on=mail.is_on(),
            invites=_invites(), roles=db.session.execute(select(Role).order_by(Role.id.desc())).scalars().all(),
            groups=db.session.execute(select(OperatorGroup).order_by(OperatorGroup.name)).scalars().all(),
        )  # fmt: skip

    def _make(self, form: Any) -> tuple[str, datetime]:
        at, email = now(), form.get("email", "").strip()
        if email and not is_address(email):
            raise Refused("email_bad")
        token = people.invite(
            db.session(), username=form.get("username", ""), role=form.get("role", ""), now=at,
            first_name=form.get("first_name", ""), last_name=form.get("last_name", ""), email=email,
            group_id=form.get("group_id", type=int), actor_id=current_user.id,
        )  # fmt: skip
        row = people.find_invite(db.session(), token, at)
        assert row is not None
        self._send(row, token, wanted=bool(form.get("send")))
        db.session.commit()
        return link_of(token), row.expires_at

    def _send(self, row: Any, token: str, *, wanted: bool) -> None:
        """By mail too, when there is mail and an address; the link is shown in any case."""
        if not wanted or not mail.is_on() or not row.email:
            return
        hours = int(people.invite_life(db.session()).total_seconds() // 3600)
        letter = letters.invitation(
            first_name=row.first_name, username=row.username, link=link_of(token), hours=hours
        )  # fmt: skip
        post_letter("invite", row.email, letter, row.expires_at)
        flash(_("The invitation goes to %(address)s by mail.", address=row.email), "success")

    @expose("/<int:invite_id>/renew", methods=["POST"])
    @has_access
    @permission_name("invites")
    def renew(self, invite_id: int) -> Any:
        try:
            token = people.renew(db.session(), invite_id, now=now(), actor_id=current_user.id)
            row = db.session.get_one(Invite, invite_id)
            self._send(row, token, wanted=True)
            db.session.commit()
        except Refused as refusal:
            db.session.rollback()
            flash(say(refusal.reason), "danger")
            return redirect(url_for(".invites"))
        return self._page((link_of(token), row.expires_at), typed={})

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
