"""The public way in: pages of invitations and forgotten passwords, and limits on how often one may knock."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import wraps
from typing import Any

from flask import (
    Flask,
    current_app,
    flash,
    g,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_appbuilder import AppBuilder
from flask_appbuilder.exceptions import PasswordComplexityValidationError
from flask_appbuilder.security.forms import LoginForm_db
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import login_user, logout_user

from app import letters, log_ins
from app.errors import Reason, Refused
from app.extensions import db
from app.security import MIN_PASSWORD, PasswordRefused, password_trouble
from app.services import mail, people
from app.wording import say

LOGIN_LIMIT = "5 per minute"  # of the API; the form has FAB's own
REFRESH_LIMIT = "30 per minute"
INVITE_LIMIT = "20 per minute"
FORGOT_LIMIT = "10 per minute"
FORGOT_TRIES = 10  # of one address, counted over all processes; they are forgiven minute by minute


def register(app: Flask, appbuilder: AppBuilder) -> None:
    limit = appbuilder.sm.limiter.limit
    app.add_url_rule("/invite/<token>", "invite", limit(INVITE_LIMIT)(_invite), methods=["GET", "POST"])
    app.add_url_rule("/forgot", "forgot", limit(FORGOT_LIMIT, methods=["POST"])(_forgot), methods=["GET", "POST"])
    app.jinja_env.globals["mail_is_on"] = mail.is_on
    views = app.view_functions  # FAB limits its form and forgets its API
    views["SecurityApi.login"] = limit(LOGIN_LIMIT, methods=["POST"])(_told_to_wait(views["SecurityApi.login"]))
    views["SecurityApi.refresh"] = limit(REFRESH_LIMIT, methods=["POST"])(views["SecurityApi.refresh"])
    views["AuthDBView.login"] = _told_to_wait(views["AuthDBView.login"])
    app.config["FAB_PASSWORD_COMPLEXITY_ENABLED"] = True
    app.config["FAB_PASSWORD_COMPLEXITY_VALIDATOR"] = _check_password
    app.register_error_handler(PasswordRefused, _show_refused_password)


def _told_to_wait(view: Any) -> Any:
    """Who has failed too often is told for how long to wait: 429 with Retry-After, in the API and in the form."""

    @wraps(view)
    def entered(*args: Any, **more: Any) -> Any:
        answer = view(*args, **more)
        wait = g.pop("login_wait", 0)
        if not wait:
            return answer
        if request.path.startswith("/api/"):
            told = make_response(jsonify(message=_wait_words(wait), code="too_many", errors={"retry_after": wait}))
        else:
            session.pop("_flashes", None)  # «wrong name or password» would be a guess: nothing has been checked
            flash(_wait_words(wait), "danger")
            told = make_response(render_template(
                "appbuilder/general/security/login_db.html", title=_("Log in"), form=LoginForm_db(),
                appbuilder=current_app.extensions["appbuilder"],
            ))  # fmt: skip
        told.status_code = 429
        told.headers["Retry-After"] = str(wait)
        return told

    return entered


def _wait_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return ngettext(
        "Too many wrong passwords. Try again in %(num)d minute.",
        "Too many wrong passwords. Try again in %(num)d minutes.", minutes,
    )  # fmt: skip


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
    current_app.extensions["appbuilder"].sm.update_user_auth_stat(user, True)  # a log-in like any other
    return ""


def _forgot() -> Any:
    """One answer for everybody: nobody learns here who has an account."""
    if request.method == "GET" or not mail.is_on():
        return render_template("forgot.html", is_asked=False, trouble="")
    now = datetime.now(UTC)
    address = log_ins.address_key(request.remote_addr or "", "FORGOT")
    if log_ins.is_blocked(db.session(), address, now):
        wait = _("Too many requests from your network. Wait a few minutes.")
        return render_template("forgot.html", is_asked=False, trouble=wait), 429
    log_ins.count_knock(db.session(), address, now, most=FORGOT_TRIES)
    db.session.commit()
    found = people.forgotten(db.session(), request.form.get("name", ""), now)
    if found is not None:
        _post_reset(*found, now)
    db.session.commit()
    return render_template("forgot.html", is_asked=True, trouble="")


def _post_reset(user: Any, token: str, now: datetime) -> None:
    minutes = int(people.FORGOTTEN_LIFE.total_seconds() // 60)
    link = f"{current_app.config['PROZVON'].public_url}/invite/{token}"
    letter = letters.new_password(username=user.username, link=link, minutes=minutes)
    mail.post(
        db.session(), "reset", user.email, letter,
        secret_key=current_app.config["SECRET_KEY"], expires_at=now + people.FORGOTTEN_LIFE,
    )  # fmt: skip


def _check_password(password: str) -> None:
    """FAB's own forms ask this before they save."""
    if trouble := password_trouble(password):
        raise PasswordComplexityValidationError(say(Reason(trouble)))


def _show_refused_password(refusal: PasswordRefused) -> Any:
    """What only the whole account shows: the password repeats the user's name."""
    db.session.rollback()
    flash(say(Reason(refusal.code)), "danger")
    return redirect(request.full_path)
