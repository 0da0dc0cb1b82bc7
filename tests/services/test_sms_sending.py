"""Messages on their way: once each, however the gateway answers and whoever dies in between."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import models
from app.services import sms_sending, stop_list
from app.services.sms_sending import FINAL
from app.sms import Report
from tests.crm.servers import Plain, running
from tests.services.test_sms import NIGHT, NOON, ask, make_card, messages
from tests.sms.gateways import KEYS, make_gateway, make_template
from tests.sms.servers import FakeSmsc, FakeSmsRu


@pytest.fixture
def smsc() -> Iterator[FakeSmsc]:
    with running(FakeSmsc()) as server:
        yield server


def asked(session: Session, now: datetime = NOON, words: str = "Здравствуйте!") -> models.SmsMessage:
    message = ask(session, make_card(session), make_template(session, words), now)
    session.commit()
    return message


def send(session: Session, now: datetime = NOON) -> str:
    return sms_sending.send_next(session, KEYS, now)


def poll(session: Session, now: datetime) -> dict[str, int]:
    return sms_sending.poll(session, KEYS, now)


def test_a_message_goes_out_and_its_delivery_is_known(app, session, smsc):
    make_gateway(session, smsc.url, sender="PROZVON")
    message = asked(session)
    assert send(session) == "sent" and send(session) == ""
    assert (message.state, message.cost, message.sent_at) == ("sent", Decimal(3), NOON)
    assert poll(session, NOON)["asked"] == 0, "not at once"
    assert poll(session, NOON + timedelta(seconds=20)) == {"asked": 1, "changed": 1, "silent": 0}
    session.refresh(message)
    assert message.state == "delivered" and message.done_at is not None
    assert poll(session, NOON + timedelta(days=1))["asked"] == 0


def test_a_lost_answer_is_asked_after_and_nothing_is_sent_again(app, session, smsc):
    make_gateway(session, smsc.url)
    message = asked(session)
    smsc.script = ["lost"]
    assert send(session) == "sent" and send(session, NOON + timedelta(hours=1)) == ""
    poll(session, NOON + timedelta(minutes=1))
    session.refresh(message)
    assert message.state == "delivered" and len(smsc.world.taken) == 1


def test_without_an_id_of_ours_a_lost_answer_leaves_the_message_unknown(app, session):
    fake = FakeSmsRu()
    with running(Plain(fake)) as server:
        make_gateway(session, server.url, kind="smsru", secrets={"api_id": fake.api_id})
        message = asked(session)
        fake.script = [(502, "<html>")]
        assert send(session) == "unknown"
        assert send(session, NOON + timedelta(days=1)) == "" and fake.taken == {}
    assert (message.state, message.trouble) == ("unknown", "sms_answer_lost")


def test_one_that_died_between_sending_and_writing_down_is_never_followed_by_a_second_message(app, session, smsc):
    make_gateway(session, smsc.url)
    message = asked(session)
    claimed = sms_sending._claim(session, NOON)
    assert isinstance(claimed, tuple)
    gateway = sms_sending.gateway_of(claimed[1], KEYS)
    out = sms_sending.Message(str(message.id), message.phone, message.text, "")
    message.ref = gateway.ref_of(out)
    session.commit()
    gateway.send(out)  # and here the power goes
    assert sms_sending.recover(session, NOON + timedelta(seconds=60)) == 0, "it may still be at it"
    assert send(session, NOON + timedelta(seconds=60)) == ""
    late = NOON + sms_sending.LEASE + timedelta(seconds=1)
    assert sms_sending.recover(session, late) == 1
    assert send(session, late) == "" and len(smsc.world.taken) == 1
    poll(session, late)
    session.refresh(message)
    assert message.state == "delivered"


def test_one_that_died_before_sending_is_sent_once_the_gateway_surely_has_not_got_it(app, session, smsc):
    make_gateway(session, smsc.url)
    message = asked(session)
    claimed = sms_sending._claim(session, NOON)
    assert isinstance(claimed, tuple)
    message.ref = f"{message.phone}:{message.id}"
    session.commit()
    late = NOON + sms_sending.LEASE + timedelta(seconds=1)
    sms_sending.recover(session, late)
    poll(session, late)
    session.refresh(message)
    assert message.state == "sent", "a slow gateway gets time"
    later = late + sms_sending.SETTLES + timedelta(minutes=1)
    poll(session, later)
    session.refresh(message)
    assert message.state == "waiting"
    assert send(session, later) == "sent" and len(smsc.world.taken) == 1


def test_when_one_gateway_refuses_the_next_one_sends(app, session, smsc):
    first = make_gateway(session, smsc.url, position=1)
    with running(FakeSmsc()) as other:
        second = make_gateway(session, other.url, position=2)
        message = asked(session)
        smsc.script = [{"error": "denied", "error_code": 6}]
        assert send(session) == "later" and send(session) == "sent"
        assert (message.gateway_id, len(other.world.taken), len(smsc.world.taken)) == (second.id, 1, 0)
    assert first.closed_until is None, "the text was refused, the account is well"


def test_an_account_without_money_rests_and_says_so(app, session, smsc):
    first = make_gateway(session, smsc.url, position=1)
    with running(FakeSmsc()) as other:
        make_gateway(session, other.url, position=2)
        asked(session)
        smsc.world.balance = 0.0
        assert send(session) == "later" and send(session) == "sent"
    assert first.trouble == "sms_no_money" and first.closed_until == NOON + sms_sending.REST


def test_when_every_gateway_refuses_the_message_has_failed_with_its_reason(app, session, smsc):
    make_gateway(session, smsc.url)
    message = asked(session)
    smsc.script = [{"error": "denied", "error_code": 6}]
    assert send(session) == "later" and send(session) == "failed"
    assert (message.state, message.trouble) == ("failed", "sms_text")


def test_a_gateway_that_is_down_loses_nothing(app, session):
    make_gateway(session, "http://127.0.0.1:9")
    message = asked(session)
    assert send(session) == "later" and send(session) == "later" and message.state == "waiting"
    assert message.next_at > NOON


def test_a_number_stopped_meanwhile_gets_nothing(app, session, smsc):
    make_gateway(session, smsc.url)
    message = asked(session)
    stop_list.add(session, message.phone, reason="manual", actor_id=None, now=NOON)
    session.commit()
    assert send(session) == "cancelled" and smsc.asked == []


def test_what_comes_due_in_the_night_waits_for_the_morning(app, session, smsc):
    make_gateway(session, smsc.url)
    message = asked(session, NIGHT)
    assert send(session, NIGHT) == ""
    message.next_at = NIGHT  # as when a gateway has let it down in the evening
    session.commit()
    assert send(session, NIGHT) == "later" and smsc.asked == []
    assert send(session, NIGHT + timedelta(hours=10)) == "sent"


def test_a_report_never_goes_back(app, session, smsc):
    row = make_gateway(session, smsc.url)
    message = asked(session)
    send(session)
    for state, changed in (("delivered", 1), ("delivered", 0), ("sent", 0), ("failed", 0), ("absent", 0)):
        told = [Report(message.ref, state, NOON, "")]
        assert sms_sending.apply_reports(session, row.id, told, NOON + timedelta(hours=1)) == changed, state
    session.refresh(message)
    assert message.state == "delivered"


def test_one_gateway_cannot_speak_for_another(app, session, smsc):
    make_gateway(session, smsc.url)
    stranger = make_gateway(session, smsc.url, is_enabled=False)
    message = asked(session)
    send(session)
    assert sms_sending.apply_reports(session, stranger.id, [Report(message.ref, "delivered", None, "")], NOON) == 0


def test_the_lead_in_the_crm_is_told(app, session, smsc):
    from tests.crm.connections import make_connection

    make_connection(session, "webhook", {"secret": "x" * 32}, options={"url": "https://crm.example.test/"})
    make_gateway(session, smsc.url)
    message = asked(session)
    status = session.query(models.Status).filter_by(code="inspection").one()
    card: Any = session.get(models.Card, message.card_id)
    from app.services import leads

    leads.enqueue(session, card, status.id, actor_id=None)
    session.commit()
    send(session)
    pushes = session.query(models.CrmPush).filter(models.CrmPush.what == f"sms:{message.id}").all()
    assert [push.body["text"] for push in pushes] == [message.text]


def test_asking_becomes_rarer_and_ends(app, session, smsc):
    make_gateway(session, smsc.url)
    asked(session)
    send(session)
    smsc.world.delivery_s = 1e9
    now, n = NOON, 0
    while now < NOON + timedelta(days=5):
        n += poll(session, now)["asked"]
        now += timedelta(minutes=5)
    assert 40 < n < 160, n
    assert messages(session)[0].state not in FINAL
