"""The month of calls before the demonstration: plausible, invented, written once."""

from __future__ import annotations

import re
from collections import Counter

from sqlalchemy.orm import Session

from app.demo import calls
from app.models import Call, Trunk
from tests.factories import NOON, make_operator


def test_a_month_of_calls_is_written_once(session: Session) -> None:
    people = [make_operator(session).user_id for _n in range(3)]
    n = calls.install(session, people, NOON)
    assert n > 1000 and calls.install(session, people, NOON) == 0
    rows = session.query(Call).all()
    assert len(rows) == n and {row.operator_id for row in rows} == set(people)
    assert all(re.fullmatch(r"79\d\d000\d{4}", row.phone) for row in rows)
    assert all(row.state == "ended" and row.ended_at < NOON and row.created_at < row.ended_at for row in rows)
    outcomes = Counter(row.outcome for row in rows)
    assert 0.35 < outcomes["answered"] / n < 0.6 and len(outcomes) == 9


def test_nobody_made_two_calls_at_once_and_no_talk_is_without_its_answer(session: Session) -> None:
    person = make_operator(session).user_id
    calls.install(session, [person], NOON)
    rows = session.query(Call).order_by(Call.created_at).all()
    assert all(one.ended_at <= other.created_at for one, other in zip(rows, rows[1:], strict=False))
    assert all((row.talk_ms is not None) == (row.answered_at is not None) for row in rows)
    assert not any(line.is_enabled for line in session.query(Trunk))
