"""The month of SMS before the demonstration: settled, plausible, written once."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy.orm import Session

from app.demo import calls, sms_history, sms_setup
from app.models import SmsMessage
from app.services import sms_sending
from tests.factories import NOON, make_operator
from tests.sms.gateways import KEYS


def test_a_month_of_messages_is_written_once_and_none_goes_out(app: Any, session: Session) -> None:
    assert sms_history.install(session, NOON) == 0, "without gateway and calls there is nothing to tell"
    sms_setup.install(session, app.config["PROZVON"])
    calls.install(session, [make_operator(session).user_id for _n in range(3)], NOON)
    n = sms_history.install(session, NOON)
    assert n > 100 and sms_history.install(session, NOON) == 0
    rows = session.query(SmsMessage).all()
    states = Counter(row.state for row in rows)
    assert 0.8 < states["delivered"] / n < 0.95 and set(states) == {"delivered", "expired", "failed", "unknown"}
    assert all(row.created_at < row.sent_at < NOON and "{" not in row.text and row.parts for row in rows)
    assert all((row.cost is None) == (row.state == "unknown") for row in rows)
    assert {row.ground for row in rows} == {"operator", "missed_calls"}
    session.commit()
    assert sms_sending.send_next(session, KEYS, NOON) == "", "it is history: nothing of it waits"
