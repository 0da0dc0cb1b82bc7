"""MTS Exolve against a server that speaks like it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.sms import AnswerLost, Message, Permanent
from app.sms._http import Door
from app.sms.exolve import Exolve
from tests.crm.servers import HTML, Plain, running
from tests.sms.servers import FakeExolve

MESSAGE = Message("417", "79160001122", "Добрый день", "PROZVON")


@pytest.fixture
def fake() -> FakeExolve:
    return FakeExolve("key")


@pytest.fixture
def gateway(fake) -> Iterator[Exolve]:
    with running(Plain(fake)) as server:
        yield Exolve("key", server.url, Door(allow_private=True, timeout_s=1.0))


def test_a_message_goes_out(fake, gateway):
    assert gateway.send(MESSAGE).ref == "439166538242090001"
    assert fake.taken == [{"number": "PROZVON", "destination": "79160001122", "text": "Добрый день"}]


def test_an_expired_key_is_told(fake, gateway):
    fake.key = "new"
    with pytest.raises(Permanent) as told:
        gateway.send(MESSAGE)
    assert told.value.code == "sms_auth" and not fake.taken


@pytest.mark.parametrize("temper", ["lost", (502, HTML), (200, HTML), (200, {})])
def test_without_a_readable_answer_it_stays_open_whether_the_message_is_out(fake, gateway, temper):
    fake.script = [temper]
    with pytest.raises(AnswerLost):
        gateway.send(MESSAGE)


def test_a_callback_is_read_and_junk_is_refused(gateway):
    [report] = gateway.read_callback(b'{"event_id": "e", "message_id": "43", "status": "UNDELIVERED"}')
    assert (report.ref, report.state, report.trouble) == ("43", "failed", "sms_unreachable")
    for junk in (b"", b"[]", b"{}", b'{"message_id": "4", "status": "?"}', b'{"status": "sent"}'):
        with pytest.raises(ValueError):
            gateway.read_callback(junk)
