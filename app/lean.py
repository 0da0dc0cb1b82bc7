"""Flask without what it does anew at every request though the answer never changes: a sixth of the desk's cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

MOST = 2_000  # cookies of the people who are at work, a hundred bytes each
_PLAIN = (str, int, bool, type(None))


class Cookies(SecureCookieSessionInterface):
    """Flask's own cookies. The signer is made once: it depends on the secret key alone, which needs a restart to
    change. A cookie whose signature was found good is not checked again before it grows old: the same bytes would only
    give the same answer."""

    def __init__(self) -> None:
        self._signer: URLSafeTimedSerializer | None = None
        self._read: dict[str, tuple[float, dict[str, Any]]] = {}  # the cookie: when it ends, what it says

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        cookie = request.cookies.get(self.get_cookie_name(app), "")
        known = self._read.get(cookie)
        if known is not None and time.time() < known[0]:
            return self.session_class(known[1])
        opened = super().open_session(app, request)
        if opened and all(isinstance(value, _PLAIN) for value in opened.values()):  # what nobody can change inside
            self._keep(app, cookie, dict(opened))
        return opened

    def _keep(self, app: Flask, cookie: str, said: dict[str, Any]) -> None:
        signer = self.get_signing_serializer(app)
        assert signer is not None  # noqa: S101  it has just opened this cookie
        _, signed_at = signer.loads(cookie, return_timestamp=True)
        if len(self._read) >= MOST:
            self._read.clear()
        self._read[cookie] = signed_at.timestamp() + app.permanent_session_lifetime.total_seconds(), said


class LeanFlask(Flask):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.session_interface = Cookies()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view or hook of ours is a coroutine, so none has to be asked whether it is, twelve times a page."""
        return func
