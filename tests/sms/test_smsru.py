"""SMS.ru against a server that speaks like it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import urlencode

import pytest

from app.sms import AnswerLost, Message, Permanent, Temporary
from app.sms._http import Door
from app.sms.smsru import SmsRu
from tests.crm.servers import HTML, Plain, running
from tests.sms.servers import FakeSmsRu

MESSAGE = Message("417", "79160001122", "Добрый день", "PROZVON")


@pytest.fixture
def fake() -> FakeSmsRu:
    return FakeSmsRu()


@pytest.fixture
def gateway(fake) -> Iterator[SmsRu]:
    with running(Plain(fake)) as server:
        yield SmsRu(api_id=fake.api_id, url=server.url, door=Door(allow_private=True, timeout_s=1.0))


def test_a_message_goes_out_and_its_delivery_is_told(fake, gateway):
    sent = gateway.send(MESSAGE)
    assert sent.cost == Decimal("3.10") and list(fake.taken) == [sent.ref]
    assert [(one.ref, one.state) for one in gateway.reports([sent.ref])] == [(sent.ref, "delivered")]
    assert gateway.balance() == Decimal("4122.56")


def test_nothing_found_is_a_list_over_there(gateway):
    assert gateway.reports(["000000-1"]) == [] == gateway.reports([])


@pytest.mark.parametrize(
    ("code", "ours"), [(201, "sms_no_money"), (202, "sms_phone"), (204, "sms_sender"), (209, "sms_stop_list"),
                       (230, "sms_limit"), (232, "sms_repeated"), (999, "sms_refused")],
)  # fmt: skip
def test_a_number_is_refused_although_the_whole_answer_says_ok(fake, gateway, code, ours):
    fake.script = [code]
    with pytest.raises(Permanent) as told:
        gateway.send(MESSAGE)
    assert told.value.code == ours and not fake.taken


@pytest.mark.parametrize(("temper", "wait"), [(206, 3600), (220, 60), (500, 60), ((429, "", {"Retry-After": "7"}), 7)])
def test_limits_and_their_own_failures_are_waited_for(fake, gateway, temper, wait):
    fake.script = [temper]
    with pytest.raises(Temporary) as told:
        gateway.send(MESSAGE)
    assert told.value.retry_after == wait


@pytest.mark.parametrize("temper", ["lost", (502, HTML), (200, HTML), (200, {"status": "OK", "sms": []})])
def test_without_a_readable_answer_it_stays_open_whether_the_message_is_out(fake, gateway, temper):
    fake.script = [temper]
    with pytest.raises(AnswerLost):
        gateway.send(MESSAGE)


def test_a_wrong_key_is_told(gateway):
    gateway.api_id = "another"
    with pytest.raises(Permanent) as told:
        gateway.balance()
    assert told.value.code == "sms_auth"


def test_a_callback_of_several_entries_is_read_and_junk_is_refused(gateway):
    body = urlencode({"data[0]": "sms_status\n000000-1\n103\n1763888400", "data[1]": "sms_status\n000000-2\n104\n1",
                      "data[2]": "test\n1"}).encode()  # fmt: skip
    told = [(one.ref, one.state, one.trouble) for one in gateway.read_callback(body)]
    assert told == [("000000-1", "delivered", ""), ("000000-2", "expired", "sms_expired")]
    for junk in (b"", b"\xff", b"data[0]=sms_status", b"data[0]=sms_status%0A1%0Ax"):
        with pytest.raises(ValueError):
            gateway.read_callback(junk)
