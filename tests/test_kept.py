"""What is drawn once and kept: by language, by what it depends on, and never with anything of one person's."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from jinja2 import DictLoader, UndefinedError

from app import kept
from tests.factories import get_user


def token(html: str) -> str:
    return re.findall(r'X-CSRFToken": "([^"]+)"', html)[0]


def test_two_people_with_equal_rights_get_their_own_names_tokens_and_nonces(log_in: Any) -> None:
    pages = [log_in(name).get("/desk/").text for name in ("operator", "operator2")]
    names = [re.findall(r'class="shell-name">([^<]+)<', page)[0] for page in pages]
    assert names[0] != names[1] and names[0] not in pages[1] and names[1] not in pages[0]
    assert token(pages[0]) not in pages[1]
    nonces = [set(re.findall(r'nonce="([^"]+)"', page)) for page in pages]
    assert len(nonces[0]) == len(nonces[1]) == 1 and nonces[0] != nonces[1]


def test_what_is_kept_speaks_the_readers_language(as_operator: Any) -> None:
    russian = as_operator.get("/desk/").text
    as_operator.get("/lang/en")
    english = as_operator.get("/desk/").text
    assert "Следующее" in russian and "Перерыв" in russian
    assert "Main menu" in english and "Главное меню" not in english and "Log out" in english


def test_a_menu_shrinks_when_the_right_is_taken(session: Any, app: Flask, as_supervisor: Any) -> None:
    sm = app.extensions["appbuilder"].sm
    assert 'href="/adfilterview/list/"' in as_supervisor.get("/board/").text
    sm.del_permission_role(sm.find_role("Supervisor"), sm.find_permission_view_menu("menu_access", "Filters"))
    assert 'href="/adfilterview/list/"' not in as_supervisor.get("/board/").text


def test_a_new_name_stands_on_the_next_page(session: Any, as_operator: Any) -> None:
    as_operator.get("/desk/")
    get_user(session, "operator").first_name = "<i>Ольга</i>"
    session.flush()
    page = as_operator.get("/desk/").text
    assert "&lt;i&gt;Ольга&lt;/i&gt;" in page and "<i>Ольга" not in page


@pytest.mark.parametrize("asked", ["csrf_token()", "csp_nonce()", "current_user.id", "request.path", "session.sid"])
def test_a_piece_that_asks_for_a_token_or_a_person_is_refused(app: Flask, asked: str) -> None:
    usual = app.jinja_env.loader
    with app.test_request_context("/"):
        app.jinja_env.loader = DictLoader({"bad.html": "{{ " + asked + " }}"})
        try:
            with pytest.raises(UndefinedError, match="must not ask"):
                kept.piece("bad.html", asked=asked)
        finally:
            app.jinja_env.loader = usual
            app.jinja_env.cache.clear()


def test_memory_has_a_bound(app: Flask) -> None:
    with app.test_request_context("/"):
        for n in range(50):
            assert kept.keep("numbers", n, lambda n=n: n + 1, most=5) == n + 1
        assert len(kept.shelf("numbers")) <= 5
