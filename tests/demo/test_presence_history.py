"""The month of working time before the demonstration: told by its calls, once, and nobody in two states at a time."""

from __future__ import annotations

from sqlalchemy import text

from app.demo import calls, presence_history
from tests.factories import NOON, make_operator


def test_the_month_of_calls_tells_who_was_at_work(session):
    operators = [make_operator(session).user_id for _ in range(2)]
    calls.install(session, operators, NOON)
    n = presence_history.install(session, "Europe/Moscow")
    assert n > 1000 and presence_history.install(session, "Europe/Moscow") == 0
    kinds = session.execute(text("SELECT DISTINCT state FROM operator_state")).scalars().all()
    assert set(kinds) == {"talking", "wrap_up", "ready", "paused"}
    overlapping = session.execute(
        text("""SELECT count(*) FROM operator_state a JOIN operator_state b ON b.user_id = a.user_id AND b.id <> a.id
                AND b.since < a.until AND b.until > a.since""")
    )
    assert overlapping.scalar() == 0
