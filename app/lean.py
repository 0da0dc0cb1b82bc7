"""Flask without what it does anew at every request though the answer never changes: a tenth of the desk's cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer


class Signer(SecureCookieSessionInterface):
    """The cookie's signer of Flask, made once: it depends on the secret key alone, which needs a restart to change."""

    _made: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        if self._made is None:
            self._made = super().get_signing_serializer(app)
        return self._made


class LeanFlask(Flask):
    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self.session_interface = Signer()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """No view or hook of ours is a coroutine, so none has to be asked whether it is, twelve times a page."""
        return func
