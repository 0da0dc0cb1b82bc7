"""The operator's own day on the desk: what was done since midnight, against the supervisor's goal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from app.models import OperatorProfile
from app.services import board_goals
from app.services.board_goals import Goal
from tests.factories import get_user
from tests.services.calls_made import make_asterisk, make_call


def test_the_desk_counts_ones_own_day_against_the_goal(session: Session, as_operator: Any) -> None:
    me, server = get_user(session, "operator"), make_asterisk(session)
    if session.get(OperatorProfile, me.id) is None:
        session.add(OperatorProfile(user_id=me.id))
        session.flush()
    board_goals.set_goal(session, "user", me.id, Goal(calls=3), actor_id=me.id)
    now = datetime.now(UTC)
    for _ in range(2):
        make_call(session, server, operator_id=me.id, created_at=now)
    make_call(session, server, operator_id=me.id, created_at=now, outcome="no_answer", talk_ms=None)
    make_call(session, server, operator_id=me.id, created_at=now - timedelta(days=2))
    make_call(session, server, operator_id=get_user(session, "operator2").id, created_at=now)
    assert 'hx-get="/desk/day"' in as_operator.get("/desk/").text
    told = as_operator.get("/desk/day").text
    assert "<b>3</b>" in told
    assert "/ 3" in told
    assert "<b>2</b>" in told
