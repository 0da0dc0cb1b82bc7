"""SMS gateways in the admin: tried before they are saved, their secrets kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import models
from app.demo.sms import LOGIN, PASSWORD
from app.services.secrets_box import unseal
from tests.crm.servers import running
from tests.sms.gateways import make_gateway
from tests.sms.servers import FakeSmsc


@pytest.fixture
def smsc() -> Iterator[FakeSmsc]:
    with running(FakeSmsc()) as server:
        yield server


def form(smsc: Any, **more: str) -> dict[str, str]:
    sent = {"kind": "smsc", "name": "Основной", "option_login": LOGIN, "option_password": PASSWORD,
            "option_url": smsc.url, "sender": "PROZVON", "position": "1", "is_enabled": "1"}  # fmt: skip
    return sent | more


def gateways(session: Session) -> list[models.SmsGateway]:
    session.expire_all()
    return list(session.scalars(select(models.SmsGateway).order_by(models.SmsGateway.id)))


def test_a_gateway_is_chosen_tried_and_saved(app: Any, session: Session, as_admin: Any, smsc: Any) -> None:
    kinds = as_admin.get("/smsgatewayview/add").text
    assert all(name in kinds for name in ("SMSC.ru", "SMS.ru", "SMS Aero", "MTS Exolve", "SMPP"))
    tried = as_admin.post("/smsgatewayview/check", data=form(smsc))
    assert tried.status_code == 200 and "шлюз отвечает" in tried.text and "000,00 ₽" in tried.text
    assert gateways(session) == []
    assert as_admin.post("/smsgatewayview/add", data=form(smsc)).status_code == 302
    (row,) = gateways(session)
    assert (row.name, row.sender, row.options) == ("Основной", "PROZVON", {"login": LOGIN, "url": smsc.url})
    assert unseal(row.secrets, app.config["PROZVON"].secret_key) == {"password": PASSWORD}
    for path in (f"/smsgatewayview/edit/{row.id}", f"/smsgatewayview/show/{row.id}", "/smsgatewayview/list/"):
        page = as_admin.get(path)
        assert page.status_code == 200 and PASSWORD not in page.text
    assert row.hook_token in as_admin.get(f"/smsgatewayview/show/{row.id}").text


def test_an_empty_secret_keeps_the_stored_one_but_not_for_a_new_address(
    app: Any, session: Session, as_admin: Any, smsc: Any
) -> None:
    as_admin.post("/smsgatewayview/add", data=form(smsc))
    (row,) = gateways(session)
    path = f"/smsgatewayview/edit/{row.id}"
    assert as_admin.post(path, data=form(smsc, option_password="", sender="NEW")).status_code == 302
    (row,) = gateways(session)
    assert row.sender == "NEW" and unseal(row.secrets, app.config["PROZVON"].secret_key) == {"password": PASSWORD}
    refused = as_admin.post(path, data=form(smsc, option_password="", option_url="https://other.example.test"))
    assert refused.status_code == 200 and "other.example.test" in refused.text, "what was typed stays in the form"
    (row,) = gateways(session)
    assert row.options["url"] == smsc.url


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "}, {"option_login": ""}, {"option_url": "ftp://x"}, {"option_url": "https://user@x"},
        {"sender": "ПРОЗВОН"}, {"sender": "x" * 16}, {"position": "0"}, {"position": "٣"}, {"option_login": "x" * 501},
    ],
)  # fmt: skip
def test_a_form_that_makes_no_sense_is_refused_and_kept(
    session: Session, as_admin: Any, smsc: Any, wrong: dict[str, str]
) -> None:
    answer = as_admin.post("/smsgatewayview/add", data=form(smsc, **wrong))
    assert answer.status_code == 200 and "alert-danger" in answer.text
    assert gateways(session) == []


def test_a_wrong_password_is_told_by_the_trial(as_admin: Any, smsc: Any) -> None:
    told = as_admin.post("/smsgatewayview/check", data=form(smsc, option_password="wrong")).text
    assert "не принимает логин или ключ" in told


def test_a_gateway_that_can_be_asked_nothing_is_not_said_to_answer(as_admin: Any) -> None:
    sent = {"kind": "exolve", "name": "Основной", "option_api_key": "key", "position": "1",
            "option_url": "https://api.example.test"}  # fmt: skip
    told = as_admin.post("/smsgatewayview/check", data=sent).text
    assert "первом же SMS" in told and "шлюз отвечает" not in told


def test_a_gateway_is_switched_off_and_on(session: Session, as_admin: Any, smsc: Any) -> None:
    row = make_gateway(session, smsc.url)
    session.commit()
    as_admin.post(f"/smsgatewayview/action/disable/{row.id}")
    assert [one.is_enabled for one in gateways(session)] == [False]
    as_admin.post(f"/smsgatewayview/action/enable/{row.id}")
    assert [one.is_enabled for one in gateways(session)] == [True]
