"""Who is at work, since when, and what was before; «ready» ends by itself when nothing happens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from app import models
from app.errors import Refused
from app.services import presence
from tests import factories
from tests.factories import NOON


@pytest.fixture
def operator(session):
    return factories.make_operator(session, presence="offline", seen_at=None)


def history(session, operator) -> list[tuple]:
    rows = session.scalars(
        select(models.OperatorState)
        .where(models.OperatorState.user_id == operator.user_id)
        .order_by(models.OperatorState.id)
    )
    return [(row.state, row.since, row.until, row.reason) for row in rows]


def test_every_change_closes_the_state_before_it(session, operator):
    lunch = NOON + timedelta(hours=4)
    assert presence.set_state(session, operator.user_id, "ready", NOON)
    assert presence.set_state(session, operator.user_id, "lunch", lunch, reason="обед")
    session.refresh(operator)
    assert (operator.presence, operator.presence_since, operator.seen_at) == ("lunch", lunch, lunch)
    assert history(session, operator) == [("ready", NOON, lunch, ""), ("lunch", lunch, None, "обед")]


def test_the_same_state_again_is_an_action_but_no_change(session, operator):
    presence.set_state(session, operator.user_id, "ready", NOON)
    assert not presence.set_state(session, operator.user_id, "ready", NOON + timedelta(minutes=5))
    session.refresh(operator)
    assert operator.seen_at == NOON + timedelta(minutes=5) and operator.presence_since == NOON
    assert len(history(session, operator)) == 1


def test_unknown_states_and_strangers_are_refused(session, operator):
    with pytest.raises(Refused) as refused:
        presence.set_state(session, operator.user_id, "asleep", NOON)
    assert refused.value.reason.code == "presence_unknown"
    with pytest.raises(Refused) as refused:
        presence.set_state(session, factories.get_user(session, "supervisor").id, "ready", NOON)
    assert refused.value.reason.code == "not_an_operator"


def test_ready_ends_after_a_quarter_of_an_hour_without_an_action(session, operator):
    presence.set_state(session, operator.user_id, "ready", NOON)
    assert presence.end_idle(session, NOON + timedelta(minutes=15)) == 0
    end = NOON + timedelta(minutes=16)
    assert presence.end_idle(session, end) == 1
    session.refresh(operator)
    assert (operator.presence, operator.presence_since) == ("offline", end)
    assert operator.seen_at == NOON  # ending the shift was no action of the person's
    assert history(session, operator)[-1] == ("offline", end, None, "")
    assert presence.end_idle(session, end) == 0


def test_a_lunch_does_not_end_by_itself(session, operator):
    presence.set_state(session, operator.user_id, "lunch", NOON)
    assert presence.end_idle(session, NOON + timedelta(hours=3)) == 0


def test_an_action_keeps_ready_and_is_written_once_a_minute(session, operator):
    presence.set_state(session, operator.user_id, "ready", NOON)
    presence.touch(session, operator.user_id, NOON + timedelta(seconds=30))
    session.refresh(operator)
    assert operator.seen_at == NOON
    presence.touch(session, operator.user_id, NOON + timedelta(minutes=10))
    assert presence.end_idle(session, NOON + timedelta(minutes=20)) == 0
