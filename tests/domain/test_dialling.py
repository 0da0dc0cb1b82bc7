"""May a number be called now, and how a line wants it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.domain.dialling import Asked, Attempt, CallRules, Server, dialled, may_call_now

NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)  # noon in Moscow
MOSCOW = ZoneInfo("Europe/Moscow")
FINE = Asked("79120001234", Server("up", NOON), "idle")
RULES = CallRules((9, 20), day_cap=3, life_cap=5, gap=timedelta(minutes=2))


def code(asked: Asked, *, now: datetime = NOON, zone: str = "Europe/Moscow", rules: CallRules = RULES) -> str:
    verdict = may_call_now(asked, now=now, zone=ZoneInfo(zone), rules=rules)
    return "" if verdict.passed else verdict.reason.code


def test_a_good_number_at_noon_may_be_called() -> None:
    assert code(FINE) == ""


@pytest.mark.parametrize("phone", ["7912000123", "89120001234", "+79120001234", "79120001234&PJSIP/op2", "7٩120001234",
                                   "79120001234\n", "7912000123a", ""])  # fmt: skip
def test_what_is_not_eleven_digits_is_never_dialled(phone: str) -> None:
    assert code(replace(FINE, phone=phone)) == "number_wrong"
    with pytest.raises(ValueError):
        dialled(phone, "7")


def test_the_hours_are_those_of_the_seller() -> None:
    assert code(FINE, zone="Asia/Kamchatka") == "outside_hours"  # nine in the evening there
    assert code(FINE, zone="Asia/Yekaterinburg") == ""
    assert code(FINE, now=NOON.replace(hour=17), rules=CallRules((9, 20))) == "outside_hours"
    verdict = may_call_now(FINE, now=NOON, zone=ZoneInfo("Asia/Kamchatka"), rules=RULES)
    assert verdict.reason.args == {"time": "21:00", "low": "09:00", "high": "20:00"}


def test_the_stop_list_goes_before_the_hour() -> None:
    assert code(replace(FINE, is_stopped=True), zone="Asia/Kamchatka") == "do_not_call"


def test_tries_are_counted_by_the_sellers_day() -> None:
    tries = tuple(Attempt(NOON - timedelta(hours=n)) for n in (1, 2, 3))
    assert code(replace(FINE, attempts=tries)) == "too_many_today"
    before = tuple(Attempt(NOON - timedelta(hours=n)) for n in (1, 2, 13))  # the last one: yesterday in Moscow
    assert code(replace(FINE, attempts=before)) == ""


def test_tries_in_vain_are_counted_from_the_last_talk_on() -> None:
    vain = [Attempt(NOON - timedelta(days=n)) for n in range(1, 6)]
    assert code(replace(FINE, attempts=vain)) == "too_many_attempts"
    assert code(replace(FINE, attempts=[*vain, Attempt(NOON - timedelta(days=2, hours=1), is_answered=True)])) == ""


def test_a_pause_is_kept_after_a_try_but_not_after_a_talk() -> None:
    just = NOON - timedelta(seconds=30)
    assert code(replace(FINE, attempts=[Attempt(just)])) == "too_soon"
    assert code(replace(FINE, attempts=[Attempt(just, is_answered=True)])) == ""


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (replace(FINE, server=None), "phone_none"),
        (replace(FINE, server=Server("down", NOON)), "telephony_down"),
        (replace(FINE, server=Server("up", NOON - timedelta(seconds=16))), "telephony_down"),
        (replace(FINE, server=Server("up", None)), "telephony_down"),
        (replace(FINE, operator_in_call=True), "already_in_call"),
        (replace(FINE, device="unavailable"), "phone_not_registered"),
        (replace(FINE, number_in_call=True), "number_in_call"),
    ],
)
def test_the_machines_have_a_word_too(asked: Asked, why: str) -> None:
    assert code(asked) == why


@pytest.mark.parametrize(
    ("form", "prefix", "wanted"),
    [("7", "", "79120001234"), ("8", "", "89120001234"), ("+7", "", "+79120001234"), ("10", "", "9120001234"),
     ("7", "981", "98179120001234"), ("+7", "981", "98179120001234"), ("10", "2", "29120001234")],
)  # fmt: skip
def test_a_line_gets_the_number_as_it_wants_it(form: str, prefix: str, wanted: str) -> None:
    assert dialled("79120001234", form, prefix) == wanted
