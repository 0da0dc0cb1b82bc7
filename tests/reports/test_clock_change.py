"""Days of 23 and 25 hours, and a midnight that does not exist: nothing is counted twice or lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app import models
from app.domain.periods import Period, begins
from app.reports import Question
from app.reports.answers import ask
from app.reports.call_types import CallTypes
from app.reports.presence import States
from app.reports.rollups import roll_up_missing
from tests import factories

# zone, the day whose clocks change, how many hours it has
CHANGES = (("Europe/Berlin", date(2025, 10, 26), 25), ("Europe/Berlin", date(2026, 3, 29), 23),
           ("America/Santiago", date(2025, 9, 7), 23))  # fmt: skip


@pytest.mark.parametrize(("name", "day", "hours"), CHANGES)
def test_a_day_of_changed_clocks_counts_its_own_hours(session, name, day, hours):
    zone, me = ZoneInfo(name), factories.make_operator(session).user_id
    server = models.Asterisk(name="А", ami_host="127.0.0.1", ami_user="x")
    session.add(server)
    session.flush()
    first = begins(day - timedelta(1), zone).astimezone(UTC)
    for n in range(2 * (48 + hours)):  # every half hour of the three days
        at = first + timedelta(minutes=30 * n)
        session.add(models.Call(type="incoming", state="ended", outcome="busy", asterisk_id=server.id,
                                phone=factories.fictional_phone(1), created_at=at, ended_at=at))  # fmt: skip
    whole = first + timedelta(hours=48 + hours)
    session.add(models.OperatorState(user_id=me, state="ready", since=first, until=whole))
    session.flush()
    now, period = datetime(2026, 11, 1, tzinfo=UTC), Period(day - timedelta(1), day + timedelta(1))

    def told() -> tuple[list[int], list[int], int]:
        calls = ask(session, CallTypes, Question(period, "day"), zone=zone, now=now)
        by_hour = ask(session, CallTypes, Question(period, "hour"), zone=zone, now=now)
        spent = ask(session, States, Question(period, "day"), zone=zone, now=now)
        return ([row.values[0] for row in calls.rows], [row.values[0] for row in spent.rows], by_hour.total.values[0])

    expected = ([48, 2 * hours, 48], [24, hours, 24], 2 * (48 + hours))
    assert told() == expected
    roll_up_missing(session, zone, now, back_days=500, most=20_000)
    assert told() == expected, "and the same from the roll-up"
