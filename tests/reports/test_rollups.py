"""A report tells the same whether its days are rolled up, live or changed since, whatever happened."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

import app.reports
from app import models, registry
from app.domain.periods import Period
from app.reports import Question, Report
from app.reports._families import FAMILIES
from app.reports.answers import ask
from app.reports.rollups import closed_days, last_settled, roll_up_changed, roll_up_missing
from tests import factories
from tests.reports.conftest import DAYS, NOW, happen

MOSCOW = ZoneInfo("Europe/Moscow")
REPORTS = registry.members(app.reports, Report)


def _some(table: str, which: str = "true") -> str:
    return f"id = (SELECT id FROM {table} WHERE {which} ORDER BY random() LIMIT 1)"  # noqa: S608  constants below


EDITS = (
    f"UPDATE call SET outcome = 'busy', talk_ms = NULL WHERE {_some('call')}",
    f"UPDATE call SET created_at = created_at - interval '30 hours' WHERE {_some('call')}",
    f"DELETE FROM call WHERE {_some('call')}",
    f"UPDATE vehicle SET city_id = :city WHERE {_some('vehicle')}",
    f"UPDATE ad SET city_id = :city WHERE {_some('ad')}",
    f"UPDATE call SET card_id = (SELECT id FROM card ORDER BY random() LIMIT 1) WHERE {_some('call')}",
    f"UPDATE ad SET published_at = published_at - interval '2 days' WHERE {_some('ad')}",
    f"UPDATE card SET filter_id = :filter, version = 2 WHERE {_some('card')}",
    f"UPDATE card SET matched_at = matched_at - interval '1 day' WHERE {_some('card')}",
    f"UPDATE sms_message SET state = 'delivered', cost = 3.45 WHERE {_some('sms_message')}",
    f"DELETE FROM sms_message WHERE {_some('sms_message')}",
    f"DELETE FROM status_change WHERE {_some('status_change')}",
    f"UPDATE callback SET done_at = at + interval '10 minutes' WHERE {_some('callback')}",
    f"UPDATE callback SET at = at - interval '26 hours' WHERE {_some('callback')}",
    f"DELETE FROM callback WHERE {_some('callback')}",
    f"UPDATE crm_push SET state = 'done', done_at = created_at + interval '3 days' WHERE {_some('crm_push')}",
    f"DELETE FROM crm_push WHERE {_some('crm_push')}",
    f"UPDATE lead_stage SET at = at - interval '1 day' WHERE {_some('lead_stage')}",
    "UPDATE operator_state SET until = until + interval '25 hours' WHERE "
    + _some("operator_state", "until < now() - interval '30 hours'"),
    "UPDATE status SET is_closing = NOT is_closing WHERE id = :status",
)  # fmt: skip


MISPLACED = """
  SELECT count(*) FROM call c LEFT JOIN card k ON k.id = c.card_id LEFT JOIN vehicle v ON v.id = k.vehicle_id
  WHERE c.city_id IS DISTINCT FROM v.city_id
"""


def edit(session, world, times: int) -> None:
    chance = world["chance"]
    for _ in range(times):
        values = {"city": chance.choice(world["cities"]), "filter": chance.choice(world["filters"]),
                  "status": chance.choice(world["statuses"])}  # fmt: skip
        session.execute(text("SELECT setseed(:seed)"), {"seed": chance.random()})
        session.execute(text(chance.choice(EDITS)), values)


def everything(session, zone=MOSCOW) -> dict[tuple[str, str], list]:
    """Every report by every grouping, over a period that reaches back before the first happening."""
    today = NOW.astimezone(zone).date()
    period = Period(today - timedelta(DAYS + 5), today)
    told = {}
    for name, report in REPORTS.items():
        for grouping in report.groupings:
            answer = ask(session, report, Question(period, grouping.key), zone=zone, now=NOW)
            told[name, grouping.key] = [answer.total.values, *((row.key, row.values) for row in answer.rows)]
    return told


def raw(session, zone=MOSCOW):
    """The same with no day rolled up."""
    nested = session.begin_nested()
    session.execute(text("DELETE FROM rolled_day"))
    told = everything(session, zone)
    nested.rollback()
    return told


@pytest.mark.parametrize("seed", range(1, 3))
def test_a_report_equals_the_raw_scan_after_any_edits(session, world, seed):
    world["chance"].seed(seed)
    happen(session, world, 120)
    assert roll_up_missing(session, MOSCOW, NOW, back_days=DAYS + 6, most=10_000) > 0
    assert everything(session) == raw(session)
    for _ in range(6):
        happen(session, world, 8)
        edit(session, world, 4)
        assert everything(session) == raw(session), "marked days are told live"
        assert session.execute(text(MISPLACED)).scalar() == 0, "a call stands where its car stands"
        if world["chance"].random() < 0.6:
            roll_up_changed(session, MOSCOW, NOW)
            assert session.execute(text("SELECT count(*) FROM dirty_moment")).scalar() == 0
            assert everything(session) == raw(session), "and rolled up again they are the same"
            roll_up_missing(session, MOSCOW, NOW, back_days=DAYS + 6, most=10_000)


def test_another_time_zone_makes_every_day_a_new_one(session, world):
    happen(session, world, 80)
    roll_up_missing(session, MOSCOW, NOW, back_days=DAYS + 6, most=10_000)
    east = ZoneInfo("Asia/Vladivostok")
    assert everything(session, east) == raw(session, east)
    roll_up_missing(session, east, NOW, back_days=DAYS + 6, most=10_000)
    assert everything(session, east) == raw(session, east)


def test_today_and_a_day_that_has_just_ended_are_not_rolled_up(session):
    assert last_settled(datetime(2026, 11, 23, 20, 59, tzinfo=UTC), MOSCOW).isoformat() == "2026-11-22"
    assert last_settled(datetime(2026, 11, 23, 21, 30, tzinfo=UTC), MOSCOW).isoformat() == "2026-11-22"
    assert last_settled(datetime(2026, 11, 23, 23, 0, tzinfo=UTC), MOSCOW).isoformat() == "2026-11-23"


def test_a_second_pass_has_nothing_to_do(session, world):
    happen(session, world, 30)
    roll_up_missing(session, MOSCOW, NOW, back_days=DAYS, most=10_000)
    assert roll_up_missing(session, MOSCOW, NOW, back_days=DAYS, most=10_000) == 0
    roll_up_changed(session, MOSCOW, NOW)
    assert roll_up_changed(session, MOSCOW, NOW) == 0


def test_a_late_record_marks_its_day(session, world):
    happen(session, world, 30)
    roll_up_missing(session, MOSCOW, NOW, back_days=DAYS, most=10_000)
    roll_up_changed(session, MOSCOW, NOW)
    late = NOW - timedelta(days=3)
    told = {"type": "individual", "state": "ended", "outcome": "answered", "phone": factories.fictional_phone()}
    session.add(models.Call(asterisk_id=world["server"], created_at=late, ended_at=late, talk_ms=1000, **told))
    session.flush()
    day = late.astimezone(MOSCOW).date()
    assert day not in closed_days(session, FAMILIES["hour"], Period(day, day), MOSCOW)
    assert roll_up_changed(session, MOSCOW, NOW) > 0
    assert day in closed_days(session, FAMILIES["hour"], Period(day, day), MOSCOW)
