"""SMPP against a message centre on loopback."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.sms import AnswerLost, Message, Permanent, Temporary
from app.sms.smpp import Smpp
from tests.crm.servers import running
from tests.sms.servers import FakeSmpp

MESSAGE = Message("417", "79160001122", "Добрый день", "PROZVON")


@pytest.fixture
def centre() -> Iterator[FakeSmpp]:
    with running(FakeSmpp()) as server:
        yield server


@pytest.fixture
def gateway(centre) -> Smpp:
    return Smpp("127.0.0.1", centre.port, "demo", "secret", allow_private=True, timeout_s=0.5)


def test_a_message_is_submitted_and_its_receipt_taken_and_acknowledged(centre, gateway):
    sent = gateway.send(MESSAGE)
    assert (sent.ref, sent.parts) == ("m1", 1) and "Добрый день".encode("utf-16-be") in centre.taken[0]
    [report] = gateway.reports([sent.ref])
    assert (report.ref, report.state, report.trouble) == ("m1", "delivered", "")
    assert report.at is not None and report.at.minute == 1
    assert centre.acknowledged == 1 and gateway.reports([sent.ref]) == []


def test_an_answer_of_a_person_comes_along_with_the_receipts(centre, gateway):
    sent = gateway.send(MESSAGE)
    centre.receipts.append("Стоп".encode("utf-16-be"))
    assert [one.ref for one in gateway.reports([sent.ref])] == [sent.ref]
    assert [(one.phone, one.text) for one in gateway.heard] == [("79160000000", "Стоп")]
    assert gateway.reports([]) == [] and gateway.heard == []


def test_a_long_message_goes_out_in_parts(centre, gateway):
    assert gateway.send(Message("1", "79160001122", "ы" * 71, "PROZVON")).parts == 2 == len(centre.taken)


@pytest.mark.parametrize(("sender", "kind"), [("PROZVON", 5), ("79160000000", 1)])
def test_the_sender_is_told_to_be_a_name_or_a_number(centre, gateway, sender, kind):
    gateway.send(Message("1", "79160001122", "Добрый день", sender))
    assert centre.taken[0][:2] == bytes([0, kind])


@pytest.mark.parametrize(("status", "ours"), [(0x0B, "sms_phone"), (0x45, "sms_unroutable"), (0x33, "sms_refused")])
def test_refusals_come_in_our_words(centre, gateway, status, ours):
    centre.script = [status]
    with pytest.raises(Permanent) as told:
        gateway.send(MESSAGE)
    assert told.value.code == ours and not centre.taken


def test_a_throttled_message_is_tried_again_later(centre, gateway):
    centre.script = [0x58]
    with pytest.raises(Temporary) as told:
        gateway.send(MESSAGE)
    assert told.value.retry_after == 5


def test_a_lost_answer_or_a_part_refused_after_another_leaves_it_open(centre, gateway):
    centre.script = ["lost"]
    with pytest.raises(AnswerLost):
        gateway.send(MESSAGE)
    centre.script = [0, 0x58]
    with pytest.raises(AnswerLost):
        gateway.send(Message("1", "79160001122", "ы" * 71, "PROZVON"))


def test_a_wrong_password_and_an_absent_centre_are_told_apart(centre, gateway):
    assert gateway.balance() is None
    gateway.password = "wrong"
    with pytest.raises(Permanent):
        gateway.balance()
    with pytest.raises(Permanent) as told:
        gateway.send(MESSAGE)
    assert told.value.code == "sms_auth"
    gateway.port = 1
    with pytest.raises(Temporary):
        gateway.send(MESSAGE)


def test_an_address_inside_the_house_is_refused_unless_the_deployment_allows_it(centre, gateway):
    gateway.allow_private = False
    with pytest.raises(Permanent) as told:
        gateway.send(MESSAGE)
    assert told.value.code == "sms_address_private" and not centre.taken
