"""What the CRM costs and what it may do to us: leads in a storm of deaths and lost answers, and a large sync.

Run: python -m bench crm. Two thousand leads, three workers, fifty kills -9 at moments nobody chose, a CRM that fails
5 % of its calls and loses 5 % of its answers; then fifty thousand clients read by a process of its own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from bench.harness import Plan, Row, engine_of, none_of, within
from tests.crm.connections import make_bitrix
from tests.crm.servers import FakeBitrix24, running
from tests.crm.storm import blow

ROOT = Path(__file__).resolve().parents[1]
PER_SECOND = 8.0  # four times a portal's own limit, so that ten minutes become two; the ratio is the same


def bench(plan: Plan) -> list[Row]:
    leads, kills, clients = (300, 8, 5_000) if plan.quick else (2_000, 50, 50_000)
    with plan.server.database() as url:
        rows = _storm(plan.server, url, leads, kills)
    with plan.server.database() as url, engine_of(url) as engine:
        rows += _sync(plan, engine, url, clients)
    return rows


def _storm(server: Any, url: str, leads: int, kills: int) -> list[Row]:
    told = blow(server, url, leads=leads, kills=kills)
    note = f"{told.kills} kills, {told.seconds:.0f} s"
    return [
        none_of(f"leads lost of {leads}", leads - told.arrived + told.left),
        none_of("leads made twice", told.effects - told.arrived),
        within("repeats, %", told.repeats_pct, 10, "a lead asked for that had been asked for before"),
        # A CRM that fails 5 % of its calls is asked again: those are no repeats of what was done.
        within("attempts per lead", told.attempts / leads, 1.35, note),
    ]


def _sync(plan: Plan, engine: Any, url: str, clients: int) -> list[Row]:
    with running(FakeBitrix24()) as portal:
        for n in range(clients):
            portal.world.put("contact", {"NAME": f"Имя {n}", "PHONE": [{"VALUE": f"+7900{n:07d}"}]})
        with Session(engine) as session:
            connection_id = make_bitrix(session, portal).id
            session.commit()
        told = subprocess.run(
            [sys.executable, "-m", "tests.crm.a_reader", str(connection_id), str(PER_SECOND)], cwd=ROOT,
            env=os.environ | plan.server.environment(url), check=True, capture_output=True, text=True,
        ).stdout.split()  # fmt: skip
        requests = len(portal.called)
    return [
        none_of(f"clients lost of {clients}", clients - int(told[0])),
        within("sync, memory, MB", float(told[2]), 300),
        within("sync, times the limit's own time", float(told[1]) / (requests / PER_SECOND), 1.2, f"{told[1]} s"),
    ]
