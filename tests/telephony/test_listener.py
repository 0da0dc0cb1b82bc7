"""The telephony process on a real Asterisk: orders become calls, calls become true rows, whoever goes away."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.databases import Server
from tests.telephony.a_phone import Phone
from tests.telephony.gateway import House, listening
from tests.telephony.lab import PASSWORD, Lab, wait_for

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


# --- what is asked of a live call


@pytest.fixture
def colleague(house: House) -> Iterator[Phone]:
    """A telephone with a tone of its own, so that who has got the talk can be heard."""
    with Phone("op61", 1000) as phone:
        house.lab.add_realtime(phone.name, contact=phone.contact)
        yield phone


def test_a_call_given_up_before_the_operator_answers_is_cancelled(house: House) -> None:
    with Phone("op62", 500, answers=None) as phone, listening(house):
        house.lab.add_realtime(phone.name, contact=phone.contact)
        house.lab.sql("UPDATE phone_account SET extension = 'op62'")
        link = house.ask_call(ANSWERS)
        house.wait_state(link, "operator_ringing")
        assert phone.invited["x-pz-call"] == link and "answer-after=0" in phone.invited["call-info"]
        assert house.order_end(house.order(link, "hangup")) == ""
        call = house.wait_state(link, "ended")
        assert (call["outcome"], call["answered_at"]) == ("cancelled", None)


def test_a_talk_is_handed_to_a_colleague_and_goes_on_under_the_same_name(house: House, colleague: Phone) -> None:
    with listening(house):
        link = house.ask_call(ANSWERS)
        house.wait_state(link, "talking")
        assert house.order_end(house.order(link, "transfer", '{"extension": "op61"}')) == ""
        wait_for(lambda: colleague.state == "talking" and colleague.loudness(600) > 2500)
        assert colleague.invited["x-pz-call"] == link
        assert house.call(link)["state"] == "talking"
        assert house.order_end(house.order(link, "hangup")) == ""
        wait_for(lambda: colleague.state == "idle")
        assert house.wait_state(link, "ended")["outcome"] == "answered"


def test_a_supervisor_listens_and_then_takes_the_talk_over(house: House, colleague: Phone) -> None:
    with listening(house):
        link = house.ask_call(ANSWERS)
        house.wait_state(link, "talking")
        assert house.order_end(house.order(link, "listen", '{"extension": "op61"}')) == ""
        wait_for(lambda: colleague.state == "talking" and colleague.loudness(600) > 2500)
        colleague.hang_up()
        wait_for(lambda: colleague.state == "idle")
        assert house.order_end(house.order(link, "take_over", '{"extension": "op61"}')) == ""
        wait_for(lambda: colleague.state == "talking" and colleague.loudness(600) > 2500)
        names = [row[0] for row in house.lab.sql("SELECT name FROM call_event ORDER BY at")]
        assert "SpyStarted" in names and "SpyStopped" in names
        assert house.order_end(house.order(link, "hangup")) == ""
        house.wait_state(link, "ended")


def test_keys_are_pressed_in_a_talk(house: House) -> None:
    with listening(house):
        link = house.ask_call(ANSWERS)
        house.wait_state(link, "talking")
        assert house.order_end(house.order(link, "dtmf", '{"digits": "12#"}')) == ""
        assert house.order_end(house.order(link, "dtmf", '{"digits": "1,2"}')) == "order_wrong"
        house.order(link, "hangup")
        house.wait_state(link, "ended")


def test_a_telephone_is_tried_and_what_is_wrong_with_it_is_said(house: House, colleague: Phone) -> None:
    with listening(house):
        assert house.order_end(house.order(None, "check", '{"extension": "op61"}')) == ""
        colleague.hang_up()
        assert house.order_end(house.order(None, "check", '{"extension": "op98"}')) == "phone_not_registered"


def test_a_telephone_that_is_not_there_ends_the_call_at_once_with_its_reason(house: House) -> None:
    house.lab.sql("UPDATE phone_account SET extension = 'op98'")
    with listening(house):
        call = house.wait_state(house.ask_call(ANSWERS), "ended", 5)
        assert (call["outcome"], call["trouble"]) == ("failed", "phone_not_registered")


def test_the_state_of_a_telephone_reaches_its_row(house: House) -> None:
    with listening(house):
        link = house.ask_call(ANSWERS)
        state = "SELECT device_state FROM phone_account"
        wait_for(lambda: house.lab.sql(state)[0][0] in ("busy", "inuse"))
        house.wait_state(link, "talking")
        house.order(link, "hangup")
        wait_for(lambda: house.lab.sql(state)[0][0] not in ("busy", "inuse"))


def test_a_seller_who_rings_us_gets_the_operator_who_is_ready(house: House) -> None:
    with Phone("op63", 440) as phone, listening(house):
        house.lab.add_realtime(phone.name)
        house.lab.sql("UPDATE phone_account SET extension = 'op63'")
        house.lab.sql("UPDATE operator_profile SET presence = 'ready' WHERE user_id = %s", house.operator)
        phone.register(house.lab.sip_port, PASSWORD)
        wait_for(lambda: house.lab.sql("SELECT device_state FROM phone_account")[0][0] == "not_inuse", 15)
        before = house.lab.sql("SELECT COALESCE(max(id), 0) FROM call")[0][0]  # other tests have had their callers
        house.lab.call_in("79120001234", "79010000101", talk_ms=2000)
        arrived = "SELECT link FROM call WHERE type = 'incoming' AND id > %s"
        link = wait_for(lambda: house.lab.sql(arrived, before))[0][0]
        call = house.wait_state(link, "ended")
        assert call["answered_at"] and call["outcome"] == "answered" and abs(call["talk_ms"] - 2000) < 1000
        assert phone.invited["x-pz-call"] == link
