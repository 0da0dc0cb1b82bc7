"""Marks of the board and goals of the day: all or nothing, the own goal before the group's."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.errors import Refused
from app.services import board_goals
from app.services.board_goals import DEFAULT_MARKS, Goal
from tests.factories import make_group, make_operator, make_user


def test_marks_are_kept_all_or_none(session: Session) -> None:
    by = make_user(session)
    assert board_goals.set_marks(session, {"overdue": (1, 2), "pool": DEFAULT_MARKS["pool"]}, actor_id=by.id) == 1
    assert board_goals.marks(session)["overdue"] == (1, 2)
    with pytest.raises(Refused, match="mark_wrong"):
        board_goals.set_marks(session, {"crm": (3, 4), "overdue": (5, 5)}, actor_id=by.id)
    assert board_goals.marks(session) == DEFAULT_MARKS | {"overdue": (1, 2)}


def test_a_mark_cannot_be_turned_round(session: Session) -> None:
    with pytest.raises(Refused, match="mark_direction"):
        board_goals.set_marks(session, {"connect_rate": (20, 30)}, actor_id=make_user(session).id)


def test_the_own_goal_counts_before_the_one_of_the_group(session: Session) -> None:
    group, by = make_group(session), make_user(session)
    keen, other = make_operator(session, group), make_operator(session, group)
    board_goals.set_goal(session, "group", group.id, Goal(calls=80, leads=5), actor_id=by.id)
    board_goals.set_goal(session, "user", keen.user_id, Goal(leads=9), actor_id=by.id)
    assert board_goals.goal_for(session, keen.user_id) == Goal(calls=80, leads=9)
    assert board_goals.goal_for(session, other.user_id) == Goal(calls=80, leads=5)
    board_goals.set_goal(session, "user", keen.user_id, Goal(), actor_id=by.id)
    assert board_goals.goal_for(session, keen.user_id) == Goal(calls=80, leads=5)


@pytest.mark.parametrize("goal", [Goal(calls=0), Goal(leads=-1), Goal(connects=10**9)])
def test_a_goal_that_cannot_be_is_refused(session: Session, goal: Goal) -> None:
    person = make_operator(session)
    with pytest.raises(Refused, match="goal_wrong"):
        board_goals.set_goal(session, "user", person.user_id, goal, actor_id=person.user_id)


def test_nobody_has_no_goal(session: Session) -> None:
    with pytest.raises(Refused, match="goal_wrong"):
        board_goals.set_goal(session, "user", 2_000_000_000, Goal(calls=1), actor_id=make_user(session).id)
