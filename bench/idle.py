"""What five hundred operators with a telephone cost the web server while nobody calls: their desks ask now and then.

Run: python -m bench idle. The page's own question is asked as the page asks it, and answered 304, over loopback.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from sqlalchemy import text

from bench.desk_data import FIRST_OPERATOR, fill
from bench.harness import Plan, Row, engine_of, within
from bench.pages import _product
from bench.web import ROOT, Browser, Served, give_roles, served

PEOPLE, REQUESTS = 500, 500
PHONES = """
  INSERT INTO asterisk (id, name, ami_host, ami_user, state, seen_at)
    VALUES (1, 'bench', '127.0.0.1', 'bench', 'up', now() + interval '1 day');
  INSERT INTO phone_account (user_id, asterisk_id, extension, device_state)
    SELECT user_id, 1, 'op' || user_id, 'not_inuse' FROM operator_profile
"""


def bench(plan: Plan) -> list[Row]:
    with ExitStack() as stack:
        url = stack.enter_context(plan.server.database())
        with engine_of(url) as engine:
            fill(engine, 50_000 if plan.quick else 200_000)
            give_roles(engine, [FIRST_OPERATOR], [])
            with engine.begin() as connection:
                connection.execute(text(PHONES))
        ours = stack.enter_context(served(*_product(plan, url)))
        operator = Browser(ours.port)
        assert operator.log_in("bench1")
        _cost(ours, operator, 50)
        seconds = median(_cost(ours, operator, 100 if plan.quick else REQUESTS) for _ in range(plan.rounds))
    every = _every_s()
    note = f"{seconds * 1000:.2f} ms for a question, one in {every:g} s from each desk"
    return [within("500 idle operators with a telephone, share of one core", PEOPLE / every * seconds, 0.25, note)]


def _cost(server: Served, browser: Browser, n: int) -> float:
    """CPU seconds of one question that is answered «nothing new»."""
    path = "/desk/counts?phone=1"
    assert browser.get(path, {"X-Poll": "1"}) == 200
    before = server.cpu_s()
    for _ in range(n):
        assert browser.get(path, {"X-Poll": "1", "If-None-Match": browser.etag}) == 304
    return (server.cpu_s() - before) / n


def _every_s() -> float:
    """As the page has it: the figure follows the page, not the other way round."""
    script = Path(ROOT / "app" / "static" / "js" / "desk.js").read_text(encoding="utf-8")
    found = re.search(r"const POLL = (\d+)", script)
    assert found is not None
    return int(found[1]) / 1000
