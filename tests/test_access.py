"""Every address x every role against one table: nobody gets in where it does not let them, and nothing breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.access_table import ACCESS, LET_IN

ACTORS = ("anonymous", "operator", "supervisor", "admin")
ENDS_THE_LOG_IN = {"/logout/"}
NOT_THERE = "987654"  # of every table: what is asked for changes nothing
VALUES = {"token": "0" * 32, "locale": "ru", "filename": "nothing.css", "name": "nothing", "group_by": "0"}


def asked(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(what the table knows it by, method, address): one per rule and method, and one per action of a list."""
    views = {view.endpoint: view for view in app.extensions["appbuilder"].baseviews}
    for rule in app.url_map.iter_rules():
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            if rule.endpoint.endswith(".action"):
                if method == "POST":  # a GET is answered 405 below, to everybody
                    for name in views[rule.endpoint.rpartition(".")[0]].actions:
                        known = rule.rule.replace("<string:name>", name)
                        yield f"POST {known}", "POST", address_of(known)
            else:
                yield f"{method} {rule.rule}", method, address_of(rule.rule)


def address_of(rule: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: VALUES.get(found[1], NOT_THERE), rule)


def who(known: str) -> str:
    for pattern, word in ACCESS:
        if re.fullmatch(pattern, known):
            return word
    pytest.fail(f"«{known}» has no line in tests/access_table.py")


def is_refused(answer) -> bool:
    """FAB's own lists answer a forbidden action with a way back to themselves."""
    if answer.status_code == 302:
        return answer.location == "." or answer.location.partition("?")[0].endswith("/login/")
    return answer.status_code in (401, 403)


def test_every_address_has_a_line_and_every_line_an_address(one_app):
    known = [name for name, _, _ in asked(one_app)]
    for name in known:
        who(name)
    for pattern, _ in ACCESS:
        assert any(re.fullmatch(pattern, name) for name in known), f"no address fits {pattern} any more"


@pytest.mark.parametrize("actor", ACTORS)
def test_only_who_is_meant_gets_in(app, actor):
    client = app.test_client()
    if actor != "anonymous":
        client.log_in(actor)
    wrong = []
    for known, method, address in sorted(asked(app), key=lambda one: one[2] in ENDS_THE_LOG_IN):
        data = {"action": _an_action(app, address)} if address.endswith("/action_post") else {}
        json = {} if address.startswith("/api/") and method == "POST" else None
        answer = client.open(address, method=method, data=None if json is not None else data, json=json)
        answer.close()
        expected = LET_IN[who(known)][ACTORS.index(actor)]
        is_front = address in ("/", "/back") and actor == "anonymous"  # both lead to the log-in
        got_in = not is_refused(answer)
        kept_out = not got_in or answer.status_code == 404  # what nobody can open is just not there
        if (
            answer.status_code >= 500
            or not (got_in if expected else kept_out)
            and not is_front
            and not _own_401(address)
        ):
            wrong.append(
                f"{known}: {answer.status_code} {answer.location or ''}, expected {'in' if expected else 'out'}"
            )
    assert not wrong, "\n".join(wrong)


def _own_401(address: str) -> bool:
    """The API answers a wrong password with 401: that is an answer of the page, not a closed door."""
    return address == "/api/v1/security/login"


def _an_action(app: Flask, address: str) -> str:
    base = address.removesuffix("/action_post")
    view = next(view for view in app.extensions["appbuilder"].baseviews if view.route_base == base)
    return next(iter(view.actions), "nothing")


@pytest.mark.parametrize("actor", ACTORS)
def test_nothing_is_done_by_a_link(app, actor):
    """GET on an action, known or not, changes nothing and breaks nothing, with or without a log-in."""
    client = app.test_client()
    if actor != "anonymous":
        client.log_in(actor)
    for rule in app.url_map.iter_rules():
        if rule.endpoint.endswith(".action"):
            for name in ("nothing", "enable", "userinfoedit"):
                address = address_of(rule.rule.replace("<string:name>", name))
                assert client.get(address).status_code in (302, 403, 404, 405), address
