"""The forgotten password: one answer for everybody, a link by mail that works once, and no flood of letters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from statistics import median
from time import perf_counter

import pytest
from sqlalchemy import select

from app.extensions import outside
from app.jobs import job_named, run_job
from app.models import Invite, LoginTry, Mail
from app.smtp import MailServer
from tests.a_mail_server import AMailServer, mail_server
from tests.databases import PASSWORD
from tests.factories import get_user

PHRASE = "зелёный чайник на окне"


@pytest.fixture
def post_office(monkeypatch) -> Iterator[AMailServer]:
    with mail_server() as running:
        monkeypatch.setattr(outside, "mail", MailServer.of(f"smtp://127.0.0.1:{running.port}", "prozvon@example.test"))
        yield running


def without_nonces(page: str) -> str:
    return re.sub(r'(nonce|value)="[^"]*"', "", page)


def letters(session) -> list[Mail]:
    return list(session.scalars(select(Mail).order_by(Mail.id)))


def test_who_has_forgotten_the_password_sets_a_new_one_by_mail(session, app, client, as_operator, post_office):
    assert "/forgot" in client.get("/login/").text
    answer = client.post("/forgot", data={"name": "Operator"})
    assert answer.status_code == 200 and "Проверьте почту" in answer.text
    (row,) = letters(session)
    assert row.to == "operator@example.test" and row.kind == "reset"
    run_job(app, job_named("send_mail"), mail_id=row.id)
    (letter,) = post_office.letters
    text = letter.get_body(("plain",)).get_content()
    assert "operator" in text and "60 мин" in text
    link = re.search(r"http\S+(/invite/\S+)", text)[1]
    assert link in letter.get_body(("html",)).get_content()
    assert client.post(link, data={"password": PHRASE, "again": PHRASE}).status_code == 302
    assert client.get("/desk/").status_code == 200
    assert as_operator.get("/desk/").status_code == 302, "all log-ins of before are over"
    assert client.get(link).status_code == 404, "the link works once"


def test_a_stranger_gets_the_same_answer_and_nobody_a_letter(session, client, post_office):
    known = client.post("/forgot", data={"name": "operator2@example.test"})
    strange = client.post("/forgot", data={"name": "nobody"})
    assert known.status_code == strange.status_code == 200
    assert without_nonces(known.text) == without_nonces(strange.text)
    for junk in ("", " ", "x" * 5000, "' OR 1=1 --"):
        assert client.post("/forgot", data={"name": junk}).status_code == 200
    assert [row.to for row in letters(session)] == ["operator2@example.test"]


def test_the_time_of_the_answer_tells_nothing_either(session, client, post_office):
    def took(name: str) -> float:
        started = perf_counter()
        client.post("/forgot", data={"name": name})
        session.query(LoginTry).delete()
        session.query(Invite).delete()
        return perf_counter() - started

    took("operator")
    pairs = [(took("operator"), took("nobody")) for _ in range(15)]
    assert abs(median(one for one, _ in pairs) - median(other for _, other in pairs)) < 0.05


def test_the_link_lives_for_an_hour(session, client, post_office):
    client.post("/forgot", data={"name": "operator"})
    row = session.scalars(select(Invite).order_by(Invite.id.desc())).first()
    assert timedelta(minutes=59) < row.expires_at - datetime.now(UTC) <= timedelta(hours=1)


def test_one_account_gets_three_letters_an_hour_and_no_more(session, client, post_office):
    for _ in range(5):
        assert "Проверьте почту" in client.post("/forgot", data={"name": "operator"}).text
    assert len(letters(session)) == 3


def test_one_address_asks_ten_times_and_then_waits(session, client, post_office):
    codes = [client.post("/forgot", data={"name": f"nobody{n}"}).status_code for n in range(12)]
    assert codes == [200] * 10 + [429, 429]


def test_who_is_switched_off_or_has_no_address_gets_nothing(session, client, post_office):
    get_user(session, "operator").active = False
    get_user(session, "operator2").email = "operator2@localhost"
    session.flush()
    for name in ("operator", "operator2"):
        assert client.post("/forgot", data={"name": name}).status_code == 200
    assert letters(session) == []


def test_without_mail_the_page_says_whom_to_ask(session, client, monkeypatch):
    monkeypatch.setattr(outside, "mail", None)
    for answer in (client.get("/forgot"), client.post("/forgot", data={"name": "operator"})):
        assert answer.status_code == 200 and "администратор" in answer.text and 'name="name"' not in answer.text
    assert letters(session) == [] and session.query(Invite).count() == 0


def test_a_locked_account_is_open_again_after_a_new_password(session, app, client, post_office):
    for _ in range(6):
        client.post("/login/", data={"username": "operator", "password": "wrong"})
    assert client.post("/login/", data={"username": "operator", "password": PASSWORD}).status_code == 429
    client.post("/forgot", data={"name": "operator"})
    (row,) = letters(session)
    run_job(app, job_named("send_mail"), mail_id=row.id)
    link = re.search(r"http\S+(/invite/\S+)", post_office.letters[0].get_body(("plain",)).get_content())[1]
    client.post(link, data={"password": PHRASE, "again": PHRASE})
    app.test_client().log_in("operator", PHRASE)
