"""An erased number is nowhere among leads, SMS and copies of the CRM, and does not come back; old words go."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from app import models
from app.crm import ClientIn, Found
from app.services import crm_sync, forgetting, lead_cards, stop_list
from tests import factories
from tests.crm.connections import make_bitrix
from tests.services.intakes import PHONE, make_intake, send
from tests.sms.gateways import make_gateway

NOON = factories.NOON
TABLES = ("incoming_lead", "note", "ad", "sms_message", "crm_push", "lead", "crm_client", "crm_client_phone",
          "seller", "seller_phone", "do_not_call")  # fmt: skip


def everything(session) -> str:
    return "\n".join(
        str(session.execute(text(f"SELECT to_jsonb(t) FROM {table} t")).scalars().all()) for table in TABLES
    )


def an_sms(session, phone=PHONE, **more) -> models.SmsMessage:
    values = {"phone": phone, "text": f"Здравствуйте, Олег {phone}", "state": "sent", "ground": "operator",
              "ref": f"{phone}:1", "created_at": NOON, "next_at": NOON}  # fmt: skip
    row = models.SmsMessage(**values | more)
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def known(own_database, app, session):
    """One person whom a form, an SMS, a lead of ours and the CRM all know."""
    row, _secret = make_intake(session)
    send(session, row, comment=f"Звоните на {PHONE}", make="LADA")
    session.commit()
    lead_cards.make_cards(session, lambda: NOON)
    card_id = session.scalars(select(models.IncomingLead.card_id)).one()
    status = session.scalars(select(models.Status).where(models.Status.makes_lead)).first()
    lead = models.Lead(card_id=card_id, status_id=status.id, payload={"phones": [PHONE], "seller_name": "Олег"})
    connection = make_bitrix(session, SimpleNamespace(hook="https://crm.example.test/rest/1/abc/"))
    session.add(lead)
    session.flush()
    message = an_sms(session, gateway_id=make_gateway(session).id)
    session.add(models.CrmPush(
        connection_id=connection.id, lead_id=lead.id, what=f"sms:{message.id}", body={"text": f"SMS на {PHONE}"}
    ))  # fmt: skip
    crm_sync.store(session, connection.id, found(PHONE), {})
    session.commit()
    return connection


def found(*phones):
    return Found(clients=[ClientIn("7", "Олег Примеров", phones)])


def erase(session):
    stop_list.add(session, PHONE, reason="asked", actor_id=None, now=NOON)
    entry = stop_list.entry_of(session, PHONE)
    assert stop_list.erase(session, entry.id, actor_id=None, now=NOON)
    session.commit()


def test_an_erased_number_is_nowhere_among_leads_sms_and_copies_of_the_crm(session, known):
    told = everything(session)
    assert told.count(PHONE) > 6 and "Олег" in told
    erase(session)
    left = everything(session)
    assert PHONE not in left and "Олег" not in left


def test_the_next_sync_does_not_bring_it_back_but_brings_the_others(session, known):
    erase(session)
    other = factories.fictional_phone()
    crm_sync.store(session, known.id, found(PHONE), {})
    assert PHONE not in everything(session) and "Олег" not in everything(session)
    crm_sync.store(session, known.id, found(PHONE, other), {})
    session.expire_all()
    assert session.scalars(select(models.CrmClient.phones)).one() == [other]


def test_a_number_of_somebody_else_stays_everywhere(session, known):
    message = an_sms(session, phone=factories.fictional_phone())
    kept = message.text
    erase(session)
    session.refresh(message)
    assert message.text == kept


def test_old_words_go_and_numbers_fates_and_fresh_words_stay(session):
    row, _secret = make_intake(session)
    send(session, row, comment="старое", vin="XTA00000000000001")
    old = an_sms(session, created_at=NOON - timedelta(days=400))
    waits = an_sms(session, created_at=NOON - timedelta(days=400), state="waiting")
    fresh = an_sms(session)
    assert forgetting.forget_old(session, NOON) == {"sms_texts": 1, "lead_words": 0}
    assert forgetting.forget_old(session, NOON + timedelta(days=366))["lead_words"] == 1
    for one in (old, waits, fresh):
        session.refresh(one)
    assert (old.text, old.phone, old.state) == ("", PHONE, "sent") and waits.text
    lead = session.scalars(select(models.IncomingLead)).one()
    session.refresh(lead)
    assert (lead.name, lead.note, lead.phone) == ("", "", PHONE) and "vin" not in lead.facts


def test_nought_days_keep_the_words_for_ever(session):
    an_sms(session, created_at=NOON - timedelta(days=4000))
    session.add(models.Setting(name="sms_text_days", value=0))
    session.flush()
    assert forgetting.forget_old(session, NOON)["sms_texts"] == 0
