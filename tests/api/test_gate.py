"""Who may call: tokens and keys, never a cookie; how often; what a body may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, event, text

from app.database import sqlalchemy_url
from app.extensions import db
from app.models import AccessKey
from app.services import api_keys
from tests.api.conftest import Program
from tests.databases import PASSWORD
from tests.factories import get_user


def is_trouble(answer, status, code=None):
    assert answer.status_code == status, answer.text
    assert set(answer.json) == {"message", "code", "errors"} and answer.json["message"]
    return code is None or answer.json["code"] == code


def test_a_key_acts_as_its_person(as_program, session):
    assert as_program("admin").get("sources/").status_code == 200
    assert is_trouble(as_program("operator").get("sources/"), 403, "forbidden")
    assert session.query(AccessKey).filter(AccessKey.last_used_at.isnot(None)).count() == 2


def test_a_token_of_a_log_in_opens_the_api_and_a_refresh_token_brings_the_next(app):
    client = app.test_client()
    body = {"username": "supervisor", "password": PASSWORD, "provider": "db", "refresh": True}
    tokens = client.post("/api/v1/security/login", json=body).json
    assert Program(client, tokens["access_token"]).get("filters/").status_code == 200
    refreshed = Program(client, tokens["refresh_token"]).post("security/refresh")
    assert refreshed.status_code == 200
    assert Program(client, refreshed.json["access_token"]).get("filters/").status_code == 200
    # The refresh token itself is for refreshing alone.
    assert is_trouble(Program(client, tokens["refresh_token"]).get("filters/"), 401)


def test_a_browsers_cookie_is_not_enough(as_admin, as_supervisor):
    assert is_trouble(as_admin.get("/api/v1/sources/"), 401)
    assert is_trouble(as_supervisor.post("/api/v1/filters/1/disable", json={}), 401)


def test_a_cookie_that_comes_along_counts_for_nothing(as_admin, as_program):
    """The program of an operator that runs in an administrator's browser stays an operator's."""
    program = as_program("operator")
    answer = as_admin.get("/api/v1/sources/", headers={"Authorization": f"Bearer {program.secret}"})
    assert is_trouble(answer, 403)


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer pzv_nothing", "Bearer a.b.c", "pzv_x",
                                  "Bearer " + "x" * 5000, "Bearer ключ".encode().decode("latin-1")])  # fmt: skip
def test_nonsense_instead_of_a_key_is_401(client, said):
    answer = client.get("/api/v1/cards/", headers={"Authorization": said})
    assert is_trouble(answer, 401)
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_an_old_and_a_sacked_persons_key_open_nothing(as_program, session):
    revoked, old, sacked = as_program("admin"), as_program("supervisor", days=1), as_program("operator2")
    keys = {row.user.username: row for row in api_keys.latest(session)}
    api_keys.revoke(session, keys["admin"].id, actor_id=get_user(session, "admin").id, now=datetime.now(UTC))
    keys["supervisor"].expires_at = datetime.now(UTC) - timedelta(seconds=1)
    get_user(session, "operator2").active = False
    session.commit()
    for program in (revoked, old, sacked):
        assert is_trouble(program.get("cards/"), 401)


def test_ended_log_ins_end_tokens_too(with_token, session, app):
    program = with_token("supervisor")
    assert program.get("cards/").status_code == 200
    get_user(session, "supervisor").active = False
    session.commit()
    assert is_trouble(program.get("cards/"), 401)


def test_a_key_for_reading_changes_nothing_and_a_key_for_pushing_reads_nothing(as_program):
    reader, pusher = as_program("supervisor", scope="read"), as_program("supervisor", scope="push")
    assert reader.get("filters/").status_code == 200
    assert is_trouble(reader.post("filters/1/disable", {}), 403, "key_scope")
    assert is_trouble(pusher.get("filters/"), 403, "key_scope")
    assert is_trouble(pusher.post("ads/push", {"source": "none", "ads": [{}]}), 404, "source_unknown")


def test_more_calls_than_a_key_has_per_minute_are_told_to_wait(as_program, session):
    program = as_program("admin", per_minute=3)
    codes = [program.get("makes/?q=(page_size:1)").status_code for _ in range(5)]
    if session.query(AccessKey).one().minute_n < 5:  # a minute began in between
        codes = [200] * 3 + [program.get("makes/").status_code for _ in range(5)][-2:]
    assert codes[-2:] == [429, 429] and codes[0] == 200
    answer = program.get("makes/")
    assert is_trouble(answer, 429) and 1 <= int(answer.headers["Retry-After"]) <= 60


def test_only_the_hash_of_a_key_is_kept(make_key, session):
    key = make_key("admin")
    row = session.query(AccessKey).one()
    assert key.startswith("pzv_") and len(key) > 40 and row.prefix == key[:12]
    assert key not in " ".join(str(getattr(row, column.name)) for column in AccessKey.__table__.columns)


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"text": "\xff"}', "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json", 400),
        (b'{"text": NaN}', "application/json", 400),
        (b'{"text": 1' + b"0" * 6000 + b"}", "application/json", 400),
        (b"text=x", "application/x-www-form-urlencoded", 415),
        (b"<a/>", "text/xml", 415),
        (b"[]", "application/json", 422),
        (b'"x"', "application/json", 422),
        (b"null", "application/json", 422),
        (b"{}", "application/json", 422),
        (b"", "application/json", 422),
        (b'{"text": 5}', "application/json", 422),
        (b'{"text": ""}', "application/json", 422),
        (b'{"text": "\\u0000"}', "application/json", 404),
        (b'{"text": "\\ud800"}', "application/json", 422),
        (b'{"text": "x", "more": 1}', "application/json", 422),
    ],
)
def test_a_body_that_is_none_is_refused_and_never_breaks(as_program, body, content_type, status):
    answer = as_program("operator").post("cards/987654/note", data=body, content_type=content_type)
    assert is_trouble(answer, status)


def test_a_huge_body_is_413(as_program):
    answer = as_program("supervisor").post("ads/push", data=b" " * (11 * 1024 * 1024), content_type="application/json")
    assert is_trouble(answer, 413)


@pytest.mark.parametrize("body", [{}, [], {"username": 5},
                                  {"username": "\ud800", "password": "\ud800x", "provider": "db"},
                                  {"username": "a\0", "password": "\0", "provider": "db"},
                                  {"username": "a", "password": "b", "provider": "ldap"}])  # fmt: skip
def test_a_log_in_with_junk_is_refused_and_never_breaks(client, body):
    answer = client.post("/api/v1/security/login", json=body)
    assert 400 <= answer.status_code < 500 and is_trouble(answer, answer.status_code)


def test_the_way_in_takes_no_form_token_and_the_forms_still_do(app):
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        body = {"username": "admin", "password": PASSWORD, "provider": "db"}
        assert app.test_client().post("/api/v1/security/login", json=body).status_code == 200
        assert app.test_client().post("/desk/next").status_code == 400
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_words_come_in_the_language_that_the_program_asks_for(client):
    said = [client.get("/api/v1/cards/", headers={"Accept-Language": one}).json["message"] for one in ("ru", "en", "")]
    assert said[1].startswith("Log in") and said[0] != said[1] and said[2] == said[0]


def test_what_is_not_there_is_told_in_the_same_shape(as_program):
    program = as_program("admin")
    assert is_trouble(program.get("nothing"), 404)
    assert is_trouble(program.get("cards/99999999999999999999999"), 404)
    assert is_trouble(program.get("cards/987654"), 404)
    assert is_trouble(program._call("DELETE", "cards/1"), 405)


def test_a_program_is_given_no_cookie(as_program):
    answer = as_program("operator").get("cards/")
    assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_locked_table_is_503_and_says_when_to_come_again(own_database, session, as_program):
    program = as_program("admin")
    session.commit()
    event.listen(db.engine, "connect", lambda own, _record: own.cursor().execute("SET lock_timeout = '300ms'"))
    db.engine.dispose()
    holder = create_engine(sqlalchemy_url(own_database))
    with holder.begin() as other:
        other.execute(text("LOCK TABLE make IN ACCESS EXCLUSIVE MODE"))
        answer = program.get("makes/")
    holder.dispose()
    assert is_trouble(answer, 503, "busy") and int(answer.headers["Retry-After"]) > 0
    assert program.get("makes/").status_code == 200


def test_wrong_keys_are_counted_by_their_address_and_a_good_one_never_waits(app, as_program, client):
    good = as_program("operator")
    answers = [Program(client, f"pzv_guess{n}").get("cards/") for n in range(40)]
    assert [one.status_code for one in answers] == [401] * 29 + [429] * 11
    assert is_trouble(answers[-1], 429, "too_many") and 0 < int(answers[-1].headers["Retry-After"]) <= 121
    assert Program(client, "e.e.e").get("cards/").status_code == 429, "a token that is none is a guess as well"
    assert good.get("cards/").status_code == 200
    elsewhere = Program(app.test_client(), "pzv_guess")
    assert elsewhere.get("cards/", environ_overrides={"REMOTE_ADDR": "192.0.2.7"}).status_code == 401
