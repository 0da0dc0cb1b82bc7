"""A lead is written down once, and timed until somebody takes it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import models
from app.domain.lead_words import Junk
from app.errors import Refused
from app.services import incoming_leads, lead_cards, lead_intakes
from app.services.lead_intakes import IntakeDraft
from tests import factories
from tests.services.calls_made import make_asterisk, make_call
from tests.services.intakes import KEY, PHONE, ZONE, make_intake, send
from tests.services.pools import place

NOON = factories.NOON


def test_the_same_lead_is_kept_once_and_the_same_id_with_other_words_is_refused(session):
    row, _secret = make_intake(session)
    first, again = send(session, row, id="77"), send(session, row, id="77")
    assert (first.is_new, again.is_new) == (True, False) and first.lead_id == again.lead_id
    with pytest.raises(Refused, match="lead_changed"):
        send(session, row, id="77", comment="другое")
    assert send(session, row).is_new and not send(session, row).is_new, "without an id the words tell"
    assert session.scalar(select(func.count()).select_from(models.IncomingLead)) == 2


def test_more_than_the_intake_takes_within_a_minute_is_put_off(session):
    row, _secret = make_intake(session, per_minute=2)
    send(session, row, id="1"), send(session, row, id="2")
    with pytest.raises(incoming_leads.TooMany):
        send(session, row, id="3")
    assert not send(session, row, id="2").is_new, "what is known already is no flood"
    later = NOON + timedelta(seconds=61)
    assert incoming_leads.take(session, row, {"phone": PHONE, "id": "3"}, later, ZONE).is_new


@pytest.mark.parametrize("told", [{}, {"phone": "12"}, {"phone": ["x"]}, {"phone": PHONE, "website": "http://spam"}])
def test_what_cannot_be_a_lead_is_junk(session, told):
    row, _secret = make_intake(session)
    with pytest.raises(Junk):
        incoming_leads.take(session, row, told, NOON, ZONE)


def carded(session, **more: object) -> models.IncomingLead:
    row, _secret = make_intake(session, target_min=5, **more)
    lead_id = send(session, row, make="LADA", model="Vesta", year=2019).lead_id
    session.commit()
    assert lead_cards.make_cards(session, lambda: NOON) == 1
    return session.get_one(models.IncomingLead, lead_id, populate_existing=True)


def test_a_lead_that_nobody_takes_in_time_is_told_to_the_supervisors_once(own_database, app, session):
    lead = carded(session)
    assert incoming_leads.watch(session, NOON + timedelta(minutes=4)) == {"taken": 0, "late": 0}
    assert incoming_leads.waiting(session, NOON + timedelta(minutes=4)) == (1, 0)
    late = NOON + timedelta(minutes=6)
    assert incoming_leads.watch(session, late) == {"taken": 0, "late": 1}
    assert incoming_leads.watch(session, late) == {"taken": 0, "late": 0}
    assert incoming_leads.waiting(session, late) == (1, 1)
    session.refresh(lead)
    assert lead.escalated_at == late


def test_a_supervisor_hands_it_over_and_what_happens_on_the_card_says_who_took_it_and_when(own_database, app, session):
    lead = carded(session)
    operator = factories.make_operator(session)
    admin = factories.get_user(session, "admin")
    incoming_leads.give(session, lead.id, operator.user_id, place(operator), actor_id=admin.id)
    card = session.get_one(models.Card, lead.card_id, populate_existing=True)
    assert card.operator_id == operator.user_id
    assert incoming_leads.watch(session, NOON)["taken"] == 0, "handed over is not taken"
    at = NOON + timedelta(minutes=3)
    make_call(session, make_asterisk(session), card_id=card.id, operator_id=operator.user_id, created_at=at)
    assert incoming_leads.watch(session, NOON + timedelta(minutes=9)) == {"taken": 1, "late": 0}
    session.refresh(lead)
    assert (lead.taken_at, lead.taken_by_id) == (at, operator.user_id)


def test_only_who_knows_the_secret_signs_and_a_new_secret_ends_the_old_one(session):
    row, secret = make_intake(session, "partner")
    assert secret and secret not in row.secret and lead_intakes.secret_of(row, KEY) == secret
    fresh = lead_intakes.new_secret(session, row.id, secret_key=KEY, actor_id=None)
    assert fresh != secret and lead_intakes.secret_of(row, KEY) == fresh


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"kind": "fax"}, {"target_min": 0}, {"per_minute": 0}, {"thanks_url": "javascript:x"}]
)
def test_an_intake_that_makes_no_sense_is_refused_by_name(session, wrong):
    draft = IntakeDraft(**({"name": "Сайт"} | wrong))
    with pytest.raises(Refused):
        lead_intakes.save(session, None, draft, secret_key=KEY, actor_id=None, now=NOON)
