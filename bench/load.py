"""A working day's rush: operators and supervisors at once on one server, with a report.

Run: python -m bench.load [--minutes 10] [--rate 40]; `make load` runs the ten minutes. Requests start on a timetable
that does not wait for answers, as people do not; a late start counts as waiting. Ends with 1 outside of the bounds.
"""

from __future__ import annotations

import argparse
import os
import queue
import random
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from statistics import median, quantiles

from bench.desk_data import FIRST_OPERATOR, fill
from bench.harness import engine_of, running_server
from bench.staff import OPERATOR_DOES, SUPERVISOR_DOES, TROUBLES, Person
from bench.web import ROOT, free_port, give_roles, product, served

OPERATORS, SUPERVISORS = 100, 10
ADS = 500_000
SLOWEST_S, MOST_ERRORS, LOGIN_S = 0.3, 0.001, 2.0
LOGINS_IN_S = 60
KEPT = ROOT / "var" / "load.txt"
ANSWERS = ("200", "204", "304", "409", "422")


class Report:
    def __init__(self) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        self.answers: Counter[tuple[str, str]] = Counter()
        self.web_share = 0.0  # of one core
        self._lock = threading.Lock()

    def note(self, what: str, seconds: float, answer: str) -> None:
        with self._lock:
            self.times[what].append(seconds)
            self.answers[what, answer] += 1

    @property
    def all_times(self) -> list[float]:
        return [one for times in self.times.values() for one in times]

    @property
    def errors(self) -> int:
        """What a person would see as broken: also being sent to log in again. A refusal in words is an answer."""
        return sum(n for (_, answer), n in self.answers.items() if answer not in ANSWERS)

    def lines(self) -> list[str]:
        told = []
        for what, times in sorted(self.times.items()):
            kinds = ", ".join(f"{a} × {n}" for (w, a), n in sorted(self.answers.items()) if w == what)
            middle, slow, most = (1000 * one for one in (median(times), p95(times), max(times)))
            told.append(
                f"{what:<16}{len(times):>7}  p50 {middle:6.0f} ms  p95 {slow:6.0f} ms  max {most:6.0f} ms   {kinds}"
            )
        return told


def p95(times: Sequence[float]) -> float:
    return quantiles(times, n=20)[-1] if len(times) > 1 else max(times, default=0.0)


def log_in_all(people: Sequence[Person]) -> Report:
    """Everybody comes to work within a minute."""
    report = Report()
    _on_timetable(
        [n * LOGINS_IN_S / len(people) for n in range(len(people))], lambda n, due: _arrive(people[n], due, report)
    )
    return report


def _arrive(person: Person, due: float, report: Report) -> None:
    with person.lock:
        try:
            answer = "200" if person.arrive() else "refused"
        except TROUBLES as trouble:
            answer = type(trouble).__name__
        report.note("log in", time.monotonic() - due, answer)


def rush(people: Sequence[Person], rate: float, seconds: float) -> Report:
    report, rng = Report(), random.Random(7)
    moments = [n / rate + rng.random() / rate for n in range(int(rate * seconds))]
    chosen = rng.choices(people, k=len(moments))
    _on_timetable(moments, lambda n, due: _act(chosen[n], due, report))
    return report


def _act(person: Person, due: float, report: Report) -> None:
    with person.lock:
        person.do(person.choose(), due, report)


def _on_timetable(moments: Sequence[float], act: Callable[[int, float], None], hands: int = 48) -> None:
    waiting: queue.Queue[tuple[int, float] | None] = queue.Queue()

    def hand() -> None:
        while (task := waiting.get()) is not None:
            act(*task)

    threads = [threading.Thread(target=hand, daemon=True) for _ in range(hands)]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    for number, moment in enumerate(moments):
        time.sleep(max(0.0, began + moment - time.monotonic()))
        if number and int(moment // 60) > int(moments[number - 1] // 60):
            print(f"... {moment / 60:.0f} min", flush=True)
        waiting.put((number, began + moment))
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()


def main(argv: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--rate", type=float, default=40, help="requests per second")
    parser.add_argument("--ads", type=int, default=ADS, help="adverts in the database")
    chosen = parser.parse_args(argv)
    with ExitStack() as stack:
        server = stack.enter_context(running_server())
        url = stack.enter_context(server.database())
        with engine_of(url) as engine:
            fill(engine, chosen.ads)
            operators = [FIRST_OPERATOR + n for n in range(OPERATORS)]
            supervisors = [FIRST_OPERATOR + 400 + n for n in range(SUPERVISORS)]
            give_roles(engine, operators, supervisors)
        port = free_port()
        command, environment = product(os.environ | server.environment(url), port)
        web = stack.enter_context(served(command, environment, port, "/readyz"))
        people = [Person(port, f"bench{n + 1}", OPERATOR_DOES, n) for n in range(OPERATORS)]
        people += [Person(port, f"bench{n + 401}", SUPERVISOR_DOES, n) for n in range(SUPERVISORS)]
        log_ins = log_in_all(people)
        before, began = web.cpu_s(), time.monotonic()
        report = rush(people, chosen.rate, chosen.minutes * 60)
        report.web_share = (web.cpu_s() - before) / (time.monotonic() - began)
    return judge(log_ins, report, chosen.minutes)


def judge(log_ins: Report, report: Report, minutes: float) -> int:
    """Prints the report and keeps it in var/load.txt; 1 when a bound is not held."""
    slow, share, entry = p95(report.all_times), report.errors / max(1, len(report.all_times)), p95(log_ins.all_times)
    held = {
        f"p95 {1000 * slow:.0f} ms <= {1000 * SLOWEST_S:.0f} ms": slow <= SLOWEST_S,
        f"errors {share:.4%} < {MOST_ERRORS:.1%}": share < MOST_ERRORS,
        f"log-ins that failed: {log_ins.errors} of {len(log_ins.all_times)}": log_ins.errors == 0,
        f"log in within {LOGINS_IN_S} s: p95 {entry:.2f} s <= {LOGIN_S:g} s": entry <= LOGIN_S,
    }
    told = [
        *log_ins.lines(),
        *report.lines(),
        "",
        f"{len(report.all_times)} requests in {minutes:g} min by {OPERATORS} operators and {SUPERVISORS} supervisors;",
        f"the web server used {report.web_share:.0%} of one core;",
        f"server, database and whoever asked shared the {os.cpu_count()} cores of this machine.",
        *(f"{'ok' if is_held else 'OUT OF BOUND':<12} {words}" for words, is_held in held.items()),
    ]
    print("\n".join(told))
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text("\n".join(told) + "\n", encoding="utf-8")
    return int(not all(held.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
