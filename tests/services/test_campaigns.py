"""A campaign is started, gives cards to its operators, logs who called, and always says why it does not call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Asterisk, AuditEvent, Campaign, CampaignDial
from app.services import calls, campaign_log, campaigns, stop_list
from tests.factories import NOON, make_city, make_group, make_operator
from tests.services.callers import take_seat
from tests.services.calls_made import make_asterisk, make_call, make_trunk
from tests.services.campaigns_made import make_campaign, make_target
from tests.services.pools import place


def why(ask: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        ask()
    return refused.value.reason.code


def turn(session: Session, campaign: Campaign, state: str, actor: int) -> bool:
    return campaigns.set_state(session, campaign.id, state, actor_id=actor, now=NOON)


def test_a_campaign_goes_through_its_states_and_each_change_is_noted(session: Session) -> None:
    campaign, actor = make_campaign(session, state="draft"), make_operator(session).user_id
    assert why(lambda: turn(session, campaign, "paused", actor)) == "campaign_not_so"
    for state in ("running", "paused", "running", "draining", "stopped"):
        assert turn(session, campaign, state, actor)
    assert not turn(session, campaign, "stopped", actor)
    noted = session.scalars(select(AuditEvent.what).where(AuditEvent.subject == "campaign")).all()
    assert sorted(noted) == sorted(f"campaign_{one}" for one in ("running", "paused", "running", "draining", "stopped"))


def test_a_campaign_without_targets_or_groups_does_not_start(session: Session) -> None:
    campaign, actor = make_campaign(session, state="draft"), make_operator(session).user_id
    campaign.groups.clear()
    assert why(lambda: turn(session, campaign, "running", actor)) == "campaign_no_groups"
    campaign.filters.clear()
    assert why(lambda: turn(session, campaign, "running", actor)) == "campaign_no_targets"


def test_the_call_of_a_given_card_is_a_campaigns_and_says_who_started_it(session: Session) -> None:
    seat = take_seat(session)
    seat.operator.group_id = make_group(session).id
    session.flush()
    session.refresh(seat.operator)
    campaign = make_campaign(session, group=seat.operator.group)
    make_target(session, campaign, phone="79120007788")
    card_id = campaigns.next_card(session, place(seat.operator))
    call = seat.ask(card_id=card_id, phone="79120007788")
    dial = session.scalars(select(CampaignDial)).one()
    assert call.type == "campaign"
    assert (dial.campaign_id, dial.call_id, dial.by_id, dial.ground) == (
        campaign.id, call.id, seat.operator.user_id, "person",
    )  # fmt: skip


def test_the_dial_itself_asks_the_rules_of_the_campaign(session: Session) -> None:
    seat = take_seat(session)
    seat.operator.group_id = make_group(session).id
    session.flush()
    session.refresh(seat.operator)
    campaign = make_campaign(session, group=seat.operator.group)
    make_target(session, campaign, phone="79120007789")
    card_id = campaigns.next_card(session, place(seat.operator))
    campaign.hours_to = 12  # changed while the card was on the screen: noon is over the limit
    session.flush()
    assert why(lambda: seat.ask(card_id=card_id, phone="79120007789")) == "outside_hours"
    campaign.state = "stopped"
    session.flush()
    assert calls.request_call(session, card_id, "79120007789", operator_id=seat.operator.user_id, now=NOON).type == (
        "individual"
    )


def test_campaigns_share_the_operators_by_their_weights(session: Session) -> None:
    group = make_group(session)
    operator, server = make_operator(session, group, max_open=50), make_asterisk(session)
    heavy, light = make_campaign(session, group=group, weight=3), make_campaign(session, group=group, weight=1)
    given = {heavy.id: 0, light.id: 0}
    for one in (heavy, light):
        for _ in range(8):
            make_target(session, one)
    for _ in range(8):
        card_id = campaigns.next_card(session, place(operator))
        of = campaigns.campaign_of_card(session, card_id)
        given[of] += 1
        call = make_call(session, server, card_id=card_id)
        session.add(CampaignDial(campaign_id=of, call_id=call.id, card_id=card_id, ground="person", at=NOON))
        session.flush()
    assert given == {heavy.id: 6, light.id: 2}


def test_why_nobody_rings_is_always_said(session: Session) -> None:
    campaign = make_campaign(session, state="draft")

    def silent() -> str:
        session.flush()
        return campaigns.why_silent(session, campaign, NOON).code

    for state in ("draft", "paused", "draining", "stopped"):
        campaign.state = state
        assert silent() == f"campaign_is_{state}"
    campaign.state = "running"
    assert silent() == "campaign_no_line"
    server = make_asterisk(session, seen_at=NOON - timedelta(minutes=1))
    make_trunk(session, server)
    assert silent() == "telephony_down"
    server.seen_at = NOON
    assert silent() == "campaign_no_operators"
    make_operator(session, campaign.groups[0])
    assert silent() == "campaign_nothing_left"
    make_target(session, campaign)
    assert silent() == "campaign_calls"
    campaign.hours_to = 9
    assert silent() == "campaign_nobody_now"


def test_why_nobody_may_be_called_is_counted_by_rules(session: Session) -> None:
    campaign, server = make_campaign(session), make_asterisk(session, seen_at=NOON)
    make_trunk(session, server)
    make_operator(session, campaign.groups[0])
    stop_list.add(session, "79120007701", reason="", actor_id=None, now=NOON)
    make_call(session, server, phone="79120007702", state="ringing")
    make_call(session, server, phone="79120007703", outcome="no_answer", created_at=NOON - timedelta(minutes=5))
    campaign.gap_min = 60
    for phone in ("79120007701", "79120007702", "79120007703"):
        make_target(session, campaign, phone=phone)
    make_target(session, campaign, ad_state="gone")
    make_target(session, campaign, city=make_city(session, timezone="Asia/Kamchatka"))
    session.flush()
    told = campaigns.why_silent(session, campaign, NOON)
    assert told.code == "campaign_nobody_now"
    assert told.args == {"n": 5, "hours": 1, "gone": 1, "stopped": 1, "busy": 1, "often": 1}


def test_a_campaign_with_lines_of_its_own_takes_no_other(session: Session) -> None:
    seat = take_seat(session)
    seat.operator.group_id = make_group(session).id
    session.flush()
    session.refresh(seat.operator)
    campaign = make_campaign(session, group=seat.operator.group)
    make_target(session, campaign, phone="79120007790")
    own = make_trunk(session, session.scalars(select(Asterisk)).one(), name="own", endpoint="own", position=900)
    campaign.trunks = [own]
    card_id = campaigns.next_card(session, place(seat.operator))
    own.is_enabled = False
    session.flush()
    assert campaigns.why_silent(session, campaign, NOON).code == "campaign_no_line"
    assert why(lambda: seat.ask(card_id=card_id, phone="79120007790")) == "no_line"
    own.is_enabled = True
    session.flush()
    assert seat.ask(card_id=card_id, phone="79120007790").trunk_id == own.id


def test_nobody_rewrites_who_started_a_call(session: Session) -> None:
    campaign, who = make_campaign(session), make_operator(session)
    call = make_call(session, make_asterisk(session))
    dial = CampaignDial(campaign_id=campaign.id, call_id=call.id, by_id=who.user_id, ground="person", at=NOON)
    session.add(dial)
    session.flush()
    for statement in ("UPDATE campaign_dial SET by_id = NULL", "DELETE FROM campaign_dial", "TRUNCATE campaign_dial"):
        with pytest.raises(IntegrityError, match="never rewritten"), session.begin_nested():
            session.execute(text(statement))
    session.execute(text("DELETE FROM call WHERE id = :id"), {"id": call.id})  # an old call goes, the row of it stays
    session.refresh(dial)
    assert (dial.call_id, dial.by_id) == (None, who.user_id)


def test_an_operator_whose_group_has_no_campaign_is_told_so(session: Session) -> None:
    operator = make_operator(session, make_group(session))
    assert why(lambda: campaigns.next_card(session, place(operator))) == "campaign_none_here"


def test_the_operator_reads_the_campaigns_words_only_while_it_works(session: Session) -> None:
    group = make_group(session)
    operator = make_operator(session, group)
    campaign = make_campaign(session, group=group, script="Здравствуйте, машина ещё продаётся?")
    make_target(session, campaign)
    card_id = campaigns.next_card(session, place(operator))
    assert campaign_log.script_of(session, card_id, operator.user_id) == campaign.script
    assert campaign_log.script_of(session, card_id, make_operator(session).user_id) == ""
    campaign.state = "paused"
    session.flush()
    assert campaign_log.script_of(session, card_id, operator.user_id) == ""
