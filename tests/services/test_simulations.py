"""«What if»: what the form begins with, what is refused, who sees whose."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Campaign, CampaignDial, Simulation
from app.services import call_shapes, simulations
from tests.factories import NOON, make_operator
from tests.services.calls_made import make_asterisk, make_call, make_trunk
from tests.services.campaigns_made import make_campaign

WORDS = {"operators": "12", "answer_rate": "33,5", "lines": "40", "calls_per_second": "2", "ceiling": "3", "ratio": "2"}


def _calls(session: Session, campaign: Campaign, answered: int, silent: int, operator_id: int) -> None:
    asterisk = make_asterisk(session)
    for number in range(answered + silent):
        outcome = "answered" if number < answered else "no_answer"
        call = make_call(session, asterisk, type="campaign", outcome=outcome, ring_ms=7000, operator_id=operator_id)
        session.add(CampaignDial(campaign_id=campaign.id, call_id=call.id, ground="person", at=NOON))
    session.flush()


def test_the_form_begins_with_the_campaigns_own_operators_answers_and_lines(session: Session) -> None:
    campaign = make_campaign(session)
    operator = make_operator(session, group=campaign.groups[0])
    make_trunk(session, make_asterisk(session), max_channels=25, calls_per_second=3)
    _calls(session, campaign, answered=30, silent=90, operator_id=operator.user_id)
    found = simulations.usual(session, campaign.id, NOON + timedelta(hours=1))
    assert (found["operators"], found["answer_rate"]) == (1, 25.0)
    assert (found["lines"], found["calls_per_second"]) == (25, 3)


def test_a_campaign_with_lines_of_its_own_begins_with_these(session: Session) -> None:
    campaign, asterisk = make_campaign(session), make_asterisk(session)
    make_trunk(session, asterisk, max_channels=25, calls_per_second=3)
    campaign.trunks = [make_trunk(session, asterisk, max_channels=7, calls_per_second=1)]
    session.flush()
    found = simulations.usual(session, campaign.id, NOON)
    assert (found["lines"], found["calls_per_second"]) == (7, 1)


def test_a_campaign_that_has_hardly_called_begins_with_usual_numbers(session: Session) -> None:
    campaign = make_campaign(session)
    assert simulations.usual(session, campaign.id, NOON)["answer_rate"] == simulations.FIELDS["answer_rate"].usual


def test_calls_of_another_campaign_and_what_failed_by_our_fault_tell_nothing(session: Session) -> None:
    campaign, other, operator = make_campaign(session), make_campaign(session), make_operator(session)
    _calls(session, other, answered=5, silent=5, operator_id=operator.user_id)
    _calls(session, campaign, answered=2, silent=1, operator_id=operator.user_id)
    failed = make_call(session, make_asterisk(session), outcome="failed", operator_id=None)
    session.add(CampaignDial(campaign_id=campaign.id, call_id=failed.id, ground="person", at=NOON))
    session.flush()
    seen = call_shapes.of_campaign(session, campaign.id, NOON + timedelta(hours=1))
    assert (seen.calls_n, len(seen.rings), seen.talks) == (3, 2, [60.0, 60.0])


def test_a_day_is_a_day_of_the_companys_time(session: Session) -> None:
    make_call(session, make_asterisk(session), ring_ms=5000)
    assert call_shapes.of_day(session, NOON.date(), "Europe/Moscow").rings == [5.0]
    assert call_shapes.of_day(session, NOON.date() + timedelta(days=1), "Europe/Moscow").calls_n == 0


def test_numbers_of_the_form_are_read_with_a_comma_too() -> None:
    assert simulations.read(WORDS)["answer_rate"] == 33.5


@pytest.mark.parametrize(
    ("name", "value"),
    [("operators", ""), ("operators", "2.5"), ("operators", "0"), ("ratio", "100"), ("ceiling", "-1"), ("lines", "nan"),
     ("answer_rate", "inf"), ("calls_per_second", "many")],
)  # fmt: skip
def test_nonsense_is_refused_by_the_name_of_its_field(name: str, value: str) -> None:
    with pytest.raises(Refused) as refused:
        simulations.read({**WORDS, name: value})
    assert (refused.value.reason.code, refused.value.reason.args["field"]) == ("simulation_field", name)


def _ask(session: Session, user_id: int, campaign_id: int | None = None) -> Simulation:
    return simulations.ask(session, simulations.read(WORDS), campaign_id=campaign_id, user_id=user_id, now=NOON)


def test_what_is_asked_waits_as_a_job(session: Session) -> None:
    made = _ask(session, make_operator(session).user_id)
    waits = session.execute(
        text("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'simulate_shift' AND args = :args"),
        {"args": f'{{"simulation_id": {made.id}}}'},
    ).scalar_one()
    assert (made.state, waits) == ("waiting", 1)


def test_a_third_at_once_and_a_campaign_that_is_gone_are_refused(session: Session) -> None:
    user_id = make_operator(session).user_id
    with pytest.raises(Refused, match="campaign_gone"):
        _ask(session, user_id, campaign_id=2_000_000)
    _ask(session, user_id), _ask(session, user_id)
    with pytest.raises(Refused, match="simulations_busy"):
        _ask(session, user_id)


def test_everybody_sees_the_own_only(session: Session) -> None:
    one, other = make_operator(session).user_id, make_operator(session).user_id
    made = _ask(session, one)
    assert simulations.mine(session, one, made.id) is made
    assert simulations.mine(session, other, made.id) is None
    assert simulations.newest(session, other) == []
