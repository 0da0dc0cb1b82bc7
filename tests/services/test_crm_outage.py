"""The CRM is down for a day: nobody at work notices, nothing is lost, and afterwards it is not flooded."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from app import models
from app.crm import Rate
from app.crm.bitrix24 import Bitrix24
from app.services import crm_push
from app.wording_crm import comment_text
from tests.crm.connections import KEYS, make_bitrix, make_lead, pushes
from tests.crm.servers import FakeBitrix24, running

LEADS = 24
LIMIT = Rate(20, 10)  # requests a second, and how many at once: a portal's own limit, ten times as quick


@pytest.fixture
def portal() -> Iterator[FakeBitrix24]:
    with running(FakeBitrix24()) as server:
        server.drain = LIMIT.per_second
        yield server


def rate(monkeypatch: pytest.MonkeyPatch, rate: Rate) -> None:
    monkeypatch.setattr(Bitrix24, "rate", rate)


def drain(session: Any, now: datetime) -> dict[str, int]:
    return crm_push.drain(session, KEYS, comment_text, go_on=lambda: True, now=lambda: now)


def next_due(session: Any) -> datetime:
    return session.execute(text("SELECT min(next_at) FROM crm_push WHERE state = 'waiting'")).scalar_one()


def test_after_a_day_without_the_crm_every_lead_arrives_once_at_the_speed_it_allows(
    own_database, app, session, portal, monkeypatch
):
    make_bitrix(session, portal)
    portal.chance, portal.fails = random.Random(1), 1.0  # every request is answered by 500
    rate(monkeypatch, Rate(10_000, 10_000))
    began = now = datetime.now(UTC)
    while now < began + timedelta(hours=24):
        hour = int((now - began) / timedelta(hours=1))
        while len(pushes(session)) <= min(hour, LEADS - 1):  # cards are closed with success all day
            make_lead(session, phone=f"7900000{len(pushes(session)):04d}")
        session.commit()
        counts = drain(session, now)
        assert not counts["pushed"] and not counts["failed"]
        now = max(now + timedelta(seconds=1), min(next_due(session), now + timedelta(hours=1)))
    assert {push.state for push in pushes(session)} == {"waiting"} and len(pushes(session)) == LEADS
    tries = max(push.attempts_n for push in pushes(session))
    assert tries < 40, "it is asked ever more rarely"

    portal.fails, portal.level, portal.room = (
        0.0,
        0.0,
        LIMIT.burst + 2.0,
    )  # it is back, and says 503 to whoever asks too quickly
    portal.called.clear()
    rate(monkeypatch, LIMIT)
    session.execute(text("DELETE FROM crm_turn"))
    session.commit()
    started = time.monotonic()
    assert drain(session, now + timedelta(hours=1)) == {"pushed": LEADS, "put_off": 0, "failed": 0}
    seconds, requests = time.monotonic() - started, len(portal.called)
    assert requests - LIMIT.burst <= LIMIT.per_second * (seconds + 0.2)
    assert seconds <= 1.5 * requests / LIMIT.per_second, "and no slower than it allows"
    there = [row["ORIGIN_ID"] for row in portal.world.rows["lead"].values()]
    assert sorted(there) == sorted(session.scalars(select(models.Lead.key))) and len(set(there)) == LEADS
    assert set(session.scalars(select(models.Lead.state))) == {"sent"}


def test_people_work_on_while_the_crm_keeps_a_worker_waiting(own_database, app, session, portal, as_operator):
    make_bitrix(session, portal)
    make_lead(session)
    session.commit()
    portal.script = [3.0, 3.0]
    told: list[str] = []

    def push() -> None:
        from app.extensions import db

        with app.app_context():
            told.append(crm_push.deliver(db.session(), KEYS, comment_text))
            db.session.remove()

    worker = threading.Thread(target=push)
    worker.start()
    while not portal.called:
        assert worker.is_alive()
        time.sleep(0.01)
    began = time.monotonic()
    assert as_operator.get("/desk/").status_code == 200
    make_lead(session)  # the closing of another card with success
    session.commit()
    assert time.monotonic() - began < 2 and worker.is_alive()
    worker.join()
    assert told == ["done"]
