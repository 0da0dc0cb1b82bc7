"""How soon the board is drawn: one hundred operators, a day of their calls, a pool of cards."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.services import board_live
from bench.harness import Plan, Row, engine_of, within
from bench.reports import FILL

ZONE = "Europe/Moscow"
CALLS, QUICK_CALLS, CARDS, OPERATORS = 1_000_000, 100_000, 20_000, 100  # calls: of a year; today's are the last
MADE = """
  INSERT INTO operator_group (id, name) SELECT 1000 + n, 'Группа ' || n FROM generate_series(1, 5) n;
  INSERT INTO operator_profile (user_id, group_id, presence)
    SELECT 1000 + n, 1001 + n % 5, 'ready' FROM generate_series(1, 100) n;
  INSERT INTO ad_filter (id, name, is_enabled, all_russia, group_id)
    SELECT 1000 + n, 'Фильтр ' || n, true, true, 1001 + n % 5 FROM generate_series(1, 30) n;
"""
TODAY = """
  INSERT INTO call (type, state, outcome, asterisk_id, trunk_id, phone, operator_id, created_at, ended_at, talk_ms)
  SELECT 'individual', 'ended', CASE WHEN n % 3 = 0 THEN 'answered' ELSE 'busy' END, 1, 1 + n % 5,
         '79' || lpad((n * 104729::bigint % 1000000000)::text, 9, '0'), 1001 + n % 100,
         CAST(:now AS timestamptz) - n * interval '30 seconds', CAST(:now AS timestamptz), 60000
  FROM generate_series(1, :n) n;
"""
POOL = """
  WITH v AS (INSERT INTO vehicle (title) SELECT 'Авто ' || n FROM generate_series(1, :n) n RETURNING id)
  INSERT INTO card (vehicle_id, stage, filter_id, group_id, operator_id)
    SELECT id, id % 3, 1001 + id % 30, 1001 + id % 5, CASE WHEN id % 3 > 0 THEN 1001 + id % 100 END FROM v;
"""


def bench(plan: Plan) -> list[Row]:
    now = datetime.now(UTC)
    with plan.server.database() as url, engine_of(url) as engine:
        with engine.begin() as connection:
            for words in (FILL, MADE):
                connection.execute(text(words))
            connection.execute(text(TODAY), {"n": QUICK_CALLS if plan.quick else CALLS, "now": now})
            connection.execute(text(POOL), {"n": CARDS})
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
        times = []
        for _ in range(15):
            with Session(engine) as session:
                started = time.perf_counter()
                found = board_live.snapshot(session, now, ZONE)
                times.append((time.perf_counter() - started) * 1000)
                assert len(found.operators) >= OPERATORS
        return [within("board, 100 operators (ms)", sorted(times)[len(times) // 2], 300, f"worst {max(times):.0f}")]
