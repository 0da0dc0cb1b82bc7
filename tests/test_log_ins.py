"""Log-ins end when they should, and guessing takes for ever: in the form and in the API alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app import log_ins
from app.extensions import db
from app.models import LoginTry, UserSession
from tests.databases import PASSWORD, make_app
from tests.factories import NOON, get_user

API = "/api/v1/security/login"


def role(session, name: str) -> Role:
    return session.scalars(select(Role).where(Role.name == name)).one()


def token_of(client, username: str = "operator") -> dict[str, str]:
    body = {"username": username, "password": PASSWORD, "provider": "db", "refresh": True}
    answer = client.post(API, json=body)
    assert answer.status_code == 200
    return {kind: f"Bearer {answer.json[kind]}" for kind in ("access_token", "refresh_token")}


def test_a_role_taken_or_given_ends_the_persons_log_ins_and_nobody_elses(session, as_operator, log_in):
    other = log_in("operator2")
    user = get_user(session, "operator")
    user.roles = [*user.roles, role(session, "Supervisor")]
    session.commit()
    assert as_operator.get("/desk/").status_code == 302
    again = log_in("operator")
    assert again.get("/board/").status_code == 200
    user.roles = [role(session, "Operator")]
    session.commit()
    assert again.get("/desk/").status_code == 302
    assert other.get("/desk/").status_code == 200


def test_a_change_that_is_rolled_back_ends_nothing(own_database, session, as_operator):
    get_user(session, "operator").roles = []
    session.flush()
    session.rollback()
    assert as_operator.get("/desk/").status_code == 200


def test_a_new_name_or_address_ends_nothing(session, as_operator):
    user = get_user(session, "operator")
    user.first_name, user.email = "Ольга-Мария", "olga@example.test"
    session.commit()
    assert as_operator.get("/desk/").status_code == 200


def test_a_right_taken_from_a_role_is_gone_at_the_next_request_of_a_living_log_in(session, app, as_operator):
    sm = app.extensions["appbuilder"].sm
    right = sm.find_permission_view_menu("can_work", "DeskView")
    assert as_operator.get("/desk/").status_code == 200
    operators = role(session, "Operator")
    operators.permissions.remove(right)
    session.commit()
    refused = as_operator.get("/desk/")
    assert refused.status_code in (302, 403)
    assert session.query(UserSession).count() == 1, "the log-in itself goes on"
    operators.permissions.append(right)
    session.commit()
    assert as_operator.get("/desk/").status_code == 200


def test_tokens_of_the_api_end_with_the_log_ins(session, app, client):
    tokens = token_of(client)
    menu = {"headers": {"Authorization": tokens["access_token"]}}
    assert client.get("/api/v1/menu/", **menu).status_code == 200
    app.extensions["appbuilder"].sm.end_sessions(get_user(session, "operator").id)
    session.commit()
    assert client.get("/api/v1/menu/", **menu).status_code == 401
    refreshed = client.post("/api/v1/security/refresh", headers={"Authorization": tokens["refresh_token"]})
    assert refreshed.status_code == 401


def test_sixty_wrong_passwords_over_the_api_are_told_to_wait_and_for_how_long(session, client):
    body = {"username": "operator", "password": "wrong", "provider": "db"}
    answers = [client.post(API, json=body) for _ in range(60)]
    assert [one.status_code for one in answers] == [401] * 5 + [429] * 55
    assert answers[-1].json["code"] == "too_many" and 0 < int(answers[-1].headers["Retry-After"]) <= 31
    assert client.post(API, json=body | {"password": PASSWORD}).status_code == 429, "the right one has to wait too"
    form = client.post("/login/", data={"username": "operator", "password": PASSWORD})
    assert form.status_code == 429 and int(form.headers["Retry-After"]) > 0, "the form knows of it"
    assert "Слишком много неверных паролей" in form.text and 'name="password"' in form.text
    assert session.get(LoginTry, "operator").failed_n == log_ins.FREE_TRIES


def test_a_name_that_nobody_has_waits_just_the_same(client):
    body = {"username": "nobody", "password": "wrong", "provider": "db"}
    assert [client.post(API, json=body).status_code for _ in range(7)] == [401] * 5 + [429] * 2


def test_strangers_do_not_keep_the_owner_out_where_the_owner_works(session, app):
    from_home = {"environ_overrides": {"REMOTE_ADDR": "192.0.2.1"}}
    good = {"username": "operator", "password": PASSWORD, "provider": "db"}
    assert app.test_client().post(API, json=good, **from_home).status_code == 200
    for n in range(60):
        elsewhere = {"environ_overrides": {"REMOTE_ADDR": f"198.51.100.{n}"}}
        app.test_client().post(API, json=good | {"password": "guess"}, **elsewhere)
    assert log_ins.is_blocked(session, "operator", datetime.now(UTC)), "for everybody else the account waits"
    stranger = {"environ_overrides": {"REMOTE_ADDR": "203.0.113.9"}}
    assert app.test_client().post(API, json=good, **stranger).status_code == 429
    assert app.test_client().post(API, json=good, **from_home).status_code == 200


def test_nobody_is_kept_out_by_others_for_longer_than_a_quarter_of_an_hour(session):
    for n in range(60):
        log_ins.log_in_failed(session, "ivan", f"198.51.100.{n}", NOON)
    assert 890 < log_ins.wait_to_log_in(session, "ivan", "192.0.2.1", NOON) <= 901
    assert log_ins.wait_to_log_in(session, "ivan", "192.0.2.1", NOON + timedelta(seconds=901)) == 0


def test_refresh_tokens_that_are_none_are_counted_by_their_address(session, client):
    junk = {"headers": {"Authorization": "Bearer e.e.e"}}
    answers = [client.post("/api/v1/security/refresh", **junk) for _ in range(40)]
    assert [one.status_code for one in answers] == [401] * 29 + [429] * 11
    assert int(answers[-1].headers["Retry-After"]) > 0


def test_the_name_and_the_address_of_one_account_are_counted_together(session, client):
    for n in range(log_ins.FREE_TRIES):
        name = "operator" if n % 2 else "operator@example.test"
        client.post(API, json={"username": name, "password": "wrong", "provider": "db"})
    assert session.get(LoginTry, "operator").failed_n == log_ins.FREE_TRIES
    assert session.get(LoginTry, "operator@example.test") is None


def test_who_tries_many_names_is_stopped_by_the_network_address(session, client, app):
    codes = set()
    for n in range(log_ins.ADDRESS_TRIES + 5):
        body = {"username": f"nobody{n}", "password": "wrong", "provider": "db"}
        codes.add(client.post(API, json=body).status_code)
    assert codes == {401, 429}
    key = log_ins.address_key("127.0.0.1")
    assert session.get(LoginTry, key).failed_n == log_ins.ADDRESS_TRIES
    body = {"username": "operator", "password": PASSWORD, "provider": "db"}
    assert client.post(API, json=body).status_code == 429
    elsewhere = app.test_client()
    answer = elsewhere.post(API, json=body, environ_overrides={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 200, "other networks go on working"


def test_nobody_can_lock_an_address_by_a_name(session, client):
    for _ in range(8):
        client.post(API, json={"username": "ADDRESS 127.0.0.1", "password": "wrong", "provider": "db"})
    assert not log_ins.is_blocked(session, log_ins.address_key("127.0.0.1"), NOON)
    assert session.get(LoginTry, "address 127.0.0.1") is not None


def test_an_account_waits_longer_with_every_failure_up_to_an_hour(session):
    waits = []
    for _ in range(30):
        log_ins.count_failure(session, "ivan", NOON)
        until = session.get(LoginTry, "ivan").blocked_until
        waits.append((until - NOON).total_seconds() if until else 0)
    assert waits[:7] == [0, 0, 0, 0, 30, 60, 120] and waits[-1] == 3600


def test_old_failures_of_an_address_are_forgiven(session):
    for minute in range(200):  # two an minute is how people mistype in a large office
        for _ in range(2):
            log_ins.count_knock(session, "ADDRESS 192.0.2.1", NOON + timedelta(minutes=minute))
    assert not log_ins.is_blocked(session, "ADDRESS 192.0.2.1", NOON + timedelta(minutes=200))
    for _ in range(40):
        log_ins.count_knock(session, "ADDRESS 192.0.2.1", NOON + timedelta(minutes=200))
    assert log_ins.is_blocked(session, "ADDRESS 192.0.2.1", NOON + timedelta(minutes=201))
    assert not log_ins.is_blocked(session, "ADDRESS 192.0.2.1", NOON + timedelta(minutes=203))


def test_with_the_limiter_on_a_hundred_tries_get_nothing_but_refusals(server, database):
    app = make_app(server, database, RATELIMIT_ENABLED=True)
    client = app.test_client()
    bodies = [{"username": f"n{n}", "password": "x", "provider": "db"} for n in range(100)]
    codes = {client.post(API, json=body).status_code for body in bodies}
    assert codes == {401, 429}
    with app.app_context():
        db.engine.dispose()
