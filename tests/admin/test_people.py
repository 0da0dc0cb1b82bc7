"""Invitations and resets from the administrator's page to the first page of the person; log-ins that are ended."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from app.extensions import db
from app.models import AuditEvent, Invite, OperatorProfile
from tests.databases import PASSWORD, make_app
from tests.factories import get_user, make_group

PHRASE = "зелёный чайник на окне"


def link_in(page):
    return re.search(r'value="http[^"]*(/invite/[\w-]+)"', page.text)[1]


def invite(as_admin, **form):
    return as_admin.post("/invites/", data={"username": "novikov", "first_name": "Пётр", "role": "Operator"} | form)


def test_an_invited_operator_chooses_a_password_and_stands_at_the_desk(session, as_admin, client):
    group = make_group(session)
    link = link_in(invite(as_admin, last_name="Новиков", group_id=group.id))
    assert link not in as_admin.get("/invites/").text, "the link is shown once"
    page = client.get(link)
    assert page.status_code == 200 and "novikov" in page.text
    assert client.get(link).status_code == 200, "looking spends nothing"
    answer = client.post(link, data={"password": PHRASE, "again": PHRASE})
    assert answer.status_code == 302
    assert client.get("/desk/").status_code == 200
    user = session.scalars(select(User).where(User.username == "novikov")).one()
    assert session.get(OperatorProfile, user.id).group_id == group.id
    assert [role.name for role in user.roles] == ["Operator"]


def test_an_invitation_works_once(session, as_admin, client, app):
    link = link_in(invite(as_admin))
    client.post(link, data={"password": PHRASE, "again": PHRASE})
    other = app.test_client()
    assert other.get(link).status_code == 404
    assert other.post(link, data={"password": PHRASE * 2, "again": PHRASE * 2}).status_code == 404
    assert other.get("/desk/").status_code == 302


def test_bad_passwords_are_refused_and_the_link_stays_alive(as_admin, client):
    link = link_in(invite(as_admin))
    for password, again, words in (
        ("short", "short", "слишком короткий"), (PHRASE, PHRASE + "!", "не совпадают"),
        ("novikov novikov 1", "novikov novikov 1", "имен"),
        ("qwertyqwerty12", "qwertyqwerty12", "угадать|подобрать"),
    ):  # fmt: skip
        answer = client.post(link, data={"password": password, "again": again})
        assert answer.status_code == 422 and re.search(words, answer.text), password
    assert client.post(link, data={"password": PHRASE, "again": PHRASE}).status_code == 302


def test_a_link_that_was_replaced_expired_or_taken_back_is_dead(session, as_admin, client):
    first = link_in(invite(as_admin))
    second = link_in(invite(as_admin))
    assert client.get(first).status_code == 404 and client.get(second).status_code == 200
    row = session.scalars(select(Invite).order_by(Invite.id.desc())).first()
    as_admin.post(f"/invites/{row.id}/revoke")
    assert client.get(second).status_code == 404
    third = link_in(invite(as_admin, username="petrov"))
    session.scalars(select(Invite).order_by(Invite.id.desc())).first().expires_at = datetime.now(UTC) - timedelta(
        seconds=1
    )
    session.flush()
    assert client.get(third).status_code == 404
    assert client.get("/invite/nonsense").status_code == 404


def test_a_name_that_is_taken_or_bad_is_told_and_what_was_typed_is_kept(as_admin):
    for name, words in (("operator", "занят"), ("a b", "без|пробелов"), ("<b>", "логине")):
        page = invite(as_admin, username=name, last_name="Петровский")
        assert re.search(words, page.text) and "Петровский" in page.text and "/invite/" not in page.text


def test_only_administrators_invite(as_supervisor, as_operator):
    for client in (as_supervisor, as_operator):
        assert client.get("/invites/").status_code in (302, 403)
        assert client.post("/invites/", data={"username": "hacker", "role": "Admin"}).status_code in (302, 403)


def test_a_reset_link_ends_the_old_log_ins_and_sets_the_new_password(session, as_admin, as_operator, client):
    user = get_user(session, "operator")
    page = as_admin.post(f"/users/action/reset_link/{user.id}")
    link = link_in(page)
    assert as_operator.get("/desk/").status_code == 200
    assert client.post(link, data={"password": PHRASE, "again": PHRASE}).status_code == 302
    assert as_operator.get("/desk/").status_code == 302, "the old log-in is over"
    assert client.get("/desk/").status_code == 200
    what = set(session.scalars(select(AuditEvent.what).where(AuditEvent.subject == "user")))
    assert {"reset_link_made", "reset_used"} <= what


def test_log_ins_are_ended_at_once(session, as_admin, as_operator):
    assert as_operator.get("/desk/").status_code == 200
    as_admin.post("/users/action_post", data={"action": "end_sessions", "rowid": [get_user(session, "operator").id]})
    assert as_operator.get("/desk/").status_code == 302


def test_nobody_adds_people_with_a_password_of_somebody_elses_choice(as_admin, session):
    assert as_admin.get("/users/add").location.endswith("/invites/")
    data = {"first_name": "А", "last_name": "Б", "username": "sneaky", "email": "s@example.test", "password": PASSWORD}
    assert as_admin.post("/users/add", data=data).status_code == 302
    assert session.scalars(select(User).where(User.username == "sneaky")).first() is None


def test_the_password_rules_hold_in_the_stock_forms_too(as_operator, as_admin, session):
    weak = {"password": "short", "conf_password": "short"}
    assert "слишком короткий" in as_operator.post("/resetmypassword/form", data=weak).text
    own = {"password": "operator-operator", "conf_password": "operator-operator"}
    answer = as_operator.post("/resetmypassword/form", data=own, follow_redirects=True)
    assert answer.status_code == 200
    as_operator.get("/logout/")
    as_operator.log_in("operator")  # with the old password


def test_guessing_over_the_api_is_limited(server, database):
    app = make_app(server, database, RATELIMIT_ENABLED=True)
    client = app.test_client()
    names = [f"nobody{n}" for n in range(7)]  # another one every time, so that no account's own back-off answers
    bodies = [{"username": name, "password": "x", "provider": "db"} for name in names]
    codes = [client.post("/api/v1/security/login", json=body).status_code for body in bodies]
    assert codes == [401] * 5 + [429, 429]
    assert [client.get("/invite/nonsense").status_code for _ in range(21)] == [404] * 20 + [429]
    with app.app_context():
        db.engine.dispose()


def test_who_waits_learns_nothing_of_the_password_nor_whether_the_name_exists(app):
    told = {}
    for name in ("operator2", "nobody.at.all"):
        client = app.test_client()
        sent = [{"username": name, "password": password} for password in ["wrong"] * 5 + [PASSWORD, "wrong"]]
        answers = [client.post("/login/", data=data) for data in sent]
        assert [one.status_code for one in answers] == [302] * 5 + [429] * 2
        told[name] = [one.status_code for one in answers]
        assert client.get("/desk/").status_code == 302, "nobody is in"
    assert told["operator2"] == told["nobody.at.all"]
    assert app.test_client().post("/login/", data={"username": "a\0b", "password": "x"}).status_code == 400
