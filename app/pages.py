"""What is nobody's room: the start page of each role, health for the watchers, errors in plain words, static hashes."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, jsonify, redirect, render_template, request, url_for
from flask.globals import request_ctx
from flask_appbuilder import AppBuilder, IndexView, expose
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import text
from werkzeug.exceptions import HTTPException

from app import kept
from app.errors import Refused
from app.extensions import db
from app.services import report_views


class HomeView(IndexView):
    """The start page: the desk for operators, the board for those who may see it."""

    @expose("/")
    def index(self) -> Any:
        if not current_user.is_authenticated:
            return redirect(self.appbuilder.get_url_for_login)
        may = self.appbuilder.sm.has_access
        if chosen := report_views.start_of(db.session(), current_user.id):
            return redirect(f"{url_for('HomeView.index')}reports/{chosen.report}/chart/?{chosen.query}")
        if may("can_board", "BoardView"):
            return redirect(url_for("BoardView.board"))
        if may("can_work", "DeskView"):
            return redirect(url_for("DeskView.my_ads"))
        return render_template("nothing.html", appbuilder=self.appbuilder)


def register(app: Flask, appbuilder: AppBuilder) -> None:
    app.add_url_rule("/healthz", "healthz", _healthz)
    app.add_url_rule("/readyz", "readyz", _readyz)
    app.url_defaults(_add_static_hash)
    kept.install_languages(app)
    for code in (400, 403, 404, 405, 409, 413, 429, 500, 503):
        app.register_error_handler(code, _show_error)
    app.register_error_handler(Refused, _show_refusal)
    app.context_processor(lambda: {"version": "0.1.0"})


def unless_seen(part: str) -> Any:
    """A part of a page, or nothing at all when the page shows just that. Running clocks run in the browser."""
    digest = hashlib.sha256(part.encode()).hexdigest()[:12]
    if request.args.get("seen") == digest:
        return "", 204
    return part, 200, {"X-Seen": digest}


def _healthz() -> Any:
    """The process lives."""
    return jsonify(status="ok")


def _readyz() -> Any:
    """The process can work: the database answers and its tables are of this release."""
    from app.services.deploy import database_revision, newest_revision

    try:
        db.session.execute(text("SELECT 1"))
        at, newest = database_revision(), newest_revision()
    except Exception:  # any trouble with the database means «not ready», whatever its kind
        db.session.rollback()
        return jsonify(status="no database"), 503
    if at != newest:
        return jsonify(status="migrations pending"), 503
    return jsonify(status="ok")


@lru_cache(maxsize=512)
def _file_hash(path: str, changed: float) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]


def _add_static_hash(endpoint: str, values: dict[str, Any]) -> None:
    """Static addresses carry a hash of the content, so browsers may keep the file for a year."""
    if endpoint == "static" and "v" not in values and values.get("filename"):
        from flask import current_app

        path = Path(str(current_app.static_folder)) / values["filename"]
        if path.is_file():
            values["v"] = _file_hash(str(path), path.stat().st_mtime)


def wants_json() -> bool:
    return request.path.startswith("/api/") or request.accept_mimetypes.best == "application/json"


def _show_error(error: HTTPException) -> Any:
    code = error.code or 500
    if request_ctx.url_adapter is None:  # a host that is none of ours: no page can be drawn, for none has an address
        return Response("unknown host\n", code, mimetype="text/plain")
    if code >= 500:
        db.session.rollback()
    if wants_json():
        return jsonify(message=error.description if code < 500 else "internal error"), code
    headers = {"Retry-After": "60"} if code in (429, 503) else {}
    return render_template("error.html", code=code, text=_error_text(code)), code, headers


def _error_text(code: int) -> str:
    return {
        400: _("The request makes no sense. Go back and try again; nothing was changed."),
        403: _("You have no right to this page. Ask your administrator if you need it."),
        404: _("There is no such page, or it is not yours to see."),
        405: _("This cannot be done with a link. Use the button on the page."),
        409: _("Somebody else has changed this meanwhile. Your text is kept; look and save again."),
        413: _("The file is too large."),
        429: _("Too many tries. Wait a little and try again."),
        503: _("The system is busy or the database does not answer. Nothing is lost; try again in a minute."),
    }.get(code, _("Something broke on our side. It is written down; your last saved text is kept."))


def _show_refusal(error: Refused) -> Any:
    """A rule said no: 409 with the reason in words."""
    from app.wording import say

    db.session.rollback()
    text_ = say(error.reason)
    if wants_json():
        return jsonify(message=text_, reason=error.reason.code), 409
    if request.headers.get("HX-Request"):
        return render_template("_refused.html", text=text_), 409
    return render_template("error.html", code=409, text=text_), 409


def login_required_json() -> None:
    if not current_user.is_authenticated:
        abort(401)
