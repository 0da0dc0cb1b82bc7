"""The demonstration has a way in for leads whose form works from the first minute, and keeps what people changed."""

from __future__ import annotations

from sqlalchemy import select

from app import models
from app.demo import lead_setup
from app.demo.accounts import lead_token
from app.services import lead_cards, matching
from tests import factories


def test_a_lead_of_the_demonstrations_site_goes_to_the_filter_of_leads(own_database, app, session, client):
    settings = app.config["PROZVON"]
    lead_setup.install(session, settings)
    session.commit()
    told = {"name": "Пётр", "phone": "8 900 000-00-01", "make": "LADA", "model": "Vesta", "year": "2019", "website": ""}
    answer = client.post(f"/hooks/leads/{lead_token(settings)}", data=told)
    assert answer.status_code == 303 and answer.headers["Location"].endswith("/thanks")
    lead_cards.make_cards(session, lambda: factories.NOON)
    matching.match_cards(session, factories.NOON)
    lead = session.scalars(select(models.IncomingLead).execution_options(populate_existing=True)).one()
    card = session.get_one(models.Card, lead.card_id, populate_existing=True)
    assert session.get_one(models.AdFilter, card.filter_id).name == lead_setup.FILTER


def test_a_second_start_makes_nothing_twice_and_leaves_a_changed_filter_alone(session, app):
    lead_setup.install(session, app.config["PROZVON"])
    session.scalars(select(models.AdFilter)).one().name = "Мои лиды"
    session.flush()
    lead_setup.install(session, app.config["PROZVON"])
    assert [row.name for row in session.scalars(select(models.AdFilter))] == ["Мои лиды"]
    assert len(session.scalars(select(models.LeadIntake)).all()) == 1
