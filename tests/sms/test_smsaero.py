"""SMS Aero against a server that speaks like it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from decimal import Decimal

import pytest

from app.sms import AnswerLost, Message, Permanent
from app.sms._http import Door
from app.sms.smsaero import SmsAero
from tests.crm.servers import HTML, Plain, running
from tests.sms.servers import FakeAero

MESSAGE = Message("417", "79160001122", "Добрый день", "PROZVON")
WORD = "Basic " + base64.b64encode(b"people@example.test:key").decode()


@pytest.fixture
def fake() -> FakeAero:
    return FakeAero(WORD)


@pytest.fixture
def gateway(fake) -> Iterator[SmsAero]:
    with running(Plain(fake)) as server:
        yield SmsAero("people@example.test", "key", server.url, door=Door(allow_private=True, timeout_s=1.0))


def test_a_message_goes_out_and_its_delivery_is_told(fake, gateway):
    sent = gateway.send(MESSAGE)
    assert (sent.ref, sent.cost) == ("12345", Decimal("5.49")) and fake.taken[0]["sign"] == "PROZVON"
    [report] = gateway.reports([sent.ref])
    assert (report.ref, report.state) == ("12345", "delivered") and gateway.balance() == Decimal("337.03")


@pytest.mark.parametrize(
    ("answer", "ours"),
    [({"success": False, "message": "Validation error: sign"}, "sms_sender"),
     ({"result": "no credits"}, "sms_no_money"), ({"result": "reject", "reason": "number"}, "sms_phone"),
     ({"result": "reject", "reason": "…"}, "sms_refused")],
)  # fmt: skip
def test_a_refusal_of_any_shape_comes_in_our_words(fake, gateway, answer, ours):
    fake.script = [(200, answer)]
    with pytest.raises(Permanent) as told:
        gateway.send(MESSAGE)
    assert told.value.code == ours


@pytest.mark.parametrize("temper", ["lost", (502, HTML), (200, HTML)])
def test_without_a_readable_answer_it_stays_open_whether_the_message_is_out(fake, gateway, temper):
    fake.script = [temper]
    with pytest.raises(AnswerLost):
        gateway.send(MESSAGE)


def test_a_key_that_is_no_longer_good_is_told(gateway):
    gateway.api_key = "old"
    with pytest.raises(Permanent) as told:
        gateway.send(MESSAGE)
    assert told.value.code == "sms_auth"


def test_a_callback_is_read_and_junk_is_refused(gateway):
    [report] = gateway.read_callback(b'{"id": 12345, "status": 2}')
    assert (report.ref, report.state, report.trouble) == ("12345", "failed", "sms_unreachable")
    for junk in (b"", b"[]", b"{}", b'{"id": 1, "status": 99}', b'{"id": null, "status": 1}', b"[" * 100_000):
        with pytest.raises(ValueError):
            gateway.read_callback(junk)
