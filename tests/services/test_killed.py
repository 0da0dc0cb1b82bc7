"""A process is killed in the middle of its work: what it did is there as a whole or not at all, and is done again."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from app import models
from app.extensions import db
from app.jobs import job_named, run_job
from app.models import NEW, POOL
from app.services import counters, dealing, matching
from tests import factories

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def start(server, own_database) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    processes = []

    def starting(*argv: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.services.a_classified", *map(str, argv)],
            cwd=ROOT, env=os.environ | server.environment(own_database), stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        processes.append(process)
        return process

    yield starting
    for process in processes:
        process.kill()
        process.communicate()


def kill_at(process: subprocess.Popen[str], word: str, times: int = 1) -> None:
    for line in process.stdout:
        times -= line.startswith(word)
        if not times:
            process.kill()
            process.wait()
            return
    pytest.fail(f"ended before {word!r}")


def count(session, what: str) -> int:
    session.rollback()
    return session.execute(text(f"SELECT count(*) FROM {what}")).scalar_one()


@pytest.fixture
def source(session):
    row = factories.make_source(session, "exchange")
    session.commit()
    return row


def test_a_killed_import_has_stored_nothing_and_the_second_finishes_the_work(session, source, start):
    kill_at(start("import", source.id), "read 400")
    assert [count(session, table) for table in ("ad", "vehicle", "card", "ad_price")] == [0, 0, 0, 0]
    second = start("import", source.id)
    assert "done" in second.communicate(timeout=120)[0]
    assert count(session, "ad") == 600
    assert count(session, "ad WHERE vehicle_id IS NULL") == 0
    assert count(session, "vehicle v WHERE NOT EXISTS (SELECT 1 FROM card c WHERE c.vehicle_id = v.id)") == 0


def test_joining_that_was_killed_is_finished_by_the_job(session, app, source, start):
    kill_at(start("join", source.id), "joined", times=2)
    assert count(session, "ad WHERE vehicle_id IS NOT NULL") == 50
    assert count(session, "ad a JOIN card c ON c.vehicle_id = a.vehicle_id WHERE c.stage = 0") >= 50
    assert run_job(app, job_named("join_ads")) == {"joined": 550}
    assert count(session, "ad WHERE vehicle_id IS NULL") == 0
    assert run_job(app, job_named("join_ads")) == {}
    assert count(session, "(SELECT vehicle_id FROM card WHERE stage < 9 GROUP BY 1 HAVING count(*) > 1) twice") == 0


def test_a_killed_deal_has_given_nothing_and_the_next_deals_it_all(session, start):
    group = factories.make_group(session)
    factories.make_filter(session, group, open_cap=50)
    now = datetime.now(UTC)
    operators = [factories.make_operator(session, group, seen_at=now) for _ in range(2)]
    for _ in range(12):
        factories.make_card(session)
    matching.match_cards(session, now)
    session.commit()
    kill_at(start("deal", 0), "dealt 12")
    stages = session.scalars(select(models.Card.stage)).all()
    assert set(stages) == {POOL}
    assert count(session, "assignment") == 0
    assert count(session, "operator_profile WHERE open_n + new_n + day_n + hour_n > 0") == 0
    assert dealing.deal_cards(session, now, "Europe/Moscow").given == 12
    session.commit()
    session.expire_all()
    assert session.scalar(select(func.count()).where(models.Card.stage == NEW)) == 12
    assert sum(operator.open_n for operator in operators) == 12
    assert counters.count_anew(db.session()) == 0
