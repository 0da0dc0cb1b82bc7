"""SMS from the card: what will be read is shown, one press sends one, its fate shows in the history."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app import models
from tests.factories import get_user, make_ad, make_card, make_operator, make_vehicle
from tests.sms.gateways import make_gateway, make_template
from tests.test_desk import HTMX


@pytest.fixture
def card(session: Session) -> models.Card:
    operator = session.get(models.OperatorProfile, get_user(session, "operator").id)
    assert operator is not None
    vehicle = make_vehicle(session)
    vehicle.ad_id = make_ad(session, vehicle, phone="79160001122", seller_name="Пётр <b>").id
    session.add_all([models.Setting(name="sms_hours_from", value=0), models.Setting(name="sms_hours_to", value=24)])
    return make_card(session, vehicle, operator=operator, stage=models.IN_WORK)


def messages(session: Session) -> list[models.SmsMessage]:
    return list(session.query(models.SmsMessage).order_by(models.SmsMessage.id))


def test_the_panel_shows_what_the_seller_will_read(session: Session, as_operator: Any, card: models.Card) -> None:
    make_gateway(session)
    make_template(session, "Здравствуйте!", position=1)
    second = make_template(session, "{имя}, ваша машина {год} года ещё продаётся?", position=2)
    assert "Здравствуйте!" in as_operator.get(f"/desk/card/{card.id}/sms", headers=HTMX).text
    panel = as_operator.get(f"/desk/card/{card.id}/sms?template_id={second.id}", headers=HTMX).text
    assert "Пётр &lt;b&gt;, ваша машина 2018 года" in panel and "1 SMS" in panel
    assert "0001122" not in panel and "disabled" not in panel


def test_without_templates_or_a_gateway_the_panel_says_whom_to_ask(
    session: Session, as_operator: Any, card: models.Card
) -> None:
    assert "Шаблонов ещё нет" in as_operator.get(f"/desk/card/{card.id}/sms", headers=HTMX).text
    make_template(session)
    panel = as_operator.get(f"/desk/card/{card.id}/sms", headers=HTMX).text
    assert "Нет готового SMS-шлюза" in panel and "disabled" in panel


def test_one_press_sends_and_a_second_is_told_that_it_has_gone(
    session: Session, as_operator: Any, card: models.Card
) -> None:
    make_gateway(session)
    template = make_template(session)
    path, sent = f"/desk/card/{card.id}/sms", {"template_id": template.id}
    answer = as_operator.post(path, data=sent, headers=HTMX)
    assert answer.status_code == 200 and "ждёт отправки" in answer.text
    again = as_operator.post(path, data=sent, headers=HTMX)
    assert again.status_code == 409 and "уже уходил этому продавцу" in again.text
    (message,) = messages(session)
    assert (message.by_id, message.ground, message.card_id) == (card.operator_id, "operator", card.id)


def test_the_state_is_asked_until_it_is_settled(session: Session, as_operator: Any, card: models.Card) -> None:
    make_gateway(session)
    as_operator.post(f"/desk/card/{card.id}/sms", data={"template_id": make_template(session).id}, headers=HTMX)
    (message,) = messages(session)
    path = f"/desk/card/{card.id}/sms/{message.id}"
    assert "hx-get" in as_operator.get(path).text
    message.state = "delivered"
    session.commit()
    settled = as_operator.get(path).text
    assert "доставлено" in settled and "hx-get" not in settled
    message.state, message.trouble = "failed", "sms_unreachable"
    session.commit()
    assert "title=" in as_operator.get(path).text and "не доставлено" in as_operator.get(path).text


def test_one_that_still_waits_is_taken_back_and_never_goes(
    session: Session, as_operator: Any, card: models.Card
) -> None:
    make_gateway(session)
    template = make_template(session)
    path = f"/desk/card/{card.id}/sms"
    shown = as_operator.post(path, data={"template_id": template.id}, headers=HTMX).text
    (message,) = messages(session)
    assert f"{path}/{message.id}/back" in shown and "Не отправлять" in shown
    answer = as_operator.post(f"{path}/{message.id}/back", headers=HTMX)
    assert answer.status_code == 200 and "отменено" in answer.text and "/back" not in answer.text
    session.refresh(message)
    assert (message.state, message.trouble) == ("cancelled", "sms_taken_back")
    assert as_operator.post(path, data={"template_id": template.id}, headers=HTMX).status_code == 200, "anew, if wanted"
    late = messages(session)[1]
    late.state = "sending"
    session.commit()
    gone = as_operator.post(f"{path}/{late.id}/back", headers=HTMX)
    assert gone.status_code == 409 and "уже уходит" in gone.text
    assert as_operator.post(f"{path}/999999999/back", headers=HTMX).status_code == 409


def test_a_seller_who_asks_not_to_be_written_to_is_never_written_to(
    session: Session, as_operator: Any, card: models.Card
) -> None:
    make_gateway(session)
    template = make_template(session)
    path = f"/desk/card/{card.id}/sms"
    panel = as_operator.post(f"{path}/wish", data={"wants": "0"}, headers=HTMX).text
    assert "продавец просил не писать" in panel and "disabled" in panel
    assert as_operator.post(path, data={"template_id": template.id}, headers=HTMX).status_code == 409
    assert "продавец согласился на SMS" in as_operator.post(f"{path}/wish", data={"wants": "1"}, headers=HTMX).text
    assert as_operator.post(path, data={"template_id": template.id}, headers=HTMX).status_code == 200
    assert "продавец просил не писать" in as_operator.get(f"/desk/card/{card.id}", headers=HTMX).text, "in the history"


def test_nobody_writes_to_the_sellers_of_others(session: Session, as_operator: Any, as_supervisor: Any) -> None:
    make_gateway(session)
    template = make_template(session)
    vehicle = make_vehicle(session)
    make_ad(session, vehicle)
    foreign = make_card(session, vehicle, operator=make_operator(session), stage=models.IN_WORK)
    for client in (as_operator, as_supervisor):
        assert client.get(f"/desk/card/{foreign.id}/sms").status_code == 404
        answer = client.post(f"/desk/card/{foreign.id}/sms", data={"template_id": template.id}, headers=HTMX)
        assert answer.status_code == 404
        assert client.post(f"/desk/card/{foreign.id}/sms/1/back", headers=HTMX).status_code == 404
    assert messages(session) == []


@pytest.mark.parametrize(
    ("sent", "status"), [({}, 400), ({"template_id": "x"}, 400), ({"template_id": "999999999"}, 409)]
)
def test_junk_is_refused(
    session: Session, as_operator: Any, card: models.Card, sent: dict[str, str], status: int
) -> None:
    make_gateway(session)
    assert as_operator.post(f"/desk/card/{card.id}/sms", data=sent, headers=HTMX).status_code == status


def test_the_state_of_a_message_is_told_only_with_its_own_card(
    session: Session, as_operator: Any, card: models.Card
) -> None:
    other = models.SmsMessage(phone="79160001133", text="Чужое", ground="operator")
    session.add(other)
    session.flush()
    assert as_operator.get(f"/desk/card/{card.id}/sms/{other.id}").status_code == 404
