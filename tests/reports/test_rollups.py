"""A report tells the same whether its days are rolled up, live or changed since, whatever happened."""

from __future__ import annotations

import random
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

MOSCOW = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAYS = 12
REPORTS = registry.members(app.reports, Report)


@pytest.fixture
def world(session):
    """A small call centre: operators, cities, filters, cars with cards."""
    chance = random.Random(7)
    cities = [factories.make_city(session) for _ in range(3)]
    makes = [factories.make_make(session) for _ in range(2)]
    sources = [factories.make_source(session) for _ in range(2)]
    operators = [factories.make_operator(session).user_id for _ in range(3)]
    filters = [factories.make_filter(session) for _ in range(2)]
    statuses = [factories.make_status(session, is_closing=n > 1, is_reached=n % 2 == 0) for n in range(4)]
    server = models.Asterisk(name="А", ami_host="127.0.0.1", ami_user="x")
    session.add(server)
    session.flush()
    trunk = models.Trunk(asterisk_id=server.id, name="Линия", endpoint="line")
    session.add(trunk)
    session.flush()
    prefix = models.DialPrefix(trunk_id=trunk.id, digits="98")
    session.add(prefix)
    cards = []
    for _ in range(25):
        at = _moment(chance)
        vehicle = factories.make_vehicle(session, city_id=chance.choice(cities).id, make_id=chance.choice(makes).id,
                                         published_at=at)  # fmt: skip
        ad = factories.make_ad(session, source=chance.choice(sources), vehicle=vehicle, city_id=vehicle.city_id,
                               make_id=vehicle.make_id, published_at=at, first_seen_at=at)  # fmt: skip
        vehicle.ad_id = ad.id
        card = factories.make_card(session, vehicle, filter_id=chance.choice(filters).id, matched_at=_moment(chance))
        cards.append(card.id)
    session.flush()
    return {
        "chance": chance, "cities": [city.id for city in cities], "operators": operators, "cards": cards,
        "filters": [row.id for row in filters], "statuses": [row.id for row in statuses], "server": server.id,
        "trunk": trunk.id, "prefix": prefix.id,
    }  # fmt: skip


def _moment(chance: random.Random) -> datetime:
    return NOW - timedelta(seconds=chance.randrange(DAYS * 86400))


def happen(session, world, times: int) -> None:
    for _ in range(times):
        world["chance"].choice((_call, _call, _given, _result, _state, _lead, _message))(session, world)


def _call(session, world) -> None:
    chance, at = world["chance"], _moment(world["chance"])
    outcome = chance.choice(("answered", "busy", "no_answer"))
    session.add(models.Call(
        type=chance.choice(("individual", "campaign", "callback", "incoming")), state="ended", outcome=outcome,
        asterisk_id=world["server"], trunk_id=chance.choice((world["trunk"], None)), prefix_id=world["prefix"],
        phone=factories.fictional_phone(chance.randrange(9)), operator_id=chance.choice(world["operators"]),
        card_id=chance.choice([*world["cards"], None]), created_at=at, ended_at=at + timedelta(minutes=1),
        talk_ms=chance.randrange(90_000) if outcome == "answered" else None,
        ring_ms=chance.choice((None, chance.randrange(30_000))),
    ))  # fmt: skip
    session.flush()


def _given(session, world) -> None:
    chance, at = world["chance"], _moment(world["chance"])
    session.add(models.Assignment(
        card_id=chance.choice(world["cards"]), operator_id=chance.choice(world["operators"]), from_at=at,
        until_at=at + timedelta(hours=1), taken_at=chance.choice((None, at)), why="dealt",
    ))  # fmt: skip
    session.flush()


def _result(session, world) -> None:
    chance = world["chance"]
    session.add(models.StatusChange(
        card_id=chance.choice(world["cards"]), new_id=chance.choice(world["statuses"]),
        by_id=chance.choice(world["operators"]), at=_moment(chance),
    ))  # fmt: skip
    session.flush()


def _state(session, world) -> None:
    chance, since = world["chance"], _moment(world["chance"])
    session.add(models.OperatorState(
        user_id=chance.choice(world["operators"]), state=chance.choice(("ready", "lunch")), since=since,
        until=min(NOW, since + timedelta(hours=chance.randrange(1, 60))),
    ))  # fmt: skip
    session.flush()


def _lead(session, world) -> None:
    chance = world["chance"]
    session.execute(
        text("""INSERT INTO lead (card_id, status_id, by_id, created_at) VALUES (:c, :s, :o, :at)
                ON CONFLICT DO NOTHING"""),
        {"c": chance.choice(world["cards"]), "s": chance.choice(world["statuses"]),
         "o": chance.choice(world["operators"]), "at": _moment(chance)},
    )  # fmt: skip


def _message(session, world) -> None:
    chance, at = world["chance"], _moment(world["chance"])
    session.add(models.SmsMessage(
        card_id=chance.choice([*world["cards"], None]), phone=factories.fictional_phone(chance.randrange(9)),
        text="Здравствуйте", parts=chance.randrange(1, 4), state=chance.choice(("waiting", "delivered", "failed")),
        ground=chance.choice(("operator", "status")), by_id=chance.choice([*world["operators"], None]),
        cost=chance.choice((None, chance.randrange(1, 900) / 100)), created_at=at, sent_at=chance.choice((None, at)),
    ))  # fmt: skip
    session.flush()


def _some(table: str, which: str = "true") -> str:
    return f"id = (SELECT id FROM {table} WHERE {which} ORDER BY random() LIMIT 1)"  # noqa: S608  constants below


EDITS = (
    f"UPDATE call SET outcome = 'busy', talk_ms = NULL WHERE {_some('call')}",
    f"UPDATE call SET created_at = created_at - interval '30 hours' WHERE {_some('call')}",
    f"DELETE FROM call WHERE {_some('call')}",
    f"UPDATE vehicle SET city_id = :city WHERE {_some('vehicle')}",
    f"UPDATE ad SET city_id = :city WHERE {_some('ad')}",
    f"UPDATE ad SET published_at = published_at - interval '2 days' WHERE {_some('ad')}",
    f"UPDATE card SET filter_id = :filter, version = 2 WHERE {_some('card')}",
    f"UPDATE card SET matched_at = matched_at - interval '1 day' WHERE {_some('card')}",
    f"UPDATE sms_message SET state = 'delivered', cost = 3.45 WHERE {_some('sms_message')}",
    f"DELETE FROM sms_message WHERE {_some('sms_message')}",
    f"DELETE FROM status_change WHERE {_some('status_change')}",
    "UPDATE operator_state SET until = until + interval '25 hours' WHERE "
    + _some("operator_state", "until < now() - interval '30 hours'"),
    "UPDATE status SET is_closing = NOT is_closing WHERE id = :status",
)  # fmt: skip


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
