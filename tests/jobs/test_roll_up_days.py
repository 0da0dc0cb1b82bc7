"""The job counts ended days once and does nothing the second time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import text

from app import models
from app.jobs import roll_up_days
from tests import factories


def test_ended_days_are_counted_once(session):
    operator = factories.make_operator(session).user_id
    since = datetime.now(UTC) - timedelta(days=4)
    session.add(models.OperatorState(user_id=operator, state="ready", since=since, until=since + timedelta(hours=30)))
    session.commit()
    assert roll_up_days.run()["new"] > 0
    spent = session.execute(text("SELECT sum(spent_s) FROM day_by_state WHERE operator_id = :o"), {"o": operator})
    assert spent.scalar() == 30 * 3600
    assert roll_up_days.run() == {"changed": 0, "new": 0}
