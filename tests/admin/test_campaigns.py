"""The supervisor's campaigns: set up by a form, started by a button, and always with a word on what they do."""

from __future__ import annotations

from sqlalchemy import select

from app.models import Campaign, CampaignDial, CampaignTarget, OperatorProfile, Setting
from tests.factories import NOON, get_user, make_ad, make_card, make_filter, make_group, make_operator, make_vehicle
from tests.services.calls_made import make_asterisk, make_call
from tests.services.campaigns_made import make_campaign

FORM = {"name": "Осенний  обзвон", "weight": "1", "hours_from": "10", "hours_to": "18", "day_cap": "2", "life_cap": "0",
        "gap_min": "30", "is_spread": "y"}  # fmt: skip


def test_a_supervisor_makes_a_campaign_and_starts_it(session, as_supervisor):
    group = make_group(session)
    wanted = make_filter(session, group=group)
    session.commit()
    data = FORM | {"groups": str(group.id), "filters": str(wanted.id)}
    assert as_supervisor.post("/campaignview/add", data=data).status_code == 302
    campaign = session.scalars(select(Campaign)).one()
    assert (campaign.name, campaign.state, campaign.groups, campaign.filters) == (
        "Осенний обзвон", "draft", [group], [wanted],
    )  # fmt: skip
    assert "Ещё не запущен." in as_supervisor.get("/campaignview/list/").text
    as_supervisor.post(f"/campaignview/action/start/{campaign.id}")
    session.expire_all()
    assert campaign.state == "running"
    listed = as_supervisor.get("/campaignview/list/").text
    assert "работает" in listed and "Ни одна линия" in listed  # why it does not call, in words
    for name, state in (("pause", "paused"), ("drain", "draining"), ("stop", "stopped")):
        as_supervisor.post(f"/campaignview/action/{name}/{campaign.id}")
        session.expire_all()
        assert campaign.state == state


def test_a_campaign_of_nobody_or_of_no_hours_is_told(session, as_supervisor):
    as_supervisor.post("/campaignview/add", data=FORM)
    campaign = session.scalars(select(Campaign)).one()
    told = as_supervisor.post(f"/campaignview/action/start/{campaign.id}", follow_redirects=True).text
    assert "У обзвона нет фильтров" in told and campaign.state == "draft"
    backwards = as_supervisor.post("/campaignview/add", data=FORM | {"name": "Ночь", "hours_from": "20"})
    assert backwards.status_code == 200 and "раньше, чем заканчивается" in backwards.text


def test_a_campaign_that_has_called_stays_in_the_books(session, as_supervisor):
    campaign, who = make_campaign(session), make_operator(session)
    call = make_call(session, make_asterisk(session), phone="79120007766")
    session.add(CampaignDial(campaign_id=campaign.id, call_id=call.id, by_id=who.user_id, ground="person", at=NOON))
    session.commit()
    as_supervisor.post(f"/campaignview/delete/{campaign.id}")
    assert session.get(Campaign, campaign.id) is not None
    log = as_supervisor.get("/campaigndialview/list/").text
    assert "нажал «Позвонить»" in log and "79120007766" not in log and campaign.name in log


def test_next_at_the_desk_leads_through_the_campaign(session, as_operator):
    group = make_group(session)
    operator = session.get(OperatorProfile, get_user(session, "operator").id)
    operator.group_id = group.id
    campaign = make_campaign(session, group=group)
    session.add_all([Setting(name="call_hours_from", value=0), Setting(name="call_hours_to", value=24)])
    vehicle = make_vehicle(session)
    make_ad(session, vehicle)
    card = make_card(session, vehicle, ad_filter=campaign.filters[0])
    session.commit()
    as_operator.post("/desk/next")
    session.refresh(card)
    assert (card.stage, card.operator_id) == (2, operator.user_id)
    assert session.get(CampaignTarget, card.id).campaign_id == campaign.id
    vehicle = make_vehicle(session)
    make_ad(session, vehicle, state="gone")
    late = make_card(session, vehicle, ad_filter=campaign.filters[0])
    card.stage, card.next_call_at = 3, NOON.replace(year=2100)
    session.commit()
    assert "звонить сейчас никому нельзя" in as_operator.post("/desk/next", headers={"HX-Request": "true"}).text
    session.refresh(late)
    assert late.stage == 0
