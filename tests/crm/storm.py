"""The storm: workers die at random, the CRM fails and loses answers; counted is what has arrived in the end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.database import sqlalchemy_url
from tests.crm.connections import make_bitrix
from tests.crm.servers import FakeBitrix24, running

ROOT = Path(__file__).resolve().parents[2]
_LEADS = text("""
    WITH car AS (INSERT INTO vehicle (title, price) SELECT 'Лада № ' || n, 500000 FROM generate_series(1, :n) n
                 RETURNING id),
    card AS (INSERT INTO card (vehicle_id, stage) SELECT id, 9 FROM car RETURNING id)
    INSERT INTO lead (card_id, status_id, payload) SELECT id, (SELECT id FROM status WHERE makes_lead LIMIT 1),
      jsonb_build_object('title', 'Лада', 'phones', jsonb_build_array('7900000' || lpad((id % 10000)::text, 4, '0')))
    FROM card
""")
_PUSHES = text("INSERT INTO crm_push (connection_id, lead_id, what) SELECT :id, id, 'lead' FROM lead")


@dataclass(frozen=True)
class Outcome:
    leads: int
    arrived: int  # different leads over there
    effects: int  # leads made over there, doubles counted
    left: int  # pushes that are not done
    attempts: int
    kills: int
    seconds: float
    makings: int  # requests that asked the CRM to make a lead

    @property
    def repeats_pct(self) -> float:
        """Requests to make a lead that had been asked for before. A CRM that fails 5 % of them causes 5 % by itself."""
        return 100 * (self.makings - self.leads) / self.leads


def blow(server: Any, database: str, *, leads: int, kills: int, workers: int = 3, seed: int = 1) -> Outcome:
    """`server` and `database` are the fixtures of these names."""
    rng = random.Random(seed)
    engine = create_engine(sqlalchemy_url(database))
    environment = os.environ | server.environment(database) | {"PYTHONPATH": str(ROOT)}
    with running(FakeBitrix24()) as portal:
        with Session(engine) as session:
            connection = make_bitrix(session, portal)
            session.execute(_LEADS, {"n": leads})
            session.execute(_PUSHES, {"id": connection.id})
            session.commit()
        portal.chance, portal.fails, portal.loses = random.Random(seed), 0.05, 0.05
        began = time.monotonic()
        alive = [_start(environment) for _ in range(workers)]
        try:
            killed = _storm(engine, alive, environment, leads, kills, rng)
            _wait(engine, end=time.monotonic() + 120)
        finally:
            for process in alive:
                process.kill()
                process.wait()
        seconds = time.monotonic() - began
        origins = Counter(row["ORIGIN_ID"] for row in portal.world.rows["lead"].values())
        with engine.connect() as c:
            left, attempts = c.execute(
                text("SELECT count(*) FILTER (WHERE state <> 'done'), sum(attempts_n) FROM crm_push")
            ).one()
    engine.dispose()
    return Outcome(
        leads, len(origins), sum(origins.values()), int(left), int(attempts), killed, seconds, _makings(portal)
    )


def _makings(portal: FakeBitrix24) -> int:
    """How often a lead was asked for, alone or in a batch with its contact, whatever became of the request."""
    return sum(
        any(said.startswith("crm.item.add?entityTypeId=1&") for said in params["cmd"].values())
        if method == "batch"
        else method == "crm.item.add" and str(params["entityTypeId"]) == "1"
        for method, params in portal.called
    )


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.crm.a_pusher"], cwd=ROOT, env=environment)


def _storm(
    engine: Any, alive: list[Any], environment: dict[str, str], leads: int, kills: int, rng: random.Random
) -> int:
    """Kills are spread over the work: the n-th when n of kills+1 parts have arrived, at a moment nobody chose."""
    killed, end = 0, time.monotonic() + 600
    while killed < kills and time.monotonic() < end:
        done = _done(engine)
        if done >= leads:
            break
        if done >= leads * killed / (kills + 1):
            time.sleep(rng.random() * 0.05)
            which = rng.randrange(len(alive))
            alive[which].send_signal(signal.SIGKILL)
            alive[which].wait()
            alive[which] = _start(environment)
            killed += 1
        else:
            time.sleep(0.02)
    return killed


def _done(engine: Any) -> int:
    with engine.connect() as c:
        return int(c.execute(text("SELECT count(*) FROM crm_push WHERE state = 'done'")).scalar_one())


def _wait(engine: Any, end: float) -> None:
    while time.monotonic() < end:
        with engine.connect() as c:
            if not c.execute(text("SELECT count(*) FROM crm_push WHERE state = 'waiting'")).scalar_one():
                return
        time.sleep(0.1)
