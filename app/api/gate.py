"""In front of every call of the API: who asks, how often, how far the key reaches, and whether the body can be read."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app, g, request
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from flask_login import current_user
from jwt import ExpiredSignatureError, PyJWTError

from app import log_ins
from app.api.errors import ApiTrouble, is_ours, show_trouble
from app.extensions import db
from app.services import api_keys

BIGGEST_ID = 2**63 - 1
PUSHES = ("AdApi.push", "IncomingLeadApi.push")
WRONG_KEYS = 30  # of one address; they are forgiven minute by minute


def install(app: Flask) -> None:
    app.before_request(_gate)
    tokens = app.extensions["flask-jwt-extended"]
    # The library answers 422 to a token that is none; a stranger is a stranger.
    tokens.invalid_token_loader(_refuse_token)


def _refuse_token(_why: str) -> Any:
    try:
        _count_stranger()
    except ApiTrouble as trouble:  # we are inside the handling of an error already
        return show_trouble(trouble)
    return {"message": ""}, 401


def needs_token() -> set[str]:
    """The endpoints of our own resources; filled by app.api.register()."""
    known: set[str] = current_app.extensions.setdefault("prozvon_api", set())
    return known


def _gate() -> None:
    if not is_ours():
        return
    _choose_language()
    if any(isinstance(value, int) and value > BIGGEST_ID for value in (request.view_args or {}).values()):
        raise ApiTrouble(404)
    if (request.endpoint or "").partition(".")[0] in needs_token():
        _let_in()
    _read_body()


def _choose_language() -> None:
    """Programs have no session to choose in: they say Accept-Language; Russian otherwise."""
    known = current_app.config["LANGUAGES"]
    wanted = request.accept_languages.best_match(list(known)) if "Accept-Language" in request.headers else None
    g.api_locale = force_locale(wanted or current_app.config["BABEL_DEFAULT_LOCALE"])
    g.api_locale.__enter__()  # until the request ends and takes it along


# --- who


def _let_in() -> None:
    """A browser's cookie is never enough here: another site could make the browser send it."""
    scheme, _space, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if not token and _may_come_by_cookie():
        return
    if scheme.lower() != "bearer" or not token.isascii() or not token:
        raise ApiTrouble(401)
    user = _owner_of_key(token) if token.startswith(api_keys.MARK) else _owner_of_token(token)
    if user is None or not user.is_active:
        raise ApiTrouble(401)
    # Flask-Login's and Flask-AppBuilder's own places for «who asks»: a cookie that came along counts for nothing.
    g._login_user = g.user = user
    g._api_key_user = True


def _may_come_by_cookie() -> bool:
    """The description of the API is read in a browser too; it changes nothing."""
    return request.endpoint == "DescriptionApi.describe" and bool(current_user.is_authenticated)


def _owner_of_key(key: str) -> Any:
    now = datetime.now(UTC)
    use = api_keys.use(db.engine, key, now)
    if use is None:
        _count_stranger()
        raise ApiTrouble(401, "key_dead", _l("This key does not exist, is too old or was revoked."))
    if use.is_over:
        raise ApiTrouble(429, retry_after=60 - now.second)
    reads = request.method in ("GET", "HEAD", "OPTIONS")
    if use.scope == "read" and not reads or use.scope == "push" and request.endpoint not in PUSHES:
        raise ApiTrouble(403, "key_scope", _l("This key was made for something else."))
    g.api_key_id = use.key_id
    return _users().get_user_by_id(use.user_id)


def _owner_of_token(token: str) -> Any:
    try:
        told = decode_token(token)
    except ExpiredSignatureError:  # an honest program finds out so that it is time for the next one
        raise ApiTrouble(401) from None
    except (JWTExtendedException, PyJWTError, ValueError):
        _count_stranger()
        raise ApiTrouble(401) from None
    if told.get("type") != "access":
        raise ApiTrouble(401)
    user = _users().get_user_by_id(_whole(told.get("sub")))
    if user is None or not _is_alive(user.id, told):
        raise ApiTrouble(401)
    return user


def _count_stranger() -> None:
    """Keys and tokens that are none are counted by the address they come from, over all processes. One that is good
    never waits, whoever else guesses behind the same address."""
    now, key = datetime.now(UTC), log_ins.address_key(request.remote_addr or "", "KEY")
    wait = log_ins.wait_s(db.session(), key, now)
    if not wait:
        log_ins.count_knock(db.session(), key, now, most=WRONG_KEYS)
        db.session.commit()
        wait = log_ins.wait_s(db.session(), key, now)
    if wait:
        raise ApiTrouble(429, retry_after=wait)


def _is_alive(user_id: int, told: dict[str, Any]) -> bool:
    return bool(log_ins.is_token_alive(db.session(), user_id, float(told.get("iat", 0))))


def _whole(said: Any) -> int:
    text = str(said)
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _users() -> Any:
    return current_app.extensions["appbuilder"].sm


# --- what


def _read_body() -> None:
    """Parsed once, here: a body that is cut, no UTF-8, or nested too deep never reaches a handler."""
    g.api_body = None
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    raw = request.get_data(cache=True)
    if not raw.strip():
        return
    if not request.is_json:
        raise ApiTrouble(415)
    try:
        g.api_body = json.loads(raw.decode("utf-8"), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise ApiTrouble(400, "bad_json", _l("The body is no JSON, is cut, or is nested too deep.")) from None
    if request.endpoint not in PUSHES and b"\\ud" in raw.lower() and not _is_text(g.api_body):
        raise ApiTrouble(422, "bad_text", _l("The text holds half of a character."))


def _is_text(body: Any) -> bool:
    """JSON can tell halves of letters, which neither the database nor a password check takes."""
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_number(said: str) -> None:
    raise ValueError(said)
