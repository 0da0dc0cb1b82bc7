"""What is made once instead of at every request answers as Flask's own would."""

from __future__ import annotations

import inspect
from typing import Any

from flask import Flask
from flask.sessions import SecureCookieSessionInterface


def test_no_view_and_no_hook_is_a_coroutine_for_none_would_be_awaited(app: Flask):
    hooks: list[Any] = [app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs]
    called = [one for kind in hooks for some in kind.values() for one in some] + list(app.view_functions.values())
    assert len(called) > 100 and not [one for one in called if inspect.iscoroutinefunction(one)]


def test_a_cookie_signed_by_flask_itself_is_read_and_the_other_way_round(app: Flask):
    ours: Any = app.session_interface
    theirs: Any = SecureCookieSessionInterface()
    said = {"sid": "one", "when": None}
    for writes, reads in ((ours, theirs), (theirs, ours)):
        signed = writes.get_signing_serializer(app).dumps(said)
        assert reads.get_signing_serializer(app).loads(signed) == said
    assert ours.get_signing_serializer(app) is ours.get_signing_serializer(app)
