"""SMSC.ru against a server that speaks like it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest

from app.demo.sms import LOGIN, PASSWORD
from app.sms import AnswerLost, Message, Permanent, Temporary
from app.sms._http import Door
from app.sms.smsc import Smsc, own_id
from tests.crm.servers import running
from tests.sms.servers import FakeSmsc

MESSAGE = Message("417", "79160001122", "Добрый день", "PROZVON")


@pytest.fixture
def server() -> Iterator[FakeSmsc]:
    with running(FakeSmsc()) as made:
        yield made


@pytest.fixture
def gateway(server) -> Smsc:
    return Smsc(login=LOGIN, password=PASSWORD, url=server.url, door=Door(allow_private=True, timeout_s=1.0))


def test_a_message_goes_out_under_our_own_id_and_its_delivery_is_told(server, gateway):
    sent = gateway.send(MESSAGE)
    assert (sent.ref, sent.parts, sent.cost) == ("79160001122:417", 1, Decimal(3))
    assert server.asked[0][1]["id"] == "417" and server.asked[0][1]["charset"] == "utf-8"
    [report] = gateway.reports([sent.ref])
    assert (report.ref, report.state, report.trouble) == (sent.ref, "delivered", "") and report.at is not None
    assert gateway.balance() == Decimal(997)


def test_after_a_lost_answer_the_message_is_found_by_our_id(server, gateway):
    server.script = ["lost"]
    with pytest.raises(AnswerLost):
        gateway.send(MESSAGE)
    [report] = gateway.reports([gateway.ref_of(MESSAGE)])
    assert report.state == "delivered" and len(server.world.taken) == 1


@pytest.mark.parametrize("temper", ["html", 1.5])
def test_a_page_instead_of_an_answer_or_silence_leaves_open_whether_it_is_out(server, gateway, temper):
    server.script = [temper]
    with pytest.raises(AnswerLost):
        gateway.send(MESSAGE)


def test_a_message_that_never_arrived_is_said_to_be_absent(gateway):
    assert gateway.reports(["79160001122:9"])[0].state == "absent"


@pytest.mark.parametrize(
    ("code", "ours"), [(2, "sms_auth"), (3, "sms_no_money"), (6, "sms_text"), (7, "sms_phone"), (8, "sms_unroutable"),
                       (77, "sms_refused")],
)  # fmt: skip
def test_refusals_come_in_our_words(server, gateway, code, ours):
    server.script = [{"error": "…", "error_code": code}]
    with pytest.raises(Permanent) as told:
        gateway.send(MESSAGE)
    assert told.value.code == ours


def test_a_blocked_address_is_waited_for(server, gateway):
    server.script = [{"error": "…", "error_code": 4}]
    with pytest.raises(Temporary) as told:
        gateway.send(MESSAGE)
    assert told.value.retry_after == 600


def test_a_repeated_message_is_asked_after_and_not_taken_for_one_that_never_went(server, gateway):
    sent = gateway.send(MESSAGE)
    with pytest.raises(AnswerLost):
        gateway.send(MESSAGE)
    assert gateway.reports([sent.ref])[0].state == "delivered" and len(server.world.taken) == 1


def test_no_server_at_all_means_that_nothing_is_out(gateway):
    gateway.url = "http://127.0.0.1:1"
    with pytest.raises(Temporary):
        gateway.send(MESSAGE)


def test_an_address_inside_the_house_is_refused_unless_the_deployment_allows_it(server, gateway):
    gateway.door = Door(allow_private=False)
    with pytest.raises(Permanent) as told:
        gateway.send(MESSAGE)
    assert told.value.code == "sms_address_private" and not server.asked


def test_a_callback_is_read_and_junk_is_refused(gateway):
    [report] = gateway.read_callback(b"id=417&phone=79160001122&status=20&err=6&ts=1763888400")
    assert (report.ref, report.state, report.trouble) == ("79160001122:417", "failed", "sms_unreachable")
    for junk in (b"", b"\xff\xfe", b"id=x&phone=79160001122&status=1", b"id=1&phone=79160001122&status=555"):
        with pytest.raises(ValueError):
            gateway.read_callback(junk)


def test_any_of_our_ids_becomes_one_that_the_gateway_takes_and_stays_the_same():
    for link in ("417", "0", "99999999999", "a2c4-uuid", "٣"):
        assert 1 <= own_id(link) <= 2**31 - 1 and own_id(link) == own_id(link)
    assert own_id("417") == 417 and own_id("a") != own_id("b")


def test_one_question_that_fails_takes_nothing_from_the_other_messages(server, gateway):
    refs = [gateway.send(Message(str(n), "79160001122", "Добрый день", "")).ref for n in (1, 2, 3)]
    server.script = [{"error": "parameters error", "error_code": 1}, "html"]
    assert [one.ref for one in gateway.reports(refs)] == refs[2:]
    server.script = [{"error": "authorise error", "error_code": 2}]
    with pytest.raises(Permanent):
        gateway.reports(refs)
    server.script, server.asked = ["html"] * 9, []
    with pytest.raises(Temporary):
        gateway.reports(refs * 3)
    assert len(server.asked) == 3, "a gateway that is down is left alone"
