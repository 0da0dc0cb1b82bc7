"""Messages on their way: once each, however the gateway answers and whoever dies in between."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app import models
from app.database import sqlalchemy_url
from app.demo.sms import LOGIN, PASSWORD
from app.services import sms_reports, sms_sending, stop_list
from app.services.secrets_box import seal
from app.services.sms_sending import FINAL
from app.sms import Report
from tests.crm.servers import Plain, running
from tests.services.test_sms import NIGHT, NOON, ask, make_card, messages
from tests.sms.gateways import KEYS, make_gateway, make_template
from tests.sms.servers import FakeSmsc, FakeSmsRu

ROOT = Path(__file__).resolve().parents[2]


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
    return sms_reports.poll(session, KEYS, now)


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
    later = late + sms_reports.SETTLES + timedelta(minutes=1)
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
        assert sms_reports.apply_reports(session, row.id, told, NOON + timedelta(hours=1)) == changed, state
    session.refresh(message)
    assert message.state == "delivered"


def test_one_gateway_cannot_speak_for_another(app, session, smsc):
    make_gateway(session, smsc.url)
    stranger = make_gateway(session, smsc.url, is_enabled=False)
    message = asked(session)
    send(session)
    assert sms_reports.apply_reports(session, stranger.id, [Report(message.ref, "delivered", None, "")], NOON) == 0


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


def test_a_report_that_comes_before_the_answer_stays(own_database, app):
    engine = create_engine(sqlalchemy_url(own_database))

    class Hasty(FakeSmsc):
        def answer(self, page: str, told: dict[str, str]) -> Any:
            done = super().answer(page, told)
            with Session(engine) as own:
                told_by = [Report(f"{told['phones']}:{told['id']}", "delivered", NOON, "")]
                assert sms_reports.apply_reports(own, 1, told_by, NOON) == 1
                own.commit()
            return done

    with running(Hasty()) as server, Session(engine) as session:
        make_gateway(session, server.url, id=1)
        message = asked(session)
        assert send(session) == "sent"
        assert (message.state, message.cost, message.done_at) == ("delivered", Decimal(3), NOON)
    engine.dispose()


def test_who_was_taken_for_dead_does_not_undo_what_others_found_out(own_database, app):
    """A worker stands still for longer than its lease, in the middle of a sending that the gateway then refuses."""
    engine = create_engine(sqlalchemy_url(own_database))
    late = NOON + sms_sending.LEASE + timedelta(seconds=1)

    class Slow(FakeSmsc):
        def answer(self, page: str, told: dict[str, str]) -> Any:
            with Session(engine) as own:
                assert sms_sending.recover(own, late) == 1
                told_by = [Report(f"{told['phones']}:{told['id']}", "delivered", late, "")]
                sms_reports.apply_reports(own, 1, told_by, late)
                own.commit()
            return {"error": "denied", "error_code": 6}

    with running(Slow()) as server, Session(engine) as session:
        make_gateway(session, server.url, id=1)
        message = asked(session)
        assert send(session) == "later"
        session.refresh(message)
        assert message.state == "delivered"
    engine.dispose()


def test_two_workers_send_every_message_once(own_database, app, smsc):
    engine = create_engine(sqlalchemy_url(own_database))
    with Session(engine) as session:
        make_gateway(session, smsc.url)
        for n in range(24):
            session.add(models.SmsMessage(phone=f"791600011{n:02}", text="Здравствуйте!", ground="command",
                                          created_at=NOON, next_at=NOON))  # fmt: skip
        session.commit()
    told: list[str] = []

    def work() -> None:
        with Session(engine) as own:
            while word := send(own):
                told.append(word)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert told == ["sent"] * 24 and len(smsc.asked) == len(smsc.world.taken) == 24
    engine.dispose()


def test_a_sender_that_is_killed_while_the_gateway_answers_has_sent_once(own_database, app, server, smsc):
    engine = create_engine(sqlalchemy_url(own_database))
    with Session(engine) as session:
        sealed = seal({"login": LOGIN, "password": PASSWORD}, server.settings(own_database).secret_key)
        make_gateway(session, smsc.url).secrets = sealed
        session.add_all([models.Setting(name="sms_hours_from", value=0), models.Setting(name="sms_hours_to", value=24)])
        session.add(models.SmsMessage(phone="79160001122", text="Здравствуйте!", ground="command"))
        session.commit()
        smsc.script = [30.0]
        command = [sys.executable, "run.py", "sms", "send"]
        environment = os.environ | server.environment(own_database)
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as sender:
            while not smsc.world.taken:
                assert sender.poll() is None, "it must be killed, not end"
                time.sleep(0.02)
            sender.kill()
        message = messages(session)[0]
        assert message.state == "sending"
        message.next_at = datetime.now(UTC) - timedelta(seconds=1)  # its time is over
        session.commit()
        subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=60, stdout=subprocess.DEVNULL)
        poll_now = [*command[:-1], "poll"]
        subprocess.run(poll_now, cwd=ROOT, env=environment, check=True, timeout=60, stdout=subprocess.DEVNULL)
        session.refresh(message)
        assert message.state == "delivered"
        assert [page for page, _ in smsc.asked].count("send.php") == len(smsc.world.taken) == 1
    engine.dispose()


def test_an_answer_that_stays_lost_ends_as_unknown_and_not_as_sent(app, session, smsc):
    make_gateway(session, smsc.url)
    message = asked(session)
    smsc.script = ["html"]
    send(session)
    smsc.script = ["html"] * 10
    poll(session, NOON + sms_reports.ASK_FOR + timedelta(minutes=1))
    session.refresh(message)
    assert message.state == "unknown" and message.sent_at is not None


def test_a_message_that_the_gateway_has_confirmed_is_not_sent_again_when_it_forgets_it(app, session, smsc):
    row = make_gateway(session, smsc.url)
    message = asked(session)
    smsc.script = [{"id": 1, "cnt": 1}]  # no word on money
    assert send(session) == "sent" and message.cost is None
    forgot = [Report(message.ref, "absent", None, "")]
    assert sms_reports.apply_reports(session, row.id, forgot, NOON + timedelta(days=1)) == 0
    assert message.state == "sent"


def test_a_gateway_that_was_switched_off_is_still_asked_about_what_it_has_sent(app, session, smsc):
    row = make_gateway(session, smsc.url)
    asked(session)
    send(session)
    row.is_enabled = False
    session.commit()
    assert poll(session, NOON + timedelta(minutes=1))["changed"] == 1


def test_money_that_has_run_out_stays_the_reason_until_there_is_some(app, session, smsc):
    row = make_gateway(session, smsc.url)
    asked(session)
    smsc.world.balance = 0.0
    send(session)
    sms_reports.refresh_balance(session, row, KEYS, NOON)
    assert row.balance == 0 and row.trouble == "sms_no_money" and row.closed_until is not None
    smsc.world.balance = 500.0
    sms_reports.refresh_balance(session, row, KEYS, NOON)
    assert (row.balance, row.trouble, row.closed_until) == (500, "", None)


def test_a_gateway_that_gave_no_answer_is_asked_again_in_a_minute(app, session):
    fake = FakeSmsRu()
    with running(Plain(fake)) as server:
        make_gateway(session, server.url, kind="smsru", secrets={"api_id": fake.api_id})
        message = asked(session)
        assert send(session) == "sent"
        late = NOON + timedelta(hours=2)
        fake.script = [(502, "<html>")]
        assert poll(session, late)["silent"] == 1
        assert poll(session, late + sms_reports.SILENCE)["changed"] == 1
        session.refresh(message)
        assert message.state == "delivered"


def test_messages_that_a_gateway_left_unanswered_are_asked_after_in_a_minute(app, session, smsc):
    make_gateway(session, smsc.url)
    for phone in ("79160001122", "79160001133"):
        ask(session, make_card(session, phone), make_template(session), NOON)
    session.commit()
    assert send(session) == send(session) == "sent"
    late = NOON + timedelta(hours=2)
    smsc.script = ["html"]
    assert poll(session, late)["changed"] == 1
    assert poll(session, late + sms_reports.SILENCE)["changed"] == 1
