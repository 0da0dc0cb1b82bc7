"""P20: what a page costs the web server's processors, beside a bare Flask route and beside a generated list.

Run: python -m bench pages. All three are served by gunicorn with the product's settings and asked over loopback.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

from bench.desk_data import FIRST_OPERATOR, fill
from bench.harness import Plan, Row, at_most, engine_of
from bench.web import ROOT, Browser, Served, free_port, give_roles, product, served

REQUESTS = 300
SUPERVISOR = FIRST_OPERATOR + 400
DESK, LIST = "/desk/?tab=new", "/cardview/list/?psize_CardView=50"


def bench(plan: Plan) -> list[Row]:
    few = 60 if plan.quick else REQUESTS
    with ExitStack() as stack:
        url = stack.enter_context(plan.server.database())
        with engine_of(url) as engine:
            fill(engine, 200_000)
            give_roles(engine, [FIRST_OPERATOR], [SUPERVISOR])
        ours = stack.enter_context(served(*_product(plan, url)))
        bare = stack.enter_context(served(*_bare()))
        operator, supervisor, nobody = Browser(ours.port), Browser(ours.port), Browser(bare.port)
        assert operator.log_in("bench1") and supervisor.log_in(f"bench{SUPERVISOR - FIRST_OPERATOR + 1}")
        pages = {
            "bare": (bare, nobody, "/", few * 10),  # the clock of processes ticks in 10 ms
            "desk": (ours, operator, DESK, few),
            "list": (ours, operator, "/desk/list?tab=new", few),
            "poll": (ours, operator, "/desk/counts", few),
            "generated": (ours, supervisor, LIST, max(10, few // 10)),
        }
        times: dict[str, list[float]] = {name: [] for name in pages}
        for turn in range(plan.rounds + 1):
            for name, page in pages.items():
                seconds = _cost(*page)
                if turn:
                    times[name].append(seconds)
    return [
        at_most("P20 desk, a part of the page with 50 rows / bare Flask route, CPU", times["list"], times["bare"], 5),
        at_most("P20 desk, the whole page / bare Flask route, CPU", times["desk"], times["bare"], 5),
        at_most("P20 desk, the whole page / generated list of 50 rows, CPU", times["desk"], times["generated"], 0.2),
        at_most("P20 counters of the desk / bare Flask route, CPU", times["poll"], times["bare"], 5),
    ]


def _cost(server: Served, browser: Browser, path: str, n: int) -> float:
    """CPU seconds of one request."""
    before = server.cpu_s()
    for _ in range(n):
        status = browser.get(path)
        assert status == 200, (path, status)
    return (server.cpu_s() - before) / n


def _product(plan: Plan, url: str) -> tuple[list[str], dict[str, str], int, str]:
    port = free_port()
    return (*product(os.environ | plan.server.environment(url), port), port, "/readyz")


def _bare() -> tuple[list[str], dict[str, str], int, str]:
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--chdir", str(ROOT), "-b", f"127.0.0.1:{port}", "-w", "2",
               "-k", "gthread", "--threads", "8", "bench.bare:app"]  # fmt: skip
    return command, dict(os.environ), port, "/"
