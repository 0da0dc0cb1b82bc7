"""The board's snapshot: every number equals what the tables say."""

from __future__ import annotations

import random
from datetime import timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import Lead
from app.services import board_live
from app.services.board_live import Day
from tests.factories import NOON, make_card, make_filter, make_group, make_operator, make_status
from tests.services.calls_made import make_asterisk, make_call, make_trunk

ZONE = "Europe/Moscow"


def test_the_day_of_everybody_equals_the_raw_rows(session: Session) -> None:
    rng, group, server = random.Random(6), make_group(session), make_asterisk(session)
    people = [make_operator(session, group) for _ in range(3)]
    status = make_status(session)
    for _ in range(40):
        outcome = rng.choice(["answered", "no_answer", "busy"])
        make_call(
            session, server, operator_id=rng.choice(people).user_id, outcome=outcome,
            type=rng.choice(["individual", "callback", "incoming", "campaign"]),
            created_at=NOON - timedelta(hours=rng.randint(0, 30)),
            talk_ms=rng.randint(1, 90_000) if outcome == "answered" else None,
        )  # fmt: skip
    session.add(Lead(card_id=make_card(session).id, status_id=status.id, by_id=people[0].user_id, created_at=NOON))
    session.flush()
    midnight = NOON.astimezone(ZoneInfo(ZONE)).replace(hour=0, minute=0)
    found = board_live.snapshot(session, NOON, ZONE)
    for person in people:
        raw = session.execute(
            text("""
            SELECT count(*), count(*) FILTER (WHERE outcome = 'answered'),
                   coalesce(sum(talk_ms) FILTER (WHERE outcome = 'answered'), 0)
            FROM call WHERE operator_id = :id AND type <> 'incoming' AND created_at >= :midnight
            """),
            {"id": person.user_id, "midnight": midnight},
        ).one()
        leads = 1 if person is people[0] else 0
        shown = next(one for one in found.operators if one.seat.user_id == person.user_id)
        assert shown.day == Day(*map(int, raw), leads)
        assert board_live.day_of(session, person.user_id, NOON, ZONE) == shown.day
    team = next(one for one in found.teams if one.group.id == group.id)
    assert team.day == sum((one.day for one in found.operators if one.seat.group_id == group.id), Day())


def test_a_live_call_is_what_its_operator_works_on(session: Session) -> None:
    person, server = make_operator(session), make_asterisk(session)
    trunk = make_trunk(session, server)
    opened, called = make_card(session, operator=person, stage=2), make_card(session, operator=person)
    shown = next(o for o in board_live.snapshot(session, NOON, ZONE).operators if o.seat.user_id == person.user_id)
    assert shown.now is None or shown.now.card_id == opened.id
    make_call(session, server, state="talking", operator_id=person.user_id, card_id=called.id, trunk_id=trunk.id)
    found = board_live.snapshot(session, NOON, ZONE)
    shown = next(one for one in found.operators if one.seat.user_id == person.user_id)
    assert shown.now is not None
    assert shown.now.card_id == called.id
    assert next(line for line in found.lines if line.id == trunk.id).busy == 1


def test_what_waits_is_counted_and_its_oldest_told(session: Session) -> None:
    wanted = make_filter(session)
    before = board_live.snapshot(session, NOON, ZONE).waits.pool
    for hours in (1, 5):
        make_card(session, ad_filter=wanted, opened_at=NOON - timedelta(hours=hours))
    found = board_live.snapshot(session, NOON, ZONE)
    assert found.waits.pool == before + 2
    assert found.waits.oldest <= NOON - timedelta(hours=5)
    assert found.tones["oldest_min"] == "danger"
