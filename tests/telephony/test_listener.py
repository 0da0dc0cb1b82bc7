"""The telephony process on a real Asterisk: orders become calls, calls become true rows, whoever goes away."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.databases import Server
from tests.telephony.gateway import House, listening
from tests.telephony.lab import Lab, wait_for

pytestmark = pytest.mark.asterisk

ANSWERS, HANGS_UP, BUSY = "79000000055", "79000000099", "79000000086"


@pytest.fixture
def house(asterisk_lab: Lab, server: Server) -> Iterator[House]:
    asterisk_lab.add_phone("op1")
    yield House(asterisk_lab, server.settings(asterisk_lab.url))


def test_an_asked_call_rings_the_operator_and_then_the_seller_and_ends_true(house: House) -> None:
    with listening(house):
        link = house.ask_call(HANGS_UP)
        talk = house.wait_state(link, "talking")
        assert talk["sent_at"] < talk["operator_up_at"] < talk["ringing_at"] < talk["answered_at"]
        call = house.wait_state(link, "ended")
        assert (call["outcome"], call["trouble"], call["recording"]) == ("answered", "", f"{link}.wav")
        assert abs(call["talk_ms"] - 3000) <= 100


def test_a_busy_seller_is_told_as_busy(house: House) -> None:
    with listening(house):
        call = house.wait_state(house.ask_call(BUSY), "ended")
        assert (call["outcome"], call["talk_ms"]) == ("busy", None)


def test_a_call_is_ended_from_the_desk(house: House) -> None:
    with listening(house):
        link = house.ask_call(ANSWERS)
        house.wait_state(link, "talking")
        assert house.order_end(house.order(link, "hangup")) == ""
        assert house.wait_state(link, "ended")["outcome"] == "answered"
        assert house.order_end(house.order(link, "hangup")) == "call_over"


def test_a_word_that_was_lost_is_made_up_for_by_looking(house: House) -> None:
    with listening(house):
        link = house.lab.sql(
            """INSERT INTO call (type, asterisk_id, trunk_id, phone, operator_id)
               VALUES ('individual', %s, %s, %s, %s) RETURNING link""",
            house.id, house.trunk, BUSY, house.operator,
        )[0][0]  # fmt: skip
        assert house.wait_state(link, "ended", 15)["outcome"] == "busy"
    assert time.monotonic() and wait_for(lambda: house.state() == ("down", ""))
