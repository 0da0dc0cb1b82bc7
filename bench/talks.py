"""Real calls on the laboratory's Asterisk: from the click to the operator's ringing; fifty recorded talks at once."""

from __future__ import annotations

import shutil
import tempfile
import time
import wave
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import quantiles

import psutil

import config
from app.lab.tree import missing
from bench.harness import Plan, Row, none_of, skipped, within
from tests.telephony.gateway import House, Process
from tests.telephony.lab import Lab, wait_for
from tests.telephony.wire import Wire

SENT_BOUND, RINGING_BOUND, CPU_BOUND = 0.3, 0.5, 0.02
TALKS, TALK_S = 50, 10
NAMES = (
    "telephony: order row -> Originate sent, p95, s",
    "telephony: click -> the operator's telephone rings, p95, s",
    "telephony: idle process, share of one core",
    f"telephony: of {TALKS} talks at once, recorded, ended untrue",
)


def bench(plan: Plan) -> list[Row]:
    if why := missing():
        return [skipped(name, "", why) for name in NAMES]
    with ExitStack() as stack:
        url = stack.enter_context(plan.server.database())
        environment = plan.server.environment(url)
        lab = stack.enter_context(_lab(url))
        wire = stack.enter_context(Wire(lab.ami_port))
        lab.sql("""INSERT INTO ab_user (first_name, last_name, username, email, password, active)
                   SELECT 'Оператор', n::text, 'operator' || CASE WHEN n = 1 THEN '' ELSE n::text END,
                          n || '@bench.test', '', true FROM generate_series(1, 50) n""")  # fmt: skip
        house = House(lab, config.load(environment), port=wire.port)
        _telephones(house)
        process = stack.enter_context(Process(environment))
        house.wait_up(60)
        seen = psutil.Process(process.process.pid)
        idle = _idle(seen, 10 if plan.quick else 30)
        clicks = 20 if plan.quick else 100
        sent, rang = _clicks(house, wire, clicks)
        untrue, note = _many(house, seen)
    return [
        within(NAMES[0], _p95(sent), SENT_BOUND, f"{clicks} clicks, worst {max(sent):.3f}"),
        within(NAMES[1], _p95(rang), RINGING_BOUND, f"{clicks} clicks, worst {max(rang):.3f}"),
        within(NAMES[2], idle[0], CPU_BOUND, f"{idle[1] / 2**20:.0f} MB of memory"),
        none_of(NAMES[3], untrue)._replace(spread=note),
    ]


@contextmanager
def _lab(url: str) -> Iterator[Lab]:
    folder = Path(tempfile.mkdtemp(prefix="prozvon-bench-lab-"))
    lab = Lab(folder, url)
    try:
        yield lab.start()
    finally:
        lab.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _telephones(house: House) -> None:
    house.lab.sql("DELETE FROM phone_account")
    people = house.lab.sql("SELECT id FROM ab_user WHERE username LIKE 'operator%%' ORDER BY id LIMIT %s", TALKS)
    for (user_id,) in people:
        house.lab.add_phone(f"op{user_id}")
        house.lab.sql("INSERT INTO phone_account (user_id, asterisk_id, extension) VALUES (%s, %s, %s)",
                      user_id, house.id, f"op{user_id}")  # fmt: skip


def _idle(process: psutil.Process, seconds: float) -> tuple[float, int]:
    """Share of one core, and memory."""
    wait_for(lambda: _cpu_s(process, 1.0) < 0.2, 30)
    return _cpu_s(process, seconds) / seconds, process.memory_info().rss


def _cpu_s(process: psutil.Process, seconds: float) -> float:
    before = process.cpu_times()
    time.sleep(seconds)
    after = process.cpu_times()
    return after.user + after.system - before.user - before.system


def _clicks(house: House, wire: Wire, n: int) -> tuple[list[float], list[float]]:
    """One after another, each to a busy seller: the operator's telephone is what is measured."""
    asked: dict[str, float] = {}
    for _ in range(n):
        at = time.time()
        link = house.ask_call("79000000086")
        asked[link] = at
        house.wait_state(link, "ended")
    rows = house.lab.sql(
        """SELECT c.link, extract(epoch FROM min(e.at))::float FROM call c JOIN call_event e ON e.call_id = c.id
           WHERE e.name = 'OperatorRang' GROUP BY c.link"""
    )
    rang = {link: at - asked[link] for link, at in rows if link in asked}
    assert len(rang) == n, f"{n - len(rang)} telephones did not ring"
    return [at - asked[link] for at, link in wire.originated if link in asked], list(rang.values())


def _many(house: House, process: psutil.Process) -> tuple[int, str]:
    people = [row[0] for row in house.lab.sql("SELECT user_id FROM phone_account ORDER BY user_id")]
    before, started = process.cpu_times(), time.monotonic()
    links = []
    for n, house.operator in enumerate(people):
        links.append(house.ask_call(f"7900000{n:02d}55"))
        time.sleep(0.1)
    talking = "SELECT count(*) FROM call WHERE state = 'talking'"
    wait_for(lambda: house.lab.sql(talking)[0][0] == len(links), 30)
    time.sleep(TALK_S)
    at_once = house.lab.sql(talking)[0][0]
    for link in links:
        house.order(link, "hangup")
    wait_for(lambda: house.lab.sql("SELECT count(*) FROM call WHERE state <> 'ended'")[0][0] == 0, 30)
    after, took = process.cpu_times(), time.monotonic() - started
    share = (after.user + after.system - before.user - before.system) / took
    untrue = sum(not _is_true(house, link) for link in links) + len(links) - at_once
    return untrue, f"{at_once} at once for {TALK_S} s, our process took {share:.0%} of a core"


def _is_true(house: House, link: str) -> bool:
    """Answered, and its file is as long as the talk."""
    call = house.call(link)
    path = house.lab.recordings / f"{link}.wav"
    if call["outcome"] != "answered" or not path.exists():
        return False
    with wave.open(str(path)) as sound:
        seconds = sound.getnframes() / sound.getframerate()
    return abs(seconds - call["talk_ms"] / 1000) < 1.0


def _p95(values: list[float]) -> float:
    return quantiles(values, n=20)[-1]
