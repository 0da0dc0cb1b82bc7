"""The storm: senders die at random, the gateway fails and loses answers; counted is who was written to how often."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app import models
from app.database import sqlalchemy_url
from tests.crm.servers import Plain, running
from tests.sms.gateways import make_gateway
from tests.sms.servers import HTML, FakeSmsc, FakeSmsRu

ROOT = Path(__file__).resolve().parents[2]
FAILS, LOSES, SLOWEST_S = 0.05, 0.05, 0.2
_MESSAGES = text("""
    INSERT INTO sms_message (phone, text, ground)
    SELECT '7900' || lpad(n::text, 7, '0'), 'Добрый день', 'command' FROM generate_series(1, :n) n
""")


@dataclass(frozen=True)
class Outcome:
    written_to: Counter[str]  # phones, by how often
    states: dict[str, int]
    kills: int
    seconds: float

    @property
    def twice(self) -> int:
        return sum(1 for n in self.written_to.values() if n > 1)


class StormySmsc(FakeSmsc):
    """Keeps our ids, as SMSC.ru does; a repeated request counts as a second message, as it is one an hour later."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.rng, self.written_to = random.Random(seed), Counter[str]()

    def answer(self, page: str, told: dict[str, str]) -> Any:
        chance = self.rng.random()
        time.sleep(self.rng.random() * SLOWEST_S if page == "send.php" else 0)
        if chance < FAILS:
            return 502, HTML, "text/html"
        if page == "send.php":
            self.written_to[told["phones"]] += 1
        done = super().answer(page, told)
        return None if chance < FAILS + LOSES else done


class StormySmsRu(FakeSmsRu):
    """Knows nothing of our ids: what is lost there stays lost."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.rng, self.written_to = random.Random(seed), Counter[str]()

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        chance = self.rng.random()
        time.sleep(self.rng.random() * SLOWEST_S if path == "/sms/send" else 0)
        if chance < FAILS:
            return 502, HTML
        done = super().__call__(method, path, headers, body)
        if path == "/sms/send":
            self.written_to[dict(item.split("=", 1) for item in body.decode().split("&"))["to"]] += 1
        return None if chance < FAILS + LOSES else done


def blow(server: Any, database: str, *, kind: str, messages: int, kills: int, seed: int = 1) -> Outcome:
    """`server` and `database` are the fixtures of these names."""
    world: Any = StormySmsc(seed) if kind == "smsc" else StormySmsRu(seed)
    engine = create_engine(sqlalchemy_url(database))
    environment = os.environ | server.environment(database) | {"PYTHONPATH": str(ROOT)}
    with running(world if kind == "smsc" else Plain(world)) as gateway:
        with Session(engine) as session:
            more = {"secrets": {"api_id": world.api_id}} if kind == "smsru" else {}
            make_gateway(session, gateway.url, kind=kind, **more)
            for name, value in (("sms_hours_from", 0), ("sms_hours_to", 24)):
                session.add(models.Setting(name=name, value=value))
            session.execute(_MESSAGES, {"n": messages})
            session.commit()
        if kind == "smsc":
            world.world.balance, world.world.most = 1e6, messages
        began = time.monotonic()
        alive = [_start(environment) for _ in range(3)]
        try:
            killed = _kill(engine, alive, environment, messages, kills, random.Random(seed))
            _wait(engine, end=time.monotonic() + 90)
        finally:
            for process in alive:
                process.kill()
                process.wait()
        states = _states(engine)
    engine.dispose()
    return Outcome(world.written_to, states, killed, time.monotonic() - began)


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "tests.sms.a_sender"], cwd=ROOT, env=environment)


def _kill(engine: Any, alive: list[Any], environment: dict[str, str], messages: int, kills: int, rng: Any) -> int:
    """Kills are spread over the work: the n-th when n of kills+1 parts are sent, at a moment nobody chose."""
    killed, end = 0, time.monotonic() + 600
    while killed < kills and time.monotonic() < end:
        waiting = _states(engine).get("waiting", 0)
        if not waiting:
            break
        if messages - waiting > messages * killed / (kills + 1):
            time.sleep(rng.random() * SLOWEST_S)
            which = rng.randrange(len(alive))
            alive[which].send_signal(signal.SIGKILL)
            alive[which].wait()
            alive[which] = _start(environment)
            killed += 1
        else:
            time.sleep(0.02)
    return killed


def _states(engine: Any) -> dict[str, int]:
    with engine.connect() as c:
        rows = c.execute(text("SELECT state, count(*) FROM sms_message GROUP BY state"))
        return {row.state: row.count for row in rows}


def _wait(engine: Any, end: float) -> None:
    while time.monotonic() < end and _states(engine).keys() & {"waiting", "sending", "sent"}:
        time.sleep(0.1)
