"""The demonstration's SMS gateway: takes messages, delivers them later, shows them; one id is one message."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

from app.demo.sms import LOGIN, PASSWORD, DemoSms, SmsWorld
from tests.crm.servers import running


@pytest.fixture
def gateway() -> Iterator[DemoSms]:
    with running(DemoSms(0, SmsWorld(delivery_s=3600.0))) as server:
        yield server


def ask(gateway: DemoSms, page: str, **told: Any) -> Any:
    body = urlencode({"login": LOGIN, "psw": PASSWORD, **told}).encode()
    with urllib.request.urlopen(f"{gateway.url}/sys/{page}", body, timeout=5) as answer:
        return json.load(answer)


def test_a_message_is_on_its_way_and_then_delivered_and_both_show_on_the_page(gateway):
    assert ask(gateway, "send.php", phones="79160001122", mes="Добрый <b>день</b>", id=7)["cnt"] == 1
    assert ask(gateway, "status.php", phone="79160001122", id=7)["status"] == 0
    with urllib.request.urlopen(f"{gateway.url}/", timeout=5) as page:
        text = page.read().decode()
    assert "+79160001122" in text and "&lt;b&gt;" in text and "В пути" in text
    gateway.world.delivery_s = 0.0
    assert ask(gateway, "status.php", phone="79160001122", id=7)["status"] == 1


def test_the_same_id_is_not_sent_or_charged_again(gateway):
    ask(gateway, "send.php", phones="79160001122", mes="x" * 71, id=7)
    before = ask(gateway, "balance.php")
    assert ask(gateway, "send.php", phones="79160001122", mes="x", id=7)["error_code"] == 9
    assert ask(gateway, "balance.php") == before == {"balance": "994.00"}


def test_strange_requests_are_refused_in_the_gateways_words(gateway):
    assert ask(gateway, "send.php", phones="123", mes="x", id=1)["error_code"] == 7
    assert ask(gateway, "send.php", phones="79160001122", mes="", id=1)["error_code"] == 1
    assert ask(gateway, "status.php", phone="79160001122", id=1)["status"] == -3
    assert ask(gateway, "balance.php", psw="wrong")["error_code"] == 2
