"""Every error of the API in one shape: {"message", "code", "errors"}, whoever has noticed it."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, json, jsonify, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DataError, OperationalError

from app.extensions import db

log = logging.getLogger(__name__)

WORDS: dict[int, tuple[str, Any]] = {
    400: ("bad_request", _l("The request cannot be read.")),
    401: ("unauthorized", _l("Log in first: no valid token or key came with the request.")),
    403: ("forbidden", _l("You have no right to this.")),
    404: ("not_found", _l("There is no such thing, or it is not yours to see.")),
    405: ("method_not_allowed", _l("This address does not take this method.")),
    409: ("refused", _l("A rule does not allow it.")),
    413: ("too_large", _l("The request is too large.")),
    415: ("not_json", _l("Send JSON: Content-Type: application/json.")),
    422: ("bad_value", _l("Some values are wrong.")),
    429: ("too_many", _l("Too many requests. Wait as long as Retry-After says.")),
    500: ("internal", _l("Something broke on our side. It is written down.")),
    503: ("busy", _l("The database is busy or does not answer. Try again in a minute.")),
}
# A rule's «no» is 409, unless what was asked for is not there, or was told wrongly.
NOT_THERE = {"card_gone", "filter_gone", "ad_gone", "source_gone", "source_unknown", "user_gone",
             "intake_gone"}  # fmt: skip
SAID_WRONGLY = {
    "status_unknown", "presence_unknown", "pause_unknown", "note_empty", "skip_needs_reason", "status_needs_callback",
}  # fmt: skip


class ApiTrouble(Exception):
    """Ends the request with this answer."""

    def __init__(self, status: int, code: str = "", message: Any = "", /, **errors: Any) -> None:
        self.status, self.code, self.message, self.errors = status, code, message, errors
        super().__init__(code)


def install(app: Flask) -> None:
    app.register_error_handler(ApiTrouble, show_trouble)
    app.register_error_handler(DataError, _show_bad_value)
    app.register_error_handler(OperationalError, _show_busy)
    app.after_request(_one_shape)


def body(status: int, code: str = "", message: Any = "", errors: Any = None) -> dict[str, Any]:
    usual_code, usual = WORDS.get(status, WORDS[500 if status >= 500 else 400])
    return {"message": str(message or usual), "code": code or usual_code, "errors": errors or {}}


def show_trouble(trouble: ApiTrouble) -> Any:
    db.session.rollback()
    answer = jsonify(body(trouble.status, trouble.code, trouble.message, trouble.errors))
    answer.status_code = trouble.status
    if trouble.status in (429, 503) and "retry_after" in trouble.errors:
        answer.headers["Retry-After"] = str(trouble.errors["retry_after"])
    return answer


def _show_bad_value(error: DataError) -> Any:
    """What slipped past every check and no column takes. On a page it stays the defect that it is."""
    if not is_ours():
        raise error
    log.warning("a value that no column takes", extra={"endpoint": request.endpoint})
    return show_trouble(ApiTrouble(422))


def _show_busy(error: OperationalError) -> Any:
    """A statement or a lock that took too long, or no database at all."""
    if not is_ours():
        raise error
    log.warning("the database is busy", extra={"endpoint": request.endpoint})
    return show_trouble(ApiTrouble(503, retry_after=30))


def is_ours() -> bool:
    return request.path.startswith("/api/")


def _one_shape(answer: Response) -> Response:
    """What Flask-AppBuilder, the token library and the error pages say, in our shape."""
    if not is_ours() or answer.status_code < 400:
        return answer
    if answer.status_code == 401:
        answer.headers.setdefault("WWW-Authenticate", "Bearer")
    if answer.status_code in (429, 503):
        answer.headers.setdefault("Retry-After", "60")
    said = _said(answer)
    if said.keys() >= {"message", "code", "errors"}:
        return answer
    reason = str(said.get("reason", ""))
    if answer.status_code == 409 and reason:
        answer.status_code = _status_of(reason)
    message = said.get("message") or said.get("msg")
    known = answer.status_code in WORDS and not reason
    errors = message if isinstance(message, dict) else {"detail": message} if known and message else {}
    told = body(answer.status_code, reason, "" if known else message, errors)
    answer.set_data(json.dumps(told, ensure_ascii=False))
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    return answer


def _said(answer: Response) -> dict[str, Any]:
    said = answer.get_json(silent=True) if answer.is_json else None
    return said if isinstance(said, dict) else {}


def _status_of(reason: str) -> int:
    if reason in NOT_THERE:
        return 404
    return 422 if reason in SAID_WRONGLY or reason.startswith("callback_") else 409
