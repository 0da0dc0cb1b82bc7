"""What people read is Russian: on every page and fragment, in what forms, refusals and errors answer, in rights."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from sqlalchemy import text
from werkzeug.exceptions import default_exceptions

from app.demo.cars import car_models
from app.extensions import db
from tests.journeys import everywhere
from tests.journeys.english import english_words

# Pages of makes and models of all the world; elsewhere only the cars of the demonstration are names.
BOOKS = re.compile(r"/(make|carmodel|generation|namealias|adfilter)view|/lookup/|/board/move")


@pytest.fixture(scope="module")
def readers(full_server: Any) -> Callable[[str], Any]:
    """A client per role, logged in once."""
    clients: dict[str, Any] = {"": full_server.app.test_client()}

    def reader(role: str) -> Any:
        if role not in clients:
            clients[role] = full_server.app.test_client().log_in(role)
        return clients[role]

    return reader


def test_every_page_is_russian(full_server: Any, readers: Callable[[str], Any]) -> None:
    known, books = _names(full_server.app)
    wrong = []
    for page in everywhere.pages(full_server.app):
        answer = readers(page.role).get(page.address)
        if answer.status_code // 100 == 3 or answer.mimetype != "text/html":
            continue
        if found := english_words(answer.text, known | (books if BOOKS.match(page.address) else set())):
            wrong.append(f"{page.role} {page.address} ({answer.status_code}): {', '.join(found)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("code", sorted({400, 403, 404, 405, 409, 413, 429, 500, 503}))
def test_every_error_page_is_russian(full_server: Any, code: int) -> None:
    app = full_server.app
    with app.test_request_context("/", headers={"Accept": "text/html"}):
        answer = app.make_response(app.handle_user_exception(default_exceptions[code]()))
    assert answer.status_code == code
    assert english_words(answer.get_data(as_text=True)) == []


def test_what_forms_refuse_is_said_in_russian(full_server: Any, readers: Callable[[str], Any]) -> None:
    known, books = _names(full_server.app)
    wrong, refused = [], 0
    for page in everywhere.pages(full_server.app):
        if not re.search(r"/(add|form|build|import|settingview|invites)/?$", page.address):
            continue
        reader = readers(page.role)
        for data in ({}, _junk(reader.get(page.address).text)):
            answer = reader.post(page.address, data=data, follow_redirects=True)
            assert answer.status_code < 500, page.address
            refused += "form-error" in answer.text or "invalid-feedback" in answer.text or "alert" in answer.text
            if answer.mimetype == "text/html" and (found := english_words(answer.text, known | books)):
                wrong.append(f"{page.address} {data}: {', '.join(found)}")
    assert refused > 10, "hardly any form refused anything: the check has nothing to look at"
    assert not wrong, "\n".join(wrong)


def _junk(html: str) -> dict[str, str]:
    """Something wrong in every field: letters for numbers, too much for texts, what is in no list."""
    fields = BeautifulSoup(html, "lxml").select("main [name]")
    return {str(tag["name"]): "я" * 300 for tag in fields if tag["name"] != "csrf_token"}


def test_what_saving_and_deleting_answer_is_russian(full_server: Any, readers: Callable[[str], Any]) -> None:
    known, books = _names(full_server.app)
    admin = readers("admin")
    told = []

    def post(address: str, who: Any = admin, **data: Any) -> None:
        answer = who.post(address, data=data, follow_redirects=True)
        assert answer.status_code == 200, address
        notes = " ".join(tag.text for tag in BeautifulSoup(answer.text, "lxml").select(".note-text, .alert"))
        told.append(notes)
        assert notes.strip(), f"{address} says nothing"
        assert english_words(answer.text, known | books) == []

    with full_server.app.app_context():
        one = "SELECT id FROM ab_role WHERE name = 'Operator'"
        operator = db.session.execute(text(one)).scalar()
        used = db.session.execute(text("SELECT id FROM make WHERE name = 'LADA'")).scalar()
        user = db.session.execute(text("SELECT id FROM ab_user WHERE username = 'operator2'")).scalar()
        db.session.remove()
    post("/makeview/add", name="Пробная марка")
    post("/makeview/add", name="Пробная марка")  # again: there is one already
    with full_server.app.app_context():
        made = db.session.execute(text("SELECT id FROM make WHERE name = 'Пробная марка'")).scalar()
        db.session.remove()
    post(f"/makeview/edit/{made}", name="Пробная марка 2")
    post(f"/makeview/delete/{made}")
    post(f"/makeview/delete/{used}")  # in use
    post("/roles/add", name="Стажёр")
    post("/roles/add", name="Стажёр")
    post("/roles/action_post", action="copyrole", rowid=str(operator))
    post(f"/roles/delete/{operator}")  # somebody has it
    post(f"/users/delete/{user}")
    post("/login/", readers(""), username="nobody", password="nothing")
    assert len(set(told)) >= 6, told
    written = english_words(admin.get("/auditview/list/?psize_AuditView=100").text, known | books)
    assert not written, "\n".join(written)


def _names(app: Flask) -> tuple[set[str], set[str]]:
    """Proper names: the demonstration's cars and everybody's log-in; and all that the books of cars hold."""
    word = re.compile(r"[A-Za-z][A-Za-z'’-]*")
    cars = " ".join(f"{model.make} {model.name}" for model in car_models())
    with app.app_context():
        logins = " ".join(
            db.session.execute(
                text(
                    "SELECT username FROM ab_user UNION SELECT username FROM invite"
                    " UNION SELECT ami_user FROM asterisk UNION SELECT endpoint FROM trunk"
                )
            ).scalars()
        )
        books = " ".join(
            db.session.execute(
                text("SELECT name FROM make UNION SELECT name FROM car_model UNION SELECT name FROM generation")
            ).scalars()
        )
        db.session.remove()
    return set(word.findall(cars)) | set(word.findall(logins)), set(word.findall(books))
