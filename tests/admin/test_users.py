"""The list of people and its actions: who is what, and what an administrator does about it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app.extensions import outside
from app.jobs import job_named, run_job
from app.models import NEW, POOL, AuditEvent, Mail, OperatorProfile, UserSession
from app.smtp import MailServer
from tests import factories
from tests.a_mail_server import AMailServer, mail_server
from tests.databases import PASSWORD
from tests.factories import get_user


@pytest.fixture
def post_office(monkeypatch) -> Iterator[AMailServer]:
    with mail_server() as running:
        monkeypatch.setattr(outside, "mail", MailServer.of(f"smtp://127.0.0.1:{running.port}", "prozvon@example.test"))
        yield running


def edit(as_admin, session, user, **changes):
    data = {
        "first_name": user.first_name, "last_name": user.last_name, "username": user.username, "email": user.email,
        "active": "y", "roles": [str(role.id) for role in user.roles],
    } | changes  # fmt: skip
    return as_admin.post(f"/users/edit/{user.id}", data={name: value for name, value in data.items() if value != ""})


def role_id(session, name: str) -> str:
    return str(session.scalars(select(Role.id).where(Role.name == name)).one())


def test_the_list_says_who_is_what(session, as_admin, as_operator):
    get_user(session, "operator2").active = False
    as_admin.post("/invites/", data={"username": "novikov", "first_name": "Пётр", "role": "Operator"})
    page = as_admin.get("/users/list/").text
    assert "выключен" in page and "активен" in page
    assert "Приглашены и ещё не вошли" in page and "novikov" in page
    row = next(line for line in re.split(r"<tr\b", page) if "Ольга" in line)
    assert re.search(r"\d\d\.\d\d\.20\d\d \d\d:\d\d", row), "the last log-in"
    assert "Оператор" in row


def test_the_list_asks_the_database_no_more_for_many_people(session, as_admin, count_sql):
    as_admin.get("/users/list/")
    with count_sql() as few:
        as_admin.get("/users/list/")
    for _ in range(15):
        factories.make_user(session)
    with count_sql() as many:
        as_admin.get("/users/list/")
    assert many.n <= few.n + 1


def test_an_administrator_switches_an_operator_off_and_on_again(session, as_admin, as_operator):
    user = get_user(session, "operator")
    card = factories.make_card(session, operator=session.get_one(OperatorProfile, user.id), stage=NEW)
    page = as_admin.post(f"/users/action/switch_off/{user.id}", follow_redirects=True)
    assert "учётная запись выключена" in page.text and "Возвращена 1 карточка" in page.text
    session.refresh(card)
    assert (card.stage, card.operator_id) == (POOL, None)
    assert as_operator.get("/desk/").status_code == 302
    assert "/login" in as_operator.post("/login/", data={"username": "operator", "password": PASSWORD}).location
    shown = as_admin.get(f"/users/show/{user.id}").text
    assert "Включить" in shown and "Завершить сеансы" in shown
    as_admin.post(f"/users/action/switch_on/{user.id}")
    as_operator.log_in("operator")


def test_unticking_the_account_in_the_form_does_the_same(session, as_admin, as_operator):
    user = get_user(session, "operator")
    card = factories.make_card(session, operator=session.get_one(OperatorProfile, user.id), stage=NEW)
    edit(as_admin, session, user, active="")
    session.refresh(card)
    assert not user.active and card.stage == POOL
    assert as_operator.get("/desk/").status_code == 302


def test_the_last_administrator_stays_one(session, as_admin):
    boss = get_user(session, "admin")
    page = edit(as_admin, session, boss, roles=[role_id(session, "Operator")])
    assert [role.name for role in boss.roles] == ["Admin"]
    assert "последний администратор" in as_admin.get(page.location, follow_redirects=True).text
    edit(as_admin, session, boss, active="")
    assert boss.active
    as_admin.post(f"/users/action/switch_off/{boss.id}")
    as_admin.post(f"/users/delete/{boss.id}")
    assert get_user(session, "admin").active
    assert as_admin.get("/users/list/").status_code == 200, "and is still logged in"


def test_a_new_role_by_the_form_takes_effect_and_ends_the_log_in(session, as_admin, as_operator, log_in):
    user = get_user(session, "operator")
    edit(as_admin, session, user, roles=[role_id(session, "Supervisor")])
    assert as_operator.get("/desk/").status_code == 302
    assert log_in("operator").get("/board/").status_code == 200
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.what == "user_changed"))
    assert event.details == {"roles": [["Operator"], ["Supervisor"]]} and event.subject_id == user.id


def test_a_reset_link_is_shown_and_sent_when_there_is_mail(session, app, as_admin, post_office):
    user = get_user(session, "operator")
    page = as_admin.post(f"/users/action/reset_link/{user.id}").text
    assert "operator@example.test" in page
    link = re.search(r"/invite/[\w-]+", page)[0]
    row = session.scalars(select(Mail)).one()
    run_job(app, job_named("send_mail"), mail_id=row.id)
    assert link in post_office.letters[0].get_body(("plain",)).get_content()


def test_an_invitation_is_sent_by_mail_when_the_box_is_ticked(session, app, as_admin, client, post_office):
    form = {"username": "novikov", "first_name": "Пётр", "role": "Operator", "email": "petr@example.test"}
    as_admin.post("/invites/", data=form)
    assert session.query(Mail).count() == 0
    page = as_admin.post("/invites/", data=form | {"send": "1"}).text
    row = session.scalars(select(Mail)).one()
    run_job(app, job_named("send_mail"), mail_id=row.id)
    text = post_office.letters[0].get_body(("plain",)).get_content()
    link = re.search(r"/invite/[\w-]+", page)[0]
    assert link in text and "Пётр" in text and "72 ч" in text
    assert client.get(link).status_code == 200


def test_without_mail_the_page_says_so_and_shows_the_link(session, as_admin, monkeypatch):
    monkeypatch.setattr(outside, "mail", None)
    page = as_admin.get("/invites/").text
    assert "почта не настроена" in page and 'name="send"' not in page
    form = {"username": "novikov", "first_name": "Пётр", "role": "Operator", "email": "petr@example.test", "send": "1"}
    assert "/invite/" in as_admin.post("/invites/", data=form).text
    assert session.query(Mail).count() == 0


def test_a_bad_address_is_refused_before_the_invitation_is_made(as_admin):
    form = {"username": "novikov", "first_name": "Пётр", "role": "Operator", "email": "petr@\r\nBcc: all@example.test"}
    page = as_admin.post("/invites/", data=form).text
    assert "не адрес эл. почты" in page and not re.search(r'value="http[^"]*/invite/', page)


def test_a_new_link_replaces_the_one_that_was_lost(session, as_admin, client):
    form = {"username": "novikov", "first_name": "Пётр", "role": "Operator"}
    old = re.search(r'value="http[^"]*(/invite/[\w-]+)"', as_admin.post("/invites/", data=form).text)[1]
    address = re.search(r"/invites/\d+/renew", as_admin.get("/users/list/").text)[0]
    new = re.search(r'value="http[^"]*(/invite/[\w-]+)"', as_admin.post(address).text)[1]
    assert client.get(old).status_code == 404 and client.get(new).status_code == 200
    phrase = "зелёный чайник на окне"
    client.post(new, data={"password": phrase, "again": phrase})
    assert client.get("/desk/").status_code == 200
    page = as_admin.get("/users/list/").text
    row = next(line for line in re.split(r"<tr\b", page) if "novikov" in line)
    assert re.search(r"\d\d\.\d\d\.20\d\d", row), "this was the first log-in"
    assert not re.search(r"/invites/\d+/renew", as_admin.get("/users/list/").text), "nobody is waited for"
    assert as_admin.post(address).status_code == 302, "a used invitation has no new link"


def test_letters_are_listed_and_a_failed_one_is_sent_again(session, app, as_admin, post_office):
    as_admin.post(f"/users/action/reset_link/{get_user(session, 'operator').id}")
    row = session.scalars(select(Mail)).one()
    assert "operator@example.test" in as_admin.get("/mailview/list/").text
    refused = as_admin.post(f"/mailview/action/send_again/{row.id}", follow_redirects=True)
    assert "нельзя отправить ещё раз" in refused.text
    row.state = "failed"
    session.flush()
    as_admin.post(f"/mailview/action/send_again/{row.id}")
    run_job(app, job_named("send_mail"), mail_id=row.id)
    assert len(post_office.letters) == 1
    shown = as_admin.get(f"/mailview/show/{row.id}").text
    assert "отправлено" in shown and "/invite/" not in shown and "sealed" not in shown


def test_ending_log_ins_is_one_click(session, as_admin, as_operator):
    user = get_user(session, "operator")
    assert session.query(UserSession).filter_by(user_id=user.id).count() == 1
    as_admin.post(f"/users/action/end_sessions/{user.id}")
    assert as_operator.get("/desk/").status_code == 302
