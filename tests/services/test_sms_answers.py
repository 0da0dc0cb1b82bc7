"""Whoever answers «СТОП» to an SMS is on the stop list and gets no more, however often the gateway tells it."""

from __future__ import annotations

import contextlib
import json

import pytest
from sqlalchemy import func, select

from app import models
from app.services import sms, sms_reports, stop_list
from tests.factories import NOON
from tests.sms.gateways import KEYS, make_gateway

PHONE = "79160001122"


def told(session, row, body):
    return sms_reports.take_hook(session, row.hook_token, body, KEYS, NOON)


def is_stopped(session) -> bool:
    return stop_list.stopped(session, [PHONE], NOON) == {PHONE}


def test_stop_puts_the_number_on_the_stop_list_once(session):
    row = make_gateway(session)
    for _ in range(2):
        words, _n = told(session, row, f"phone={PHONE}&mes=СТОП!&to=79010000000".encode())
        assert words == "OK"
    assert is_stopped(session) and sms.forbidden(session, PHONE, NOON)
    assert session.scalars(select(models.DoNotCall.reason)).all() == ["sms"]
    assert session.scalar(select(func.count()).select_from(models.SmsConsent)) == 1


@pytest.mark.parametrize("answer", ["Да, продаётся", "Не стоп", "стопка денег", "", "\0"])
def test_other_answers_stop_nothing(session, answer):
    row = make_gateway(session)
    with contextlib.suppress(ValueError):  # an empty one is no answer at all, and no report either
        told(session, row, f"phone={PHONE}&mes={answer}".encode())
    assert not is_stopped(session)


def test_latin_letters_that_look_alike_and_english_words_are_understood(session):
    row = make_gateway(session)
    told(session, row, f"phone={PHONE}&mes=CTOП, надоели".encode())
    assert is_stopped(session)


def test_exolve_tells_it_as_json_and_junk_is_still_refused(session):
    row = make_gateway(session, kind="exolve", secrets={"api_key": "k"})
    told(session, row, json.dumps({"direction": "incoming", "sender": PHONE, "text": "Stop"}).encode())
    assert is_stopped(session)
    with pytest.raises(ValueError):
        told(session, row, json.dumps({"direction": "incoming", "sender": 5, "text": "Stop"}).encode())


def test_a_report_of_delivery_is_no_answer(session):
    row = make_gateway(session)
    told(session, row, f"phone={PHONE}&id=5&status=1&mes=стоп".encode())
    assert not is_stopped(session)


def test_the_words_are_the_companys(session):
    session.add(models.Setting(name="sms_stop_words", value="хватит"))
    row = make_gateway(session)
    told(session, row, f"phone={PHONE}&mes=стоп".encode())
    assert not is_stopped(session)
    told(session, row, f"phone={PHONE}&mes=Хватит".encode())
    assert is_stopped(session)
