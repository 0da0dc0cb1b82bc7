"""Leads on their way: once each, in order, however the CRM answers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text

from app import models
from app.services import crm_push, leads
from app.services.crm_push import Pace
from app.wording_crm import comment_text
from tests import factories
from tests.crm.connections import KEYS, make_bitrix, make_lead, pushes
from tests.crm.servers import FakeBitrix24, running


@pytest.fixture
def portal() -> Iterator[FakeBitrix24]:
    with running(FakeBitrix24()) as server:
        yield server


def deliver(session, pace: Pace = crm_push.PACE) -> str:
    return crm_push.deliver(session, KEYS, comment_text, pace=pace)


def make_due(session) -> None:
    session.execute(text("UPDATE crm_push SET next_at = now() - interval '1 s', lease_until = NULL"))
    session.execute(text("UPDATE crm_turn SET closed_until = NULL"))
    session.commit()


def leads_there(portal) -> int:
    return len(portal.world.rows["lead"])


def test_a_lead_arrives_with_its_mapped_fields(app, session, portal):
    make_bitrix(session, portal)
    lead = make_lead(session, phone="79160001122")
    assert deliver(session) == "done" and deliver(session) == "empty"
    (row,) = portal.world.rows["lead"].values()
    assert row["TITLE"] == "Лада Пример, 2018" and row["ORIGIN_ID"] == lead.key
    assert row["PHONE"][0]["VALUE"] == "+79160001122"
    (push,) = pushes(session)
    assert (push.state, push.external_id, lead.state) == ("done", row["ID"], "sent")
    assert push.connection.health == "ok"


def test_a_lead_made_while_no_crm_was_on_goes_when_one_is(app, session, portal):
    lead = make_lead(session)
    assert deliver(session) == "empty" and lead.state == "waiting"
    make_bitrix(session, portal)
    assert leads.hand_over_waiting(session) == 1 and leads.hand_over_waiting(session) == 0
    assert deliver(session) == "done"


def test_a_lost_answer_makes_no_second_lead(app, session, portal):
    make_bitrix(session, portal)
    lead = make_lead(session)
    portal.script = [None, "lost"]
    assert deliver(session) == "later"
    assert (leads_there(portal), lead.state) == (1, "waiting")
    assert deliver(session) == "empty", "it waits before it tries again"
    make_due(session)
    assert deliver(session) == "done"
    assert (leads_there(portal), lead.state) == (1, "sent")


def test_one_that_died_in_the_middle_is_followed_by_another_after_its_lease(app, session, portal):
    make_bitrix(session, portal)
    make_lead(session)
    now = datetime.now(UTC)
    dead = crm_push.claim(session, now)
    assert dead is not None and crm_push.claim(session, now) is None
    late = now + timedelta(seconds=crm_push.PACE.lease_s + 1)
    heir = crm_push.claim(session, late)
    assert heir is not None and heir.lease_no == dead.lease_no + 1 and heir.attempts_n == 2


def test_who_has_lost_his_lease_records_nothing(app, session, portal):
    make_bitrix(session, portal)
    make_lead(session)
    now = datetime.now(UTC)
    dead = crm_push.claim(session, now)
    crm_push.claim(session, now + timedelta(minutes=10))
    session.commit()
    from app.crm import CrmTrouble, Receipt

    assert crm_push._record_done(session, dead, Receipt("999")) == "lost"
    assert crm_push._record_trouble(session, dead, CrmTrouble("x"), crm_push.PACE, now) == "lost"
    assert pushes(session)[0].state == "waiting"


def test_a_limit_makes_all_of_the_connection_wait(app, session, portal):
    make_bitrix(session, portal)
    make_lead(session), make_lead(session)
    portal.script = [(503, {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"})]
    assert deliver(session) == "later" and deliver(session) == "empty"
    assert len(portal.called) == 1
    make_due(session)
    assert [deliver(session), deliver(session)] == ["done", "done"]


def test_a_refusal_waits_for_a_person_with_its_reason_and_goes_when_it_is_corrected(app, session, portal):
    make_bitrix(session, portal)
    lead = make_lead(session)
    portal.script = [None, (400, {"error": "", "error_description": "Wrong TITLE"})]
    assert deliver(session) == "failed"
    (push,) = pushes(session)
    assert lead.state == "failed" and "Wrong TITLE" in push.error
    make_due(session)
    assert deliver(session) == "empty", "what is refused is not sent blindly again"
    admin = factories.get_user(session, "admin")
    leads.fix(session, lead.id, {"title": "Лада, исправлено", "phone": "8 916 000-11-33"}, actor_id=admin.id,
              now=datetime.now(UTC))  # fmt: skip
    key = lead.key
    assert deliver(session) == "done"
    (row,) = portal.world.rows["lead"].values()
    assert (row["TITLE"], row["ORIGIN_ID"]) == ("Лада, исправлено", key)
    assert row["PHONE"][0]["VALUE"] == "+79160001133"


def test_who_lets_nobody_in_keeps_every_lead_waiting(app, session, portal):
    row = make_bitrix(session, portal)
    lead = make_lead(session)
    portal.script = [(401, {"error": "expired_token", "error_description": "The access token has expired"})]
    assert deliver(session) == "later"
    session.refresh(row)
    assert (row.health, lead.state) == ("auth", "waiting")


def test_after_three_days_of_trouble_a_person_is_asked(app, session, portal):
    make_bitrix(session, portal)
    lead = make_lead(session)
    session.execute(text("UPDATE crm_push SET waiting_since = now() - interval '73 hours'"))
    portal.script = [(500, "oops")]
    assert deliver(session) == "failed" and lead.state == "failed"
    admin = factories.get_user(session, "admin")
    leads.again(session, pushes(session)[0].id, actor_id=admin.id, now=datetime.now(UTC))
    assert deliver(session) == "done" and lead.state == "sent"


def test_what_belongs_to_one_lead_goes_in_order_and_the_others_do_not_wait(app, session, portal):
    make_bitrix(session, portal)
    first, second = make_lead(session), make_lead(session)
    leads.tell(session, [first.id], "sms:1", "sms", "Ждём вас завтра", datetime.now(UTC))
    leads.tell(session, [first.id], "sms:1", "sms", "Ждём вас завтра", datetime.now(UTC))
    portal.script = [(500, "oops")]
    assert deliver(session) == "later"
    assert deliver(session) == "done"
    assert deliver(session) == "empty", "the comment waits for its lead"
    (row,) = portal.world.rows["lead"].values()
    assert row["ORIGIN_ID"] == second.key
    make_due(session)
    assert [deliver(session), deliver(session), deliver(session)] == ["done", "done", "empty"]
    (comment,) = portal.world.rows["comment"].values()
    assert comment["COMMENT"].startswith("Ждём вас завтра")


def test_notes_and_talks_follow_their_lead_once(app, session, portal):
    make_bitrix(session, portal)
    lead = make_lead(session)
    operator = factories.get_user(session, "operator")
    session.add(models.Note(card_id=lead.card_id, text="Перезвонить сыну", by_id=operator.id))
    server = models.Asterisk(name="A", ami_host="h", ami_user="u")
    session.add(server)
    session.flush()
    session.add(models.Call(type="individual", state="ended", outcome="answered", talk_ms=65_000, card_id=lead.card_id,
                            asterisk_id=server.id, phone="79160001122", ended_at=datetime.now(UTC),
                            recording="a.ogg"))  # fmt: skip
    session.flush()
    now = datetime.now(UTC) + timedelta(minutes=1)
    assert leads.collect_news(session, now) == 2 and leads.collect_news(session, now) == 0
    assert [deliver(session) for _ in range(4)] == ["done", "done", "done", "empty"]
    told = [row["COMMENT"] for row in portal.world.rows["comment"].values()]
    assert "Ольга Первая: Перезвонить сыну" in told[0] and "65" in told[1] and "/recordings/" in told[1]


def test_a_portal_of_another_machine_inside_the_house_is_not_asked(app, session, portal):
    row = make_bitrix(session, portal)
    make_lead(session)
    strict = crm_push.Keys(KEYS.secret_key, allow_private=False)
    assert crm_push.deliver(session, strict, comment_text) == "later"
    session.refresh(row)
    assert not portal.called and row.health == "auth" and "private" in row.health_text


def test_the_limit_is_shared_by_all_who_ask(app, session, portal):
    from app.crm import CrmTrouble, Rate
    from app.services import crm

    row = make_bitrix(session, portal)
    adapter = crm.adapter_of(row, KEYS)
    type(adapter).rate, kept = Rate(0.1, 3), type(adapter).rate
    try:
        for _ in range(3):
            crm.take_turn(session.get_bind(), row.id, adapter)
        with pytest.raises(CrmTrouble) as told:
            crm.take_turn(session.get_bind(), row.id, adapter)
    finally:
        type(adapter).rate = kept
    assert told.value.kind == "limit" and not told.value.closes
    state = session.execute(select(models.CrmTurn)).scalar_one()
    assert state.bucket_until > datetime.now(UTC) + timedelta(seconds=20), "who was sent away has taken nothing"
