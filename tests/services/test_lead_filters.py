"""A filter of leads takes leads alone, of the ways in that it names, and says how soon they are to be taken."""

from __future__ import annotations

from datetime import timedelta

import pytest
from werkzeug.datastructures import MultiDict

from app import models
from app.services import books, filter_form, filter_preview, filters, incoming_leads, lead_cards, matching
from app.services.filters import FilterDraft
from tests import factories
from tests.services.intakes import make_intake, send

NOON = factories.NOON


def wanting(session, name, *, priority=0, **wishes):
    draft = FilterDraft(name=name, priority=priority, criteria={"unknown_ok": ["car", "year", "damage"]} | wishes)
    return filters.save(session, draft, actor_id=None, enable=True)


def a_lead(session, intake) -> models.IncomingLead:
    lead_id = send(session, intake, make="LADA", model="Vesta", year=2019).lead_id
    session.commit()
    lead_cards.make_cards(session, lambda: NOON)
    matching.match_cards(session, NOON)
    return session.get_one(models.IncomingLead, lead_id, populate_existing=True)


def filter_of(session, lead) -> int | None:
    return session.get_one(models.Card, lead.card_id, populate_existing=True).filter_id


def test_a_filter_of_leads_takes_no_adverts_and_one_of_adverts_no_leads(own_database, app, session):
    ads = wanting(session, "объявления", priority=50, origin=["ad"])
    leads = wanting(session, "лиды", origin=["lead"])
    row, _secret = make_intake(session)
    lead = a_lead(session, row)
    assert filter_of(session, lead) == leads.id
    card = factories.make_card(session)
    session.commit()
    matching.match_cards(session, NOON)
    assert session.get_one(models.Card, card.id, populate_existing=True).filter_id == ads.id


def test_a_filter_of_leads_may_name_its_ways_in(own_database, app, session):
    partner, _secret = make_intake(session, "partner")
    site, _secret = make_intake(session)
    theirs = wanting(session, "партнёр", priority=50, origin=["lead"], source_ids=[partner.source_id])
    ours = wanting(session, "сайт", origin=["lead"], source_ids=[site.source_id])
    lead = a_lead(session, site)
    assert filter_of(session, lead) == ours.id
    told = {one.spec.id: one.fits for one in matching.explain_card(session, lead.card_id, NOON)}
    assert told == {theirs.id: False, ours.id: True}


@pytest.mark.parametrize(("origin", "n"), [(["lead"], 1), (["ad"], 2), (["ad", "lead"], 3), ([], 3)])
def test_the_count_of_the_builder_knows_leads(own_database, app, session, origin, n):
    row, _secret = make_intake(session)
    a_lead(session, row)
    for _ in range(2):
        factories.make_card(session)
    session.commit()
    draft = FilterDraft(name="x", criteria={"origin": origin})
    spec = filters.spec_of_draft(draft, books.current(session).atlas)
    assert filter_preview.count(session, spec, NOON).fits == n
    run = filter_preview.test_run(session, spec, NOON)
    assert len(run.fitting) == n


def test_the_target_time_of_the_filter_outweighs_that_of_the_way_in(own_database, app, session):
    wanting(session, "срочные", origin=["lead"], take_min=2)
    row, _secret = make_intake(session, target_min=30)
    lead = a_lead(session, row)
    assert lead.due_at == lead.received_at + timedelta(minutes=30)
    assert incoming_leads.watch(session, NOON + timedelta(minutes=3))["late"] == 1
    session.refresh(lead)
    assert lead.due_at == lead.received_at + timedelta(minutes=2)


def test_the_form_keeps_the_kind_and_the_minutes():
    asked = MultiDict([("name", "Лиды"), ("origin", "lead"), ("take_min", "3")])
    draft, bad = filter_form.read(asked)
    assert not bad and draft.criteria["origin"] == ["lead"] and draft.criteria["take_min"] == 3
    again, _bad = filter_form.read(MultiDict([(k, v) for k, vs in filter_form.fields_of(draft).items() for v in vs]))
    assert again.criteria == draft.criteria
    assert filter_form.read(MultiDict([("name", "x"), ("take_min", "0")]))[1] == {"take_min": "intake_target"}
