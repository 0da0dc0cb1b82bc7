"""What is made once instead of at every request answers as Flask's own would."""

from __future__ import annotations

import inspect
import time
from typing import Any

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

SAID = {"sid": "one", "when": None, "n": 1}


def opened(app: Flask, cookie: str) -> dict[str, Any]:
    name = app.config["SESSION_COOKIE_NAME"]
    request: Any = Request(EnvironBuilder(headers=[("Cookie", f"{name}={cookie}")]).get_environ())
    return dict(app.session_interface.open_session(app, request) or {})


@pytest.fixture
def signer(app: Flask) -> Any:
    return SecureCookieSessionInterface().get_signing_serializer(app)


def test_no_view_and_no_hook_is_a_coroutine_for_none_would_be_awaited(app: Flask):
    hooks: list[Any] = [app.before_request_funcs, app.after_request_funcs, app.teardown_request_funcs]
    called = [one for kind in hooks for some in kind.values() for one in some] + list(app.view_functions.values())
    assert len(called) > 100 and not [one for one in called if inspect.iscoroutinefunction(one)]


def test_a_cookie_is_read_the_second_time_as_the_first(app: Flask, signer: Any):
    cookie = signer.dumps(SAID)
    assert opened(app, cookie) == opened(app, cookie) == SAID


def test_what_a_request_changes_is_not_seen_by_the_next_one_with_the_same_cookie(app: Flask, signer: Any):
    cookie = signer.dumps(SAID)
    for _ in range(3):
        here = opened(app, cookie)
        assert here == SAID
        here["sid"] = "another"
    listed = signer.dumps({"page_history": ["/"]})
    for _ in range(3):
        here = opened(app, listed)
        assert here == {"page_history": ["/"]}
        here["page_history"].append("/secret")


def test_a_forged_cookie_says_nothing_though_the_true_one_is_known(app: Flask, signer: Any):
    cookie = signer.dumps(SAID)
    assert opened(app, cookie) == SAID
    head, body = cookie[0], cookie[1:]
    assert opened(app, ("f" if head != "f" else "g") + body) == {}
    assert opened(app, cookie[:-2] + ("AA" if cookie[-2:] != "AA" else "BB")) == {}
    assert opened(app, "") == {}


def test_a_known_cookie_ends_when_it_is_too_old(app: Flask, signer: Any, monkeypatch: pytest.MonkeyPatch):
    cookie, now = signer.dumps(SAID), time.time()
    assert opened(app, cookie) == SAID
    life = app.permanent_session_lifetime.total_seconds()
    monkeypatch.setattr(time, "time", lambda: now + life - 60)
    assert opened(app, cookie) == SAID
    monkeypatch.setattr(time, "time", lambda: now + life + 60)
    assert opened(app, cookie) == {}
