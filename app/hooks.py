"""Where CRMs and SMS gateways tell us what has changed: checked, written down, answered at once; jobs do the work."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Flask, abort, current_app, redirect, request
from flask_appbuilder import AppBuilder

from app.crm import HookRefused
from app.domain.lead_words import Junk, parsed
from app.errors import OutsideError, Refused
from app.extensions import csrf, db
from app.services import crm_sync, incoming_leads, sms_reports, sms_sending
from app.services.crm import Keys

LARGEST = 256 << 10
LARGEST_LEAD = 32 << 10
hooks = Blueprint("hooks", __name__, url_prefix="/hooks")
csrf.exempt(hooks)  # who sends these has no form of ours; the signature stands for it


@hooks.post("/crm/<token>")
def crm(token: str) -> Any:
    if len(token) < 20 or len(token) > 64:
        abort(404)
    if (request.content_length or 0) > LARGEST:
        abort(413)
    settings = current_app.config["PROZVON"]
    keys = Keys(settings.secret_key, settings.allow_private_crm)
    try:
        is_new = crm_sync.take_hook(
            db.session(), token, dict(request.headers), request.get_data(cache=True), keys, datetime.now(UTC)
        )  # fmt: skip
        db.session.commit()
    except HookRefused as refused:
        db.session.rollback()
        return {"error": str(refused)}, 403
    except Refused:
        db.session.rollback()
        abort(404)
    except OutsideError:  # our own secrets cannot be read: the sender shall come again
        db.session.rollback()
        return {"error": "not ready"}, 503
    return {"taken": is_new}, 200


@hooks.post("/sms/<token>")
def sms(token: str) -> Any:
    """What became of messages. The address is the secret; told twice it changes nothing."""
    if len(token) < 20 or len(token) > 64:
        abort(404)
    if (request.content_length or 0) > LARGEST:
        abort(413)
    settings = current_app.config["PROZVON"]
    keys = sms_sending.Keys(settings.secret_key, settings.allow_private_sms)
    try:
        words, _changed = sms_reports.take_hook(
            db.session(), token, request.get_data(cache=True), keys, datetime.now(UTC)
        )
        db.session.commit()
    except ValueError:
        db.session.rollback()
        return {"error": "not a delivery report of this gateway"}, 400
    except Refused:
        db.session.rollback()
        abort(404)
    except OutsideError:
        db.session.rollback()
        return {"error": "not ready"}, 503
    return words, 200, {"Content-Type": "text/plain; charset=utf-8"}


@hooks.post("/leads/<token>")
def leads(token: str) -> Any:
    """Somebody wants to be called: from a form of a site, or signed by a partner. Written down and answered at once."""
    if len(token) < 20 or len(token) > 64:
        abort(404)
    if (request.content_length or 0) > LARGEST_LEAD:
        abort(413)
    settings, now = current_app.config["PROZVON"], datetime.now(UTC)
    try:
        row = incoming_leads.intake_of(db.session(), token)
        body = request.get_data(cache=True)
        if len(body) > LARGEST_LEAD:
            abort(413)
        if row.kind == "partner":
            incoming_leads.check_signature(row, dict(request.headers), body, settings.secret_key, now)
        told = parsed(body) if request.is_json or row.kind == "partner" else request.form.to_dict()
        taken = incoming_leads.take(db.session(), row, told, now, settings.timezone)
        thanks = row.thanks_url
        db.session.commit()
    except incoming_leads.NotSigned as wrong:
        return _refused(403, str(wrong))
    except incoming_leads.TooMany:
        return _refused(429, "too many leads within a minute") + ({"Retry-After": "60"},)
    except Junk as junk:
        return _refused(422, str(junk))
    except Refused as refused:
        if refused.reason.code == "lead_changed":
            return _refused(409, "this id was sent with other words")
        db.session.rollback()
        abort(404)
    except OutsideError:
        return _refused(503, "not ready")
    if thanks and not request.is_json:
        return redirect(thanks, 303)
    return {"taken": taken.is_new, "id": taken.lead_id}, 200


def _refused(status: int, words: str) -> tuple[dict[str, str], int]:
    db.session.rollback()
    return {"error": words}, status


def register(app: Flask, appbuilder: AppBuilder) -> None:
    app.register_blueprint(hooks)
