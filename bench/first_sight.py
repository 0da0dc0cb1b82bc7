"""How soon an operator sees the desk through a line of 1 Mbit/s, and what the page weighs: Chromium, throttled.

Run: python -m bench sight. Needs what the tests need (`make test` once): Playwright and a Chromium. The first visit has
an empty cache, the second the cache of the first; log-in has gone before and counts for neither.
"""

from __future__ import annotations

import os
import shutil
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING

from sqlalchemy import text

from bench.desk_data import FIRST_OPERATOR, fill
from bench.harness import Plan, Row, engine_of, skipped, within
from bench.idle import PHONES
from bench.web import Browser, free_port, give_roles, product, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Chromium
    from playwright.sync_api import CDPSession, Page

LINE_BYTES_S, LATENCY_MS = 1_000_000 / 8, 40  # 1 Mbit/s; the way of a packet there and back
FIRST_S, AGAIN_S = 3.5, 1.5
FIRST_KB, NEXT_KB = 350, 30
NAMES = (
    "largest paint of the desk at 1 Mbit/s, first visit, s",
    "largest paint of the desk at 1 Mbit/s, second visit, s",
    "first visit, compressed, KB",
    "a result and the next ad, compressed, KB",
)
BOUNDS = (FIRST_S, AGAIN_S, FIRST_KB, NEXT_KB)
_PAINTED = """() => new Promise(done => {
  let at = 0;
  const told = list => list.getEntries().forEach(entry => { at = entry.startTime; });
  const observer = new PerformanceObserver(told);
  observer.observe({type: 'largest-contentful-paint', buffered: true});
  setTimeout(() => { told({getEntries: () => observer.takeRecords()}); done(at); }, 500);
})"""


def bench(plan: Plan) -> list[Row]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError:
        return _left_out("no Playwright; `make test` installs it")
    with ExitStack() as stack:
        playwright = stack.enter_context(sync_playwright())
        try:
            chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        except Error as trouble:
            return _left_out(str(trouble).splitlines()[0][:80])
        stack.callback(chromium.close)
        url = stack.enter_context(plan.server.database())
        with engine_of(url) as engine:
            fill(engine, 120_000 if plan.quick else 500_000)
            give_roles(engine, [FIRST_OPERATOR], [])
            with engine.begin() as connection:
                connection.execute(text(PHONES))
        port = free_port()
        stack.enter_context(served(*product(os.environ | plan.server.environment(url), port), port, "/readyz"))
        operator = Browser(port)
        assert operator.log_in("bench1")
        found = [_visits(chromium, f"http://127.0.0.1:{port}", operator.cookies) for _ in range(plan.rounds)]
    return [
        within(name, median(column), most, f"{min(column):.2f}..{max(column):.2f}")
        for name, most, column in zip(NAMES, BOUNDS, zip(*found, strict=True), strict=True)
    ]


def _left_out(why: str) -> list[Row]:
    return [skipped(name, f"<= {most:g}", why) for name, most in zip(NAMES, BOUNDS, strict=True)]


def _visits(chromium: Chromium, address: str, cookies: dict[str, str]) -> tuple[float, float, float, float]:
    """Seconds of the first and second visit, then KB of the first and of «Next» after it."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080}, locale="ru-RU")
    try:
        context.add_cookies([{"name": name, "value": value, "url": address} for name, value in cookies.items()])
        page = context.new_page()
        line = context.new_cdp_session(page)
        sizes = _throttled(line)
        first = _painted(page, address)
        first_kb = sum(sizes) / 1024
        again = _painted(page, address)
        sizes.clear()
        with page.expect_response(lambda answer: answer.url.endswith("/desk/next")):
            page.keyboard.press("Alt+KeyN")
        page.wait_for_selector(".desk-card")
        page.wait_for_load_state("networkidle")
        return first, again, first_kb, sum(sizes) / 1024
    finally:
        context.close()


def _throttled(line: CDPSession) -> list[float]:
    """The returned list grows by the bytes that each answer took on the wire."""
    sizes: list[float] = []
    line.send("Network.enable")
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": LATENCY_MS, "downloadThroughput": LINE_BYTES_S, "uploadThroughput": LINE_BYTES_S},
    )
    line.on("Network.loadingFinished", lambda told: sizes.append(told["encodedDataLength"]))
    return sizes


def _painted(page: Page, address: str) -> float:
    page.goto(address + "/desk/")
    page.wait_for_load_state("networkidle")
    milliseconds: float = page.evaluate(_PAINTED)
    assert milliseconds > 0, "Chromium told no largest paint"
    return milliseconds / 1000
