"""The public way in: the page of an invitation or of a password reset, and limits on how often one may knock."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Flask, flash, redirect, render_template, request, url_for
from flask_appbuilder import AppBuilder
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_login import login_user, logout_user

from app.errors import Reason, Refused
from app.extensions import db
from app.security import MIN_PASSWORD, PasswordRefused, password_trouble
from app.services import people
from app.wording import say

LOGIN_LIMIT = "5 per minute"  # of the API; the form has FAB's own
INVITE_LIMIT = "20 per minute"


def register(app: Flask, appbuilder: AppBuilder) -> None:
    limit = appbuilder.sm.limiter.limit
    app.add_url_rule("/invite/<token>", "invite", limit(INVITE_LIMIT)(_invite), methods=["GET", "POST"])
    name = "SecurityApi.login"  # FAB limits its form and forgets its API
    app.view_functions[name] = limit(LOGIN_LIMIT, methods=["POST"])(app.view_functions[name])
    app.config["FAB_PASSWORD_COMPLEXITY_ENABLED"] = True
    app.config["FAB_PASSWORD_COMPLEXITY_VALIDATOR"] = _check_password
    app.register_error_handler(PasswordRefused, _show_refused_password)


def _invite(token: str) -> Any:
    """GET shows whose link it is and spends nothing: mail programs follow links by themselves."""
    now = datetime.now(UTC)
    row = people.find_invite(db.session(), token, now)
    if row is None:
        return render_template("invite.html", row=None), 404
    told = ""
    if request.method == "POST":
        told = _use(token, now)
        if not told:
            return redirect(url_for("HomeView.index"))
    page = render_template("invite.html", row=row, trouble=told, least=MIN_PASSWORD)
    return page, 422 if told else 200


def _use(token: str, now: datetime) -> str:
    """Sets the password and logs in. Returns in words why not, else nothing."""
    from flask import current_app

    password = request.form.get("password", "")
    if password != request.form.get("again", ""):
        return say(Reason("passwords_differ"))
    try:
        user = people.accept(current_app.extensions["appbuilder"].sm, token, password, now)
    except Refused as refusal:
        db.session.rollback()
        return say(refusal.reason)
    except PasswordRefused as refusal:
        db.session.rollback()
        return say(Reason(refusal.code))
    if not user.is_active:
        return say(Reason("user_inactive"))
    logout_user()
    login_user(user, remember=False)
    return ""


def _check_password(password: str) -> None:
    """FAB's own forms ask this before they save."""
    if trouble := password_trouble(password):
        raise PasswordComplexityValidationError(say(Reason(trouble)))


def _show_refused_password(refusal: PasswordRefused) -> Any:
    """What only the whole account shows: the password repeats the user's name."""
    db.session.rollback()
    flash(say(Reason(refusal.code)), "danger")
    return redirect(request.full_path)
