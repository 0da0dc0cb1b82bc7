"""Leads that nobody took: who sees them, who gets them, who is written to, and that nobody is written to twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import letters, models
from app.domain.sight import EVERYBODY, Sight
from app.errors import Refused
from app.extensions import outside
from app.services import late_leads
from tests import factories
from tests.services.intakes import KEY, make_intake
from tests.services.pools import place

NOON = factories.NOON
LATE = NOON + timedelta(minutes=5)
VERY_LATE = LATE + timedelta(minutes=11)


def came(session, *, n=0, card=None, intake=None) -> models.IncomingLead:
    row = intake or make_intake(session)[0]
    card = card or factories.make_card(session)
    lead = models.IncomingLead(
        intake_id=row.id, once=f"l{n}", phone=f"7916000110{n}", name="Олег", received_at=NOON, due_at=LATE,
        card_id=card.id,
    )  # fmt: skip
    session.add(lead)
    session.flush()
    return lead


def counted(session, now, sight=EVERYBODY):
    found = late_leads.counts(session, now, sight)
    return (found.waiting, found.late)


def test_a_lead_is_late_after_its_time_until_somebody_takes_it_or_its_card_is_closed(session):
    lead = came(session)
    assert counted(session, NOON) == (1, 0)
    assert counted(session, LATE + timedelta(seconds=1)) == (1, 1)
    lead.taken_at = NOON
    session.flush()
    assert counted(session, VERY_LATE) == (0, 0)
    other = came(session, n=1, intake=lead.intake)
    session.get_one(models.Card, other.card_id).stage = models.CLOSED
    session.flush()
    assert counted(session, VERY_LATE) == (0, 0)


def test_a_supervisor_of_some_groups_sees_the_leads_of_these_groups_alone(session):
    mine, theirs = factories.make_filter(session, name="мой"), factories.make_filter(session, name="чужой")
    row, _secret = make_intake(session)
    lead = came(session, card=factories.make_card(session, ad_filter=mine), intake=row)
    came(session, n=1, card=factories.make_card(session, ad_filter=theirs), intake=row)
    sight = Sight(frozenset(), frozenset(), frozenset({mine.id}))
    assert counted(session, VERY_LATE, sight) == (1, 1) and counted(session, VERY_LATE) == (2, 2)
    assert [one.id for one in late_leads.waiting(session, VERY_LATE, sight)] == [lead.id]


def test_what_one_may_not_see_one_cannot_hand_over(session):
    theirs = factories.make_filter(session)
    lead = came(session, card=factories.make_card(session, ad_filter=theirs))
    person, admin = factories.make_operator(session), factories.get_user(session, "admin")
    blind = Sight(frozenset({person.user_id}))
    with pytest.raises(Refused, match="lead_no_card"):
        late_leads.give(session, [lead.id], [person.user_id], place(person), actor_id=admin.id, sight=blind)
    late_leads.give(session, [lead.id], [person.user_id], place(person), actor_id=admin.id, sight=EVERYBODY)
    assert session.get_one(models.Card, lead.card_id, populate_existing=True).operator_id == person.user_id


@pytest.fixture
def with_mail(app):
    before, outside.mail = outside.mail, object()  # a letter is only put into the outbox here
    yield
    outside.mail = before


def write(session, now):
    def letter(rows):
        return letters.late_leads([row.name for row in rows], "")

    return late_leads.mail_late(session, now, letter, KEY)


def test_supervisors_are_written_to_once_when_a_lead_has_been_late_for_long(app, session, with_mail):
    row, _secret = make_intake(session)
    came(session, intake=row)
    with app.test_request_context():
        assert write(session, LATE + timedelta(minutes=9)) == 0
        assert write(session, VERY_LATE) == 1
        assert write(session, VERY_LATE + timedelta(hours=1)) == 0
        came(session, n=1, intake=row)
        assert write(session, VERY_LATE) == 1, "another lead is another letter"
    sent = list(session.scalars(select(models.Mail).order_by(models.Mail.id)))
    assert [one.kind for one in sent] == ["lead_late", "lead_late"] and "1 входящий лид" in sent[0].subject
    assert {one.to for one in sent} == {factories.get_user(session, "supervisor").email}


def test_without_mail_or_with_nought_minutes_nobody_is_written_to_and_nothing_is_lost(app, session, with_mail):
    lead = came(session)
    session.add(models.Setting(name="lead_mail_min", value=0))
    session.flush()
    assert write(session, VERY_LATE) == 0 and lead.mailed_at is None
