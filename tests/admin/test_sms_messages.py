"""SMS in the admin: templates are checked and previewed, messages show their fate."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import models
from tests.factories import make_card, make_status
from tests.sms.gateways import make_gateway, make_template


def test_a_supervisor_writes_a_template_and_sees_what_it_becomes(session: Session, as_supervisor: Any) -> None:
    shown = as_supervisor.get("/smstemplateview/preview?text={имя}, добрый день").text
    assert "Александр, добрый день" in shown and "1 SMS" in shown
    assert "Поля {фамилия} нет" in as_supervisor.get("/smstemplateview/preview?text={фамилия}").text
    status = make_status(session, "sms_here")
    session.commit()
    sent = {"name": "Добрый день", "text": "{имя}, добрый день!", "status": status.id, "after_missed": "",
            "position": "0", "is_enabled": "y"}  # fmt: skip
    assert as_supervisor.post("/smstemplateview/add", data=sent).status_code == 302
    (row,) = session.scalars(select(models.SmsTemplate))
    assert (row.text, row.status_id, row.after_missed) == ("{имя}, добрый день!", status.id, None)
    page = as_supervisor.get("/smstemplateview/list/").text
    assert "Добрый день" in page and "около 1 SMS" in page


@pytest.mark.parametrize("text", ["{фамилия}", "{имя", "ж" * 700, "ж" * 900, "\x07"])
def test_a_template_that_cannot_be_sent_is_refused(session: Session, as_supervisor: Any, text: str) -> None:
    sent = {"name": "Плохой", "text": text, "after_missed": "", "position": "0", "is_enabled": "y"}
    answer = as_supervisor.post("/smstemplateview/add", data=sent)
    assert answer.status_code in (200, 400)
    assert session.scalars(select(models.SmsTemplate)).all() == []


def test_every_message_is_listed_with_its_fate_and_a_masked_number(session: Session, as_supervisor: Any) -> None:
    row, template = make_gateway(session), make_template(session)
    message = models.SmsMessage(phone="79160001122", text="Здравствуйте!", state="failed", trouble="sms_no_money",
                                ground="status", gateway_id=row.id, template_id=template.id, cost=3,
                                card_id=make_card(session).id)  # fmt: skip
    session.add(message)
    session.commit()
    page = as_supervisor.get("/smsmessageview/list/").text
    assert "не доставлено" in page and template.name in page and "0001122" not in page
    shown = as_supervisor.get(f"/smsmessageview/show/{message.id}").text
    assert "по статусу" in shown and "Здравствуйте!" in shown and "0001122" not in shown
    assert as_supervisor.get("/smsmessageview/list/?_flt_0_state=failed").status_code == 200
