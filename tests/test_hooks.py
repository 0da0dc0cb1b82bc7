"""The door for CRMs: answered at once, and nothing strange gets in or breaks anything."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select, text

from app import models
from app.demo.crm import APPLICATION_TOKEN
from app.domain.lead_words import signature
from app.services.secrets_box import seal
from tests.services.intakes import make_intake

TOKEN = "a-token-of-forty-letters-0123456789abcdef"


@pytest.fixture
def connection(app, session) -> models.CrmConnection:
    secrets = {"hook_url": "https://portal.example.test/rest/1/x/", "application_token": APPLICATION_TOKEN}
    row = models.CrmConnection(name="Портал", adapter="bitrix24", is_enabled=True, hook_token=TOKEN,
                               secrets=seal(secrets, app.config["PROZVON"].secret_key))  # fmt: skip
    session.add(row)
    session.flush()
    return row


def body(**more: str) -> dict[str, str]:
    return {"event": "ONCRMDEALUPDATE", "data[FIELDS][ID]": "5", "auth[application_token]": APPLICATION_TOKEN} | more


def kept(session) -> int:
    return session.scalar(select(func.count()).select_from(models.CrmHook))


def test_a_web_hook_is_taken_at_once_and_its_copy_is_not(session, client, connection):
    began = time.monotonic()
    assert client.post(f"/hooks/crm/{TOKEN}", data=body()).get_json() == {"taken": True}
    assert time.monotonic() - began < 1
    assert client.post(f"/hooks/crm/{TOKEN}", data=body()).get_json() == {"taken": False}
    assert kept(session) == 1
    jobs = session.execute(text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'take_hooks'"))
    assert jobs.scalar_one() == 1


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        (TOKEN, body(**{"auth[application_token]": "wrong"}), 403), (TOKEN, body(event="OTHER"), 403),
        (TOKEN, b"", 403), (TOKEN, b"\xff\x00junk", 403), (TOKEN, b"x" * (300 << 10), 413), ("x" * 41, body(), 404),
        ("short", body(), 404), ("y" * 200, body(), 404),
    ],
)  # fmt: skip
def test_strangers_junk_and_giants_get_a_4xx(session, client, connection, path, data, status):
    content = data if isinstance(data, bytes) else urlencode(data).encode()
    answer = client.post(f"/hooks/crm/{path}", data=content, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == status and kept(session) == 0


def test_a_connection_that_is_off_hears_nothing(session, client, connection):
    connection.is_enabled = False
    session.flush()
    assert client.post(f"/hooks/crm/{TOKEN}", data=body()).status_code == 404


# --- SMS gateways

SMS_TOKEN = "an-sms-token-of-forty-letters-0123456789"


@pytest.fixture
def sms_message(app, session) -> models.SmsMessage:
    sealed = seal({"login": "x", "password": "y"}, app.config["PROZVON"].secret_key)
    row = models.SmsGateway(name="Шлюз", kind="smsc", is_enabled=True, hook_token=SMS_TOKEN, secrets=sealed)
    session.add(row)
    session.flush()
    message = models.SmsMessage(phone="79160001122", text="Здравствуйте!", state="sent", ground="operator",
                                gateway_id=row.id, ref="79160001122:417", sent_at=datetime.now(UTC))  # fmt: skip
    session.add(message)
    session.commit()
    return message


def test_a_delivery_report_is_taken_and_its_copy_changes_nothing(session, client, sms_message):
    told = {"id": "417", "phone": "79160001122", "status": "1", "ts": "1795000000"}
    for _ in range(2):
        answer = client.post(f"/hooks/sms/{SMS_TOKEN}", data=told)
        assert (answer.status_code, answer.text) == (200, "OK")
    session.refresh(sms_message)
    assert sms_message.state == "delivered"
    late = client.post(f"/hooks/sms/{SMS_TOKEN}", data=told | {"status": "20"})
    session.refresh(sms_message)
    assert late.status_code == 200 and sms_message.state == "delivered"


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        (SMS_TOKEN, b"", 400), (SMS_TOKEN, b"\xff\x00junk", 400), (SMS_TOKEN, {"id": "417"}, 400),
        (SMS_TOKEN, {"id": "x", "phone": "79160001122", "status": "1"}, 400), (SMS_TOKEN, b"x" * (300 << 10), 413),
        ("x" * 41, {"id": "417", "phone": "79160001122", "status": "1"}, 404), ("short", b"", 404),
    ],
)  # fmt: skip
def test_a_strange_delivery_report_changes_nothing(session, client, sms_message, path, data, status):
    assert client.post(f"/hooks/sms/{path}", data=data).status_code == status
    session.refresh(sms_message)
    assert sms_message.state == "sent"


@pytest.mark.parametrize("ref", ["a\0b", "\ud800", "я", " ", "x" * 500])
def test_a_report_with_a_name_that_no_gateway_gives_is_let_go(session, client, sms_message, ref):
    gateway = session.get(models.SmsGateway, sms_message.gateway_id)
    gateway.kind = "exolve"
    session.commit()
    content = json.dumps({"message_id": ref, "status": "delivered"})
    assert client.post(f"/hooks/sms/{SMS_TOKEN}", data=content).status_code in (200, 400)
    session.refresh(sms_message)
    assert sms_message.state == "sent"


def test_a_hundred_copies_of_a_delivery_report_are_each_taken_within_a_second(session, client, sms_message):
    told = {"id": "417", "phone": "79160001122", "status": "1"}
    began = time.monotonic()
    for _ in range(100):
        assert client.post(f"/hooks/sms/{SMS_TOKEN}", data=told).status_code == 200
    assert (time.monotonic() - began) / 100 < 1


# --- leads that come in


@pytest.fixture
def intake(app, session) -> models.LeadIntake:
    return make_intake(session, key=app.config["PROZVON"].secret_key, thanks_url="https://site.example.test/thanks")[0]


def leads_n(session) -> int:
    return session.scalar(select(func.count()).select_from(models.IncomingLead))


def test_a_form_of_a_site_is_taken_at_once_and_its_visitor_is_led_on(session, client, intake):
    form = {"phone": "8 916 000-11-22", "name": "Олег", "comment": "Лада\nзвоните"}
    began = time.monotonic()
    for _ in range(2):
        answer = client.post(f"/hooks/leads/{intake.token}", data=form)
        assert (answer.status_code, answer.location) == (303, "https://site.example.test/thanks")
    assert time.monotonic() - began < 2 and leads_n(session) == 1
    assert client.post(f"/hooks/leads/{intake.token}", json=form).get_json()["taken"] is False


def test_a_partner_signs_and_a_replay_changes_nothing(session, client, app):
    row, secret = make_intake(session, "partner", key=app.config["PROZVON"].secret_key)
    body = json.dumps({"id": "a1", "phone": "79160001122"}).encode()
    at = str(int(time.time()))
    headers = {"X-Timestamp": at, "X-Signature": signature(secret, at, body)}
    url = f"/hooks/leads/{row.token}"
    assert [client.post(url, data=body, headers=headers).get_json()["taken"] for _ in range(2)] == [True, False]
    assert client.post(url, data=body + b" ", headers=headers).status_code == 403
    assert client.post(url, data=body).status_code == 403
    other = body.replace(b"1122", b"1133")
    signed = {"X-Timestamp": at, "X-Signature": signature(secret, at, other)}
    assert client.post(url, data=other, headers=signed).status_code == 409
    assert leads_n(session) == 1


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [(b"", "application/json", 422), (b"\xff\x00junk", "application/json", 422), (b"[1]", "application/json", 422),
     (b'{"phone": "1"}', "application/json", 422), (b"[" * 9000, "application/json", 422),
     (b"phone=12", "application/x-www-form-urlencoded", 422), (b"x" * (40 << 10), "application/json", 413),
     (b"phone=79160001122&website=x", "application/x-www-form-urlencoded", 422), (b"\xff", "text/plain", 422),
     (b"--x\r\n", "multipart/form-data; boundary=x", 422), (b"x", "multipart/form-data", 422)],
)  # fmt: skip
def test_junk_for_a_lead_gets_a_4xx(session, client, intake, content, kind, status):
    assert client.post(f"/hooks/leads/{intake.token}", data=content, content_type=kind).status_code == status
    assert leads_n(session) == 0


def test_a_flood_is_put_off_and_an_intake_that_is_off_takes_nothing(session, client, intake):
    intake.per_minute = 1
    assert client.post(f"/hooks/leads/{intake.token}", json={"phone": "79160001122"}).status_code == 200
    flood = client.post(f"/hooks/leads/{intake.token}", json={"phone": "79160001133"})
    assert (flood.status_code, flood.headers["Retry-After"]) == (429, "60")
    intake.is_enabled = False
    assert client.post(f"/hooks/leads/{intake.token}", json={"phone": "79160001122"}).status_code == 404
