"""Servers, lines and telephones as they are set up by people; the list of calls."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest
from flask_babel import force_locale
from markupsafe import escape
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.admin.base import now
from app.models import Asterisk, AuditEvent, CallEvent, CallOrder, LineRule, PhoneAccount, Trunk
from app.services import servers
from app.wording_hops import HOPS
from tests.factories import get_user, make_card, make_city, make_operator
from tests.services.calls_made import make_asterisk, make_call, make_trunk

SERVER = {"name": "Основной", "is_enabled": "y", "ami_host": "127.0.0.1", "ami_port": "5038", "ami_user": "prozvon",
          "secret": "тайна сервера", "ws_url": "wss://pbx.example.test:8089/ws", "sip_host": "", "recordings_dir": "",
          "cdr_csv": ""}  # fmt: skip


@pytest.fixture
def exchange(session: Session) -> Asterisk:
    return make_asterisk(session, seen_at=now(), state="up", version="22.0.0")


def test_the_password_of_a_server_is_sealed_and_never_shown(session: Session, as_admin: Any) -> None:
    assert as_admin.post("/asteriskview/add", data=SERVER).status_code == 302
    row = session.query(Asterisk).one()
    key = str(as_admin.application.config["PROZVON"].secret_key)
    assert servers.secret_of(row, key) == "тайна сервера" and b"\xd1" not in (row.ami_secret or b"")
    for page in (f"/asteriskview/show/{row.id}", f"/asteriskview/edit/{row.id}", "/auditview/list/"):
        assert "тайна" not in as_admin.get(page).text
    sealed = row.ami_secret
    as_admin.post(f"/asteriskview/edit/{row.id}", data=SERVER | {"secret": "", "name": "Другой"})
    session.refresh(row)
    assert (row.name, row.ami_secret) == ("Другой", sealed)


@pytest.mark.parametrize("wrong", [{"ws_url": "https://x"}, {"ami_host": "a b"}, {"ami_port": "70000"},
                                   {"recordings_dir": "calls"}, {"secret": "a\r\nAction: Command"}])  # fmt: skip
def test_a_server_with_nonsense_is_not_saved(session: Session, as_admin: Any, wrong: dict[str, str]) -> None:
    assert as_admin.post("/asteriskview/add", data=SERVER | wrong).status_code == 200
    assert session.query(Asterisk).count() == 0


def test_check_says_in_sentences_what_is_wrong_and_what_to_do(
    session: Session, as_admin: Any, exchange: Asterisk
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        exchange.ami_port = free.getsockname()[1]
    session.flush()
    told = as_admin.post(f"/asteriskview/check/{exchange.id}").text
    for code in ("ami_away", "ws_none", "recordings_none", "process"):
        words, advice = HOPS[code]
        about = {"host": exchange.ami_host, "port": exchange.ami_port, "folder": "", "server": exchange.name}
        with force_locale("ru"):
            for sentence in (str(words) % about, str(advice) % about if code != "process" else ""):
                assert str(escape(sentence)) in told, sentence


def test_a_stopped_line_is_started_again_by_a_person(session: Session, as_supervisor: Any, exchange: Asterisk) -> None:
    line = make_trunk(session, exchange, stopped_at=now(), stopped_why="line_failed", failed_n=10)
    assert "остановлена" in as_supervisor.get("/trunkview/list/").text
    as_supervisor.post(f"/trunkview/action/start_again/{line.id}")
    session.refresh(line)
    assert (line.stopped_at, line.failed_n) == (None, 0)
    assert session.query(AuditEvent).filter_by(what="trunk_started", subject_id=line.id).count() == 1


LINE = {"name": "Город", "endpoint": "city", "is_enabled": "y", "position": "10", "number_format": "8",
        "max_channels": "30", "calls_per_second": "1.5", "ring_s": "40", "schedule": "Пн–Пт 09:00–20:00",
        "stop_after": "5"}  # fmt: skip


def test_a_line_is_set_up_with_its_limits_and_hours(session: Session, as_admin: Any, exchange: Asterisk) -> None:
    assert as_admin.post("/trunkview/add", data=LINE | {"asterisk": str(exchange.id)}).status_code == 302
    line = session.query(Trunk).one()
    assert (line.max_channels, line.calls_per_second, line.number_format, line.stop_after) == (30, 1.5, "8", 5)
    assert line.schedule == [{"days": [0, 1, 2, 3, 4], "from": "09:00", "to": "20:00"}]
    listed = as_admin.get("/trunkview/list/").text
    assert "Пн–Пт 09:00–20:00" in listed and "0 из 30" in listed


@pytest.mark.parametrize("wrong", [{"endpoint": "city@x"}, {"endpoint": "PJSIP/op2"}, {"max_channels": "-1"},
                                   {"calls_per_second": "0"}, {"ring_s": "500"}, {"schedule": "никогда"},
                                   {"number_format": "9"}, {"asterisk": "999999"}])  # fmt: skip
def test_a_line_with_nonsense_is_not_saved(
    session: Session, as_admin: Any, exchange: Asterisk, wrong: dict[str, str]
) -> None:
    assert as_admin.post("/trunkview/add", data=LINE | {"asterisk": str(exchange.id)} | wrong).status_code == 200
    assert session.query(Trunk).count() == 0


def test_prefixes_numbers_and_rules_belong_to_a_line(session: Session, as_supervisor: Any, exchange: Asterisk) -> None:
    one, other = make_trunk(session, exchange), make_trunk(session, exchange)
    city = make_city(session, "Верхнесалдинск")
    prefix = {"trunk": str(one.id), "digits": "981", "name": "Дешёвый", "is_enabled": "y"}
    assert as_supervisor.post("/dialprefixview/add", data=prefix).status_code == 302
    assert as_supervisor.post("/dialprefixview/add", data=prefix | {"digits": "9&1"}).status_code == 200
    number = {"trunk": str(one.id), "phone": "8 (900) 000-12-34", "is_enabled": "y", "label": "", "owner": "",
              "contract_on": "2026-01-15"}  # fmt: skip
    assert as_supervisor.post("/callernumberview/add", data=number).status_code == 302
    assert as_supervisor.post("/callernumberview/add", data=number | {"phone": "112"}).status_code == 200
    kept = session.execute(text("SELECT phone FROM caller_number")).scalar_one()
    assert kept == "79000001234"
    prefix_id = session.execute(text("SELECT id FROM dial_prefix")).scalar_one()
    rule = {"position": "1", "city": str(city.id), "trunk": str(other.id), "prefix": str(prefix_id), "is_enabled": "y"}
    assert as_supervisor.post("/lineruleview/add", data=rule).status_code == 200  # the prefix is another line's
    assert as_supervisor.post("/lineruleview/add", data=rule | {"trunk": str(one.id)}).status_code == 302
    assert session.query(LineRule).one().city_id == city.id
    assert "Верхнесалдинск" in as_supervisor.get("/lineruleview/list/").text


def test_a_person_gets_a_telephone_and_it_is_tried(session: Session, as_admin: Any, exchange: Asterisk) -> None:
    person = get_user(session, "operator")
    data = {"user": str(person.id), "asterisk": str(exchange.id), "extension": "", "kind": "browser"}
    assert as_admin.post("/phoneaccountview/add", data=data).status_code == 302
    row = session.get_one(PhoneAccount, person.id)
    assert (row.extension, row.kind) == (f"op{person.id}", "browser")
    as_admin.post(f"/phoneaccountview/action/try_call/{person.id}")
    order = session.query(CallOrder).one()
    assert (order.verb, order.args) == ("check", {"extension": row.extension})


def test_a_desk_telephones_password_is_told_once(session: Session, as_admin: Any, exchange: Asterisk) -> None:
    person = get_user(session, "operator")
    data = {"user": str(person.id), "asterisk": str(exchange.id), "extension": "desk1", "kind": "desk"}
    told = as_admin.post("/phoneaccountview/add", data=data, follow_redirects=True).text
    assert "Пароль desk1:" in told
    assert "Пароль desk1:" not in as_admin.get("/phoneaccountview/list/").text
    assert session.execute(text("SELECT webrtc FROM ps_endpoints WHERE id = 'desk1'")).scalar() == "no"
    edit = {"asterisk": str(exchange.id), "extension": "desk2", "kind": "desk"}
    as_admin.post(f"/phoneaccountview/edit/{person.id}", data=edit)
    assert session.execute(text("SELECT id FROM ps_endpoints")).scalars().all() == ["desk2"]
    as_admin.post(f"/phoneaccountview/delete/{person.id}")
    assert session.execute(text("SELECT count(*) FROM ps_endpoints")).scalar() == 0


# --- the calls


def test_a_call_is_listed_with_its_number_hidden(
    session: Session, as_supervisor: Any, as_admin: Any, exchange: Asterisk
) -> None:
    operator, card = make_operator(session), make_card(session)
    call = make_call(session, exchange, phone="79120001234", operator_id=operator.user_id, card_id=card.id,
                     trunk_id=make_trunk(session, exchange, name="Городская").id, created_at=now())  # fmt: skip
    for address in ("/callview/list/", f"/callview/show/{call.id}"):
        page = as_supervisor.get(address).text
        assert "000-12-34" not in page and "79120001234" not in page and "Городская" in page, address
    assert "+7 912 000-12-34" in as_admin.get("/callview/list/").text.replace("\u00a0", " ")


def test_a_call_is_found_by_how_it_ended(session: Session, as_supervisor: Any, exchange: Asterisk) -> None:
    busy = make_call(session, exchange, outcome="busy", talk_ms=None, created_at=now())
    old = make_call(session, exchange, outcome="busy", created_at=now() - timedelta(days=60))
    make_call(session, exchange, outcome="answered", created_at=now())
    page = as_supervisor.get("/callview/list/?_flt_0_outcome=busy").text
    assert f"/callview/show/{busy.id}" in page and f"/callview/show/{old.id}" not in page
    since = (now() - timedelta(days=90)).strftime("%Y-%m-%d %H:%M:%S")
    page = as_supervisor.get(f"/callview/list/?_flt_0_outcome=busy&_flt_1_created_at={since}").text
    assert f"/callview/show/{old.id}" in page


def test_what_telephony_told_word_for_word_is_for_the_audit_alone(
    session: Session, as_supervisor: Any, as_admin: Any, exchange: Asterisk
) -> None:
    call = make_call(session, exchange)
    said = {"DialStatus": "ANSWER", "Note": "<script>alert(1)</script>"}
    session.add(CallEvent(call_id=call.id, name="CallEnded", channel="PJSIP/t1-1", details=said, once="x"))
    session.flush()
    assert "CallEnded" not in as_supervisor.get(f"/callview/show/{call.id}").text
    page = as_admin.get(f"/callview/show/{call.id}").text
    assert "CallEnded" in page and "<script>alert" not in page


def test_the_list_of_twenty_million_calls_is_not_counted(
    session: Session, as_supervisor: Any, exchange: Asterisk, count_sql: Any
) -> None:
    make_call(session, exchange)
    session.execute(text("UPDATE pg_class SET reltuples = 20000000 WHERE oid = CAST('call' AS regclass)"))
    with count_sql() as counted:
        assert as_supervisor.get("/callview/list/").status_code == 200
    assert counted.n <= 12 and not any("count(" in one for one in counted.statements)
    with count_sql() as counted:
        as_supervisor.get("/callview/list/?_flt_0_outcome=machine")
    lists = [one for one in counted.statements if "FROM call" in one]
    assert counted.n <= 12 and lists and all("call.created_at >" in one for one in lists)
