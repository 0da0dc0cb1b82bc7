"""A small call centre for the tests of the reports, and all that can happen in it."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from app import models
from tests import factories

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAYS = 12


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
    crm = models.CrmConnection(name="CRM", adapter="webhook", hook_token="t" * 40)
    session.add_all([prefix, crm])
    session.flush()
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
        "crm": crm.id,
    }  # fmt: skip


def _moment(chance: random.Random) -> datetime:
    return NOW - timedelta(seconds=chance.randrange(DAYS * 86400))


def happen(session, world, times: int) -> None:
    for _ in range(times):
        world["chance"].choice(HAPPENINGS)(session, world)


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


def _callback(session, world) -> None:
    """Planned hours before, called near its time or not at all, and perhaps done."""
    chance, at = world["chance"], _moment(world["chance"])
    card = chance.choice(world["cards"])
    session.execute(
        text("UPDATE callback SET done_at = at + interval '2 hours' WHERE card_id = :c AND done_at IS NULL"),
        {"c": card},
    )
    session.add(models.Callback(
        card_id=card, operator_id=chance.choice([*world["operators"], None]), by_id=chance.choice(world["operators"]),
        at=at, is_automatic=chance.random() < 0.3, created_at=at - timedelta(hours=5),
        done_at=chance.choice((None, at - timedelta(hours=2), at + timedelta(minutes=20), at + timedelta(hours=30))),
    ))  # fmt: skip
    session.flush()
    if chance.random() < 0.5:
        near = at + timedelta(minutes=chance.randrange(-90, 60))
        session.add(models.Call(
            type="callback", state="ended", outcome="no_answer", asterisk_id=world["server"], card_id=card,
            phone=factories.fictional_phone(1), operator_id=world["operators"][0], created_at=near, ended_at=near,
        ))  # fmt: skip
        session.flush()


def _push(session, world) -> None:
    """Something of a lead on its way to the CRM, and perhaps a stage that the CRM told."""
    chance, at = world["chance"], _moment(world["chance"])
    lead = session.execute(
        text("SELECT id FROM lead ORDER BY id LIMIT 1 OFFSET :n"), {"n": chance.randrange(6)}
    ).scalar()
    if lead is None:
        return
    state, took = chance.choice(("waiting", "done", "failed", "dropped")), timedelta(seconds=chance.randrange(900))
    session.add(models.CrmPush(
        connection_id=world["crm"], lead_id=lead, what=f"note:{chance.randrange(10**9)}", state=state, created_at=at,
        attempts_n=chance.randrange(4), done_at=at + took if state == "done" else None,
    ))  # fmt: skip
    session.flush()
    session.execute(
        text("INSERT INTO lead_stage (lead_id, stage, at) VALUES (:l, :s, :at) ON CONFLICT DO NOTHING"),
        {"l": lead, "s": chance.choice(("in_work", "inspected", "bought", "refused")), "at": at},
    )


HAPPENINGS = (_call, _call, _given, _result, _state, _lead, _message, _callback, _callback, _push)
