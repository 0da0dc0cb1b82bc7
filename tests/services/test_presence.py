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
    lunch, why = NOON + timedelta(hours=4), factories.get_pause(session, "Обед")
    assert presence.set_state(session, operator.user_id, "ready", NOON)
    assert presence.set_state(session, operator.user_id, "paused", lunch, pause_id=why.id)
    session.refresh(operator)
    assert (operator.presence, operator.pause_id, operator.presence_since) == ("paused", why.id, lunch)
    assert operator.seen_at == lunch
    assert history(session, operator) == [("ready", NOON, lunch, ""), ("paused", lunch, None, "Обед")]


def test_from_one_pause_into_another_is_a_change_and_history_keeps_the_old_name(session, operator):
    rest, lesson = factories.get_pause(session, "Перерыв"), factories.get_pause(session, "Обучение")
    later = NOON + timedelta(minutes=10)
    assert presence.set_state(session, operator.user_id, "paused", NOON, pause_id=rest.id)
    assert presence.set_state(session, operator.user_id, "paused", later, pause_id=lesson.id)
    assert not presence.set_state(session, operator.user_id, "paused", later, pause_id=lesson.id)
    rest.name, lesson.name = "Кофе", "Планёрка"
    session.flush()
    assert [row[3] for row in history(session, operator)] == ["Перерыв", "Обучение"]
    assert presence.set_state(session, operator.user_id, "ready", later)
    session.refresh(operator)
    assert operator.pause_id is None


def test_a_pause_that_is_switched_off_is_not_begun_but_may_go_on(session, operator):
    rest = factories.get_pause(session, "Перерыв")
    presence.set_state(session, operator.user_id, "paused", NOON, pause_id=rest.id)
    rest.is_enabled = False
    session.flush()
    assert rest.id in [one.id for one in presence.menu(session, rest.id)]
    assert rest.id not in [one.id for one in presence.menu(session)]
    assert not presence.set_state(session, operator.user_id, "paused", NOON, pause_id=rest.id), "still in it"
    presence.set_state(session, operator.user_id, "ready", NOON)
    for bad in (rest.id, None, 10**9):
        with pytest.raises(Refused) as refused:
            presence.set_state(session, operator.user_id, "paused", NOON, pause_id=bad)
        assert refused.value.reason.code == "pause_unknown"


def test_the_first_pauses_come_once(session):
    assert [row.name for row in presence.menu(session)] == ["Перерыв", "Обед", "Обучение"]
    assert presence.seed(session) == 0


@pytest.mark.parametrize(
    ("sent", "read"),
    [("ready", ("ready", None)), ("paused:3", ("paused", 3)), ("paused:", ("paused", None)),
     ("paused:٣", ("paused", None)), ("paused:99999999999999", ("paused", None)), ("", ("", None))],
)  # fmt: skip
def test_a_choice_is_a_state_and_perhaps_a_reason(sent, read):
    assert presence.read_choice(sent) == read


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
    presence.set_state(session, operator.user_id, "paused", NOON, pause_id=factories.get_pause(session, "Обед").id)
    assert presence.end_idle(session, NOON + timedelta(hours=3)) == 0


def test_an_action_keeps_ready_and_is_written_once_a_minute(session, operator):
    presence.set_state(session, operator.user_id, "ready", NOON)
    presence.touch(session, operator.user_id, NOON + timedelta(seconds=30))
    session.refresh(operator)
    assert operator.seen_at == NOON
    presence.touch(session, operator.user_id, NOON + timedelta(minutes=10))
    assert presence.end_idle(session, NOON + timedelta(minutes=20)) == 0
