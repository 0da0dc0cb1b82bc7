"""Who may be sent what and when: mobile, allowed, not twice, not at night, and never two for one."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session

from app import models
from app.database import sqlalchemy_url
from app.errors import Refused
from app.services import sms, sms_reports, statuses, stop_list
from app.services.statuses import Result
from app.sms import Report
from tests import factories
from tests.services.calls_made import make_asterisk, make_call
from tests.sms.gateways import make_gateway, make_template

NOON = datetime(2026, 11, 23, 9, tzinfo=UTC)  # 12:00 in Moscow
NIGHT = datetime(2026, 11, 23, 20, tzinfo=UTC)  # 23:00


def make_card(session: Session, phone: str = "79160001122", **ad: Any) -> models.Card:
    vehicle = factories.make_vehicle(session)
    row = factories.make_ad(session, vehicle, phone=phone, **ad)
    vehicle.ad_id = row.id
    operator = factories.make_operator(session)
    return factories.make_card(session, vehicle, operator=operator, stage=models.IN_WORK)


def ask(session: Session, card: models.Card, template: models.SmsTemplate, now: datetime = NOON) -> models.SmsMessage:
    return sms.ask(session, card.id, template.id, ground="operator", actor_id=card.operator_id, now=now)


def refusal(session: Session, card: models.Card, template: models.SmsTemplate, now: datetime = NOON) -> str:
    with pytest.raises(Refused) as caught:
        ask(session, card, template, now)
    return caught.value.reason.code


def withdraw(session: Session) -> None:
    then = NOON - timedelta(days=2)
    sms.consent(session, "79160001122", note="", actor_id=None, now=then, is_withdrawn=True)


def messages(session: Session) -> list[models.SmsMessage]:
    return list(session.scalars(select(models.SmsMessage).order_by(models.SmsMessage.id)))


def test_a_template_is_filled_in_from_the_card_and_goes_to_the_mobile_number(app, session):
    make_gateway(session)
    card = make_card(session, phones=["74950001122", "79160001122"], seller_name="Пётр")
    template = make_template(session, "{имя}, здравствуйте! Ваша машина {год} года ещё продаётся?")
    seen = sms.preview(session, card.id, template.id, actor_id=card.operator_id, now=NOON)
    assert (seen.phone, seen.refused, seen.not_before) == ("79160001122", None, None)
    message = ask(session, card, template)
    assert message.text == seen.text == "Пётр, здравствуйте! Ваша машина 2018 года ещё продаётся?"
    assert (message.phone, message.parts, message.state) == ("79160001122", 1, "waiting")


@pytest.mark.parametrize(
    ("prepare", "code"),
    [
        (lambda s, c, t: stop_list.add(s, "79160001122", reason="manual", actor_id=None, now=NOON), "sms_stopped"),
        (lambda s, c, t: withdraw(s), "sms_stopped"),
        (lambda s, c, t: setattr(t, "is_enabled", False), "sms_template_gone"),
        (lambda s, c, t: setattr(t, "text", "Здравствуйте, {фамилия}"), "sms_field_unknown"),
        (lambda s, c, t: s.query(models.SmsGateway).update({"is_enabled": False}), "sms_no_gateway"),
        (lambda s, c, t: s.query(models.Ad).update({"phone_protected": True}), "sms_no_mobile"),
        (lambda s, c, t: s.query(models.Ad).update({"phones": ["74950001122"]}), "sms_no_mobile"),
        (lambda s, c, t: setattr(t, "text", "ж" * 500), "sms_too_many_parts"),
        (lambda s, c, t: setattr(t, "text", "{ссылка}"), "sms_text_empty"),
    ],
)  # fmt: skip
def test_what_must_not_go_is_refused_in_words(app, session, prepare, code):
    make_gateway(session)
    card, template = make_card(session), make_template(session)
    prepare(session, card, template)
    session.flush()
    assert refusal(session, card, template) == code
    assert messages(session) == []


def test_consent_given_again_opens_the_number(app, session):
    make_gateway(session)
    card, template = make_card(session), make_template(session)
    withdraw(session)
    sms.consent(session, "79160001122", note="сказал по телефону", actor_id=None, now=NOON - timedelta(days=1))
    assert ask(session, card, template).state == "waiting"


def test_where_the_company_wants_consent_first_nobody_is_written_to_without(app, session):
    make_gateway(session)
    card, template = make_card(session), make_template(session)
    session.add(models.Setting(name="sms_with_consent", value=True))
    session.flush()
    assert refusal(session, card, template) == "sms_no_consent"
    assert sms.by_itself(session, card.id, [template.id], ground="missed_calls", now=NOON) == 0
    sms.note_wish(session, card.id, wants=True, actor_id=card.operator_id, now=NOON)
    assert ask(session, card, template).state == "waiting"


def test_one_template_goes_to_one_ad_once_in_a_day(app, session):
    make_gateway(session)
    card, template = make_card(session), make_template(session)
    first = ask(session, card, template)
    first.state, first.sent_at = "delivered", NOON + timedelta(minutes=5)
    assert refusal(session, card, template, NOON + timedelta(hours=24)) == "sms_already"
    assert ask(session, card, template, NOON + timedelta(hours=25)).state == "waiting"
    assert ask(session, card, make_template(session, "Другой текст")).state == "waiting"


def test_one_that_still_waits_is_not_joined_by_a_second_that_would_go_with_it(app, session):
    make_gateway(session)
    card, template = make_card(session), make_template(session)
    ask(session, card, template)
    assert refusal(session, card, template, NOON + timedelta(hours=30)) == "sms_already"


def test_one_seller_with_two_cars_gets_a_template_once(app, session):
    make_gateway(session)
    template = make_template(session)
    ask(session, make_card(session), template)
    assert refusal(session, make_card(session), template) == "sms_already"


def test_a_message_that_surely_did_not_go_may_be_asked_for_again(app, session):
    make_gateway(session)
    card, template = make_card(session), make_template(session)
    ask(session, card, template).state = "failed"
    assert ask(session, card, template).state == "waiting"


def test_a_number_gets_no_more_than_its_share_in_a_day(app, session):
    make_gateway(session)
    card = make_card(session)
    for n in range(3):
        ask(session, card, make_template(session, f"Текст {n}"))
    assert refusal(session, card, make_template(session, "Ещё один")) == "sms_too_many"


def test_at_night_it_waits_for_the_morning_of_the_receiver(app, session):
    make_gateway(session)
    city = factories.make_city(session, timezone="Asia/Vladivostok")
    vehicle = factories.make_vehicle(session, city=city)
    factories.make_ad(session, vehicle, phone="79160001122")
    card = factories.make_card(session, vehicle, operator=factories.make_operator(session))
    evening_in_moscow = datetime(2026, 11, 23, 15, tzinfo=UTC)  # one in the night in Vladivostok
    message = ask(session, card, make_template(session), evening_in_moscow)
    assert message.next_at == datetime(2026, 11, 23, 23, tzinfo=UTC)  # nine in the morning there


def test_a_status_sends_its_template_by_itself_and_only_once(app, session):
    make_gateway(session)
    status = factories.make_status(session, "no_answer_sms")
    template = make_template(session, status_id=status.id)
    card = make_card(session)
    for _ in range(2):
        statuses.set_status(session, card.id, Result(status.id), actor_id=card.operator_id, now=NOON)
    (message,) = messages(session)
    assert (message.template_id, message.ground, message.by_id) == (template.id, "status", None)


def test_a_status_is_set_though_its_message_may_not_go(app, session):
    status = factories.make_status(session, "no_gateway_here")
    make_template(session, status_id=status.id)
    card = make_card(session)
    statuses.set_status(session, card.id, Result(status.id), actor_id=card.operator_id, now=NOON)
    assert card.status_id == status.id and messages(session) == []


def test_after_so_many_unanswered_calls_a_template_goes_by_itself(app, session):
    make_gateway(session)
    make_template(session, "Не дозвонились до вас", after_missed=2)
    card, server = make_card(session), make_asterisk(session)
    for n, outcome in enumerate(("no_answer", "answered", "busy", "no_answer")):
        at = NOON + timedelta(minutes=n)
        make_call(session, server, link=f"pz-sms{n}", card_id=card.id, type="individual", state="ended",
                  outcome=outcome, phone="79160001122", created_at=at, ended_at=at)  # fmt: skip
        sms.after_missed(session, card.id, at)
        assert len(messages(session)) == (1 if n == 3 else 0), "a talk begins the count anew"


def test_two_who_press_at_once_send_one(own_database, app):
    engine = create_engine(sqlalchemy_url(own_database), pool_size=8)
    with Session(engine) as session:
        make_gateway(session)
        card, template = make_card(session), make_template(session)
        session.commit()
        card_id, template_id, operator_id = card.id, template.id, card.operator_id
    told: list[str] = []
    gate = threading.Barrier(6)

    def press() -> None:
        with Session(engine) as own:
            gate.wait(10)
            try:
                sms.ask(own, card_id, template_id, ground="operator", actor_id=operator_id, now=NOON)
                own.commit()
                told.append("sent")
            except Refused as no:
                told.append(no.reason.code)

    threads = [threading.Thread(target=press) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == ["sent"] + ["sms_already"] * 5 or sorted(told) == ["sms_already"] * 5 + ["sent"]
    with Session(engine) as session:
        assert len(messages(session)) == 1
    engine.dispose()


def test_reports_of_strangers_change_nothing(app, session):
    row = make_gateway(session)
    assert (
        sms_reports.apply_reports(
            session, row.id, [Report("", "delivered", None, ""), Report("x", "sent", None, "")], NOON
        )
        == 0
    )
