"""Calls at random on the laboratory's Asterisk while things break at random; in the end each call has one true outcome.

Run: python -m bench.soak [--minutes 5] [--seed N]; `make soak`. Breaks: Asterisk killed, the telephony process killed,
the wire between them cut, the database away. Ends with 1 when a call stays open, ends untrue or is dialled twice.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from contextlib import ExitStack

import config
from app.lab.tree import missing
from bench.harness import Server, running_server
from bench.talks import _lab
from tests.databases import name_of
from tests.telephony.gateway import House, Process, wait_for_line
from tests.telephony.lab import Lab
from tests.telephony.test_faults import away
from tests.telephony.wire import Wire

# What a seller with this ending does, and so which outcomes are true. What breaks may end any call sooner.
TRUE = {"99": {"answered"}, "86": {"busy"}, "80": {"no_answer"}, "90": {"rejected"}, "04": {"wrong_number"}}
BROKEN = {"cancelled", "failed", "lost", "no_answer", "answered", "unavailable"}
SETTLE_S, BREAK_S, AFTERMATH_S = 60, (8, 20), 6.0


class Soak:
    def __init__(self, server: Server, lab: Lab, wire: Wire, rng: random.Random, seconds: float) -> None:
        self.server, self.lab, self.wire, self.rng = server, lab, wire, rng
        self.environment = server.environment(lab.url)
        self.house = House(lab, config.load(self.environment), port=wire.port)
        self.end = time.monotonic() + seconds
        self.asked: dict[str, tuple[str, float]] = {}
        self.broken: list[tuple[float, float]] = []
        self.done: Counter[str] = Counter()
        self.process = Process(self.environment)

    def run(self) -> None:
        self.house.wait_up(60)
        next_break = time.monotonic() + self.rng.uniform(*BREAK_S)
        while time.monotonic() < self.end:
            if time.monotonic() > next_break:
                self._break()
                next_break = time.monotonic() + self.rng.uniform(*BREAK_S)
            self._call()
            time.sleep(self.rng.uniform(0.2, 1.0))

    def _call(self) -> None:
        if self.lab.sql("SELECT count(*) FROM call WHERE state <> 'ended'")[0][0]:
            return  # one operator has one live call
        tail = self.rng.choice(list(TRUE))
        self.asked[self.house.ask_call(f"790000000{tail}")] = tail, time.time()

    def _break(self) -> None:
        name = self.rng.choice(("asterisk", "process", "wire", "database"))
        self.done[name] += 1
        began = time.time()
        if name == "asterisk":
            self.lab.asterisk.kill()
            time.sleep(self.rng.uniform(0, 2))
            self.lab.asterisk.start()
            wait_for_line(self.lab)
        elif name == "process":
            self.process.kill()
            time.sleep(self.rng.uniform(0, 2))
            self.process.__exit__()
            self.process = Process(self.environment)
        elif name == "wire":
            self.wire.cut()
        else:
            with away(self.server, name_of(self.lab.url)):
                time.sleep(self.rng.uniform(0.5, 4))
        self.broken.append((began, time.time() + AFTERMATH_S))

    def settle(self) -> float:
        """How long the last call took to end once nothing broke any more."""
        started = time.monotonic()
        while time.monotonic() - started < SETTLE_S:
            if not self.lab.sql("SELECT 1 FROM call WHERE state <> 'ended'"):
                break
            time.sleep(0.2)
        return time.monotonic() - started

    def judge(self) -> list[str]:
        wrong = []
        for link, (tail, asked_at) in self.asked.items():
            call = self.house.call(link)
            ended_at = call["ended_at"].timestamp() if call["ended_at"] else time.time()
            calm = not any(began < ended_at and asked_at < over for began, over in self.broken)
            if call["state"] != "ended":
                wrong.append(f"{link} ({tail}) is still {call['state']}")
            elif call["outcome"] not in TRUE[tail] | (set() if calm else BROKEN):
                wrong.append(f"{link} ({tail}) ended {call['outcome']}")
            elif call["outcome"] == "answered" and tail != "99":
                wrong.append(f"{link} ({tail}) cannot have been answered")
        dialled = Counter(link for _at, link in self.wire.originated)
        return wrong + [f"{link} was dialled {n} times" for link, n in dialled.items() if n > 1]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=None)
    chosen = parser.parse_args(arguments)
    if why := missing():
        print(why)
        return 1
    seed = chosen.seed if chosen.seed is not None else random.SystemRandom().randrange(10**6)
    with ExitStack() as stack:
        server = stack.enter_context(running_server())
        url = stack.enter_context(server.database())
        lab = stack.enter_context(_lab(url))
        lab.sql("""INSERT INTO ab_user (first_name, last_name, username, email, password, active)
                   VALUES ('Оператор', '1', 'operator', '1@soak.test', '', true)""")
        lab.add_phone("op1")
        wire = stack.enter_context(Wire(lab.ami_port))
        soak = Soak(server, lab, wire, random.Random(seed), chosen.minutes * 60)  # noqa: S311  which breaks are chosen
        try:
            soak.run()
            took = soak.settle()
            wrong = soak.judge()
            ends = Counter(str(row[0]) for row in lab.sql("SELECT outcome FROM call"))
        finally:
            soak.process.__exit__()
    broke = ", ".join(f"{name} {n}" for name, n in sorted(soak.done.items()))
    print(f"seed {seed}: {len(soak.asked)} calls, broken: {broke or 'nothing'}; the last ended after {took:.1f} s")
    print("outcomes: " + ", ".join(f"{name} {n}" for name, n in ends.most_common()))
    print("\n".join(wrong) or "each call has one true outcome, none was dialled twice")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
