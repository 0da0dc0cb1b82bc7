"""How soon a report is there among millions of calls: P14, P15, P16 its time, P18 what a changed day costs.

The divisors: counting the same calls by an index alone, and DuckDB over the same rows as parquet (left out where the
pip package duckdb is missing; it is only measured against, the product does not use it).
"""

from __future__ import annotations

import importlib.util
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.domain.periods import Period, begins
from app.reports import Question, Report, rollups
from app.reports._families import FAMILIES
from app.reports.answers import ask
from app.reports.call_types import CallTypes
from app.reports.connects_by_prefix import ConnectsByPrefix
from app.reports.operators import OperatorCalls
from bench.harness import Plan, Row, at_most, engine_of, interleaved, skipped, within

CALLS, QUICK_CALLS, DAYS = 20_000_000, 1_000_000, 725
ZONE = ZoneInfo("Europe/Moscow")
ASKED: tuple[tuple[type[Report], str], ...] = (
    (ConnectsByPrefix, "prefix"), (OperatorCalls, "operator"), (CallTypes, "type_outcome"),
)  # fmt: skip

# Multiplying by an odd number and cutting spreads the values without a random generator: the same data every time.
FILL = """
  INSERT INTO ab_user (id, first_name, last_name, username, active, email)
    SELECT 1000 + n, 'Имя', 'Фамилия ' || n, 'bench' || n, true, n || '@example.test'
    FROM generate_series(1, 100) n;
  INSERT INTO asterisk (id, name, ami_host, ami_user) VALUES (1, 'bench', '127.0.0.1', 'bench');
  INSERT INTO trunk (id, asterisk_id, name, endpoint)
    SELECT n, 1, 'Линия ' || n, 'line' || n FROM generate_series(1, 5) n;
  INSERT INTO dial_prefix (id, trunk_id, digits) SELECT n, 1 + n % 5, (90 + n)::text FROM generate_series(1, 15) n;
"""
# Without its indexes the table is filled in a minute; the one that reports use is made again.
ROWS = """
  INSERT INTO call (id, link, type, state, outcome, asterisk_id, trunk_id, prefix_id, caller_number, phone,
                    operator_id, created_at, ended_at, talk_ms, ring_ms)
  SELECT n, 'b' || n, (ARRAY['individual', 'individual', 'callback', 'campaign', 'incoming'])[1 + n * 7919 % 5],
         'ended', o.outcome, 1, 1 + p.id % 5, p.id, '7900000000' || n * 31 % 3,
         '79' || lpad((n * 104729 % 1000000000)::text, 9, '0'), 1001 + n * 131 % 100,
         at.at, at.at + interval '1 minute',
         CASE WHEN o.outcome = 'answered' THEN n * 7919 % 180000 END, n * 31 % 25000
  FROM generate_series(1::bigint, :n) n,
    LATERAL (SELECT CAST(:first AS timestamptz)
                    + n * (CAST(:days AS float) * 86400 / :n) * interval '1 second' AS at) at,
    LATERAL (SELECT 1 + n * 17 % 15 AS id) p,
    LATERAL (SELECT (ARRAY['answered', 'busy', 'no_answer', 'no_answer', 'unavailable'])[1 + n * 13 % 5] AS outcome) o
"""


def bench(plan: Plan) -> list[Row]:
    n = QUICK_CALLS if plan.quick else CALLS
    with ExitStack() as stack:
        engine = stack.enter_context(engine_of(stack.enter_context(plan.server.database())))
        started = time.monotonic()
        last = fill(engine, n)
        print(f"{'':13}{n:,} calls made in {time.monotonic() - started:.0f} s", flush=True)
        now = begins(last + timedelta(2), ZONE).astimezone(UTC)
        rows = [roll_up(engine, last, now)]
        month, year = Period(last - timedelta(29), last), Period(last - timedelta(364), last)
        rows += against_counting(plan, engine, month, now)
        rows += against_duckdb(plan, engine, year, now, Path(stack.enter_context(tempfile.TemporaryDirectory())))
        return rows


def fill(engine: Engine, n: int) -> date:
    """The last whole day that the calls reach."""
    today = datetime.now(ZONE).date()
    first = begins(today - timedelta(DAYS), ZONE)
    with engine.begin() as connection:
        connection.execute(text("SET session_replication_role = replica"))  # no marks: every day is new
        connection.execute(text(FILL))
        dropped = connection.execute(
            text("SELECT indexname FROM pg_indexes WHERE tablename = 'call' AND indexname LIKE 'call%'")
        )
        for name in dropped.scalars().all():
            if name not in ("call_pkey", "call_link_key"):
                connection.execute(text(f"DROP INDEX {name}"))
        connection.execute(text("ALTER TABLE call DROP CONSTRAINT IF EXISTS call_link_key"))
        connection.execute(text(ROWS), {"n": n, "first": first, "days": DAYS})
        connection.execute(text("CREATE INDEX call_at ON call (created_at DESC)"))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE call"))
    return today - timedelta(1)


def roll_up(engine: Engine, last: date, now: datetime) -> Row:
    """Fills the tables of the calls' families for a year; what one day of one family costs."""
    calls = [FAMILIES[key] for key in ("line", "caller", "hour")]
    spent = []
    with Session(engine) as session:
        for back in range(366):
            for family in calls:
                started = time.perf_counter()
                rollups._roll_up(session, family, last - timedelta(back), ZONE)
                session.flush()
                spent.append(time.perf_counter() - started)
        session.commit()
    ms = 1000 * sorted(spent)[len(spent) // 2]
    return within("a day of a report counted again, median, ms", ms, 20)


def against_counting(plan: Plan, engine: Engine, month: Period, now: datetime) -> list[Row]:
    found = []
    for report, group in ASKED:
        mine, theirs = interleaved(
            [asking(engine, report, group, month, now), counting(engine, month)], plan.rounds, time.perf_counter
        )
        found.append(at_most(f"P14 {report.key} of a month / counting its calls", mine, theirs, 0.5))
    return found


def asking(engine: Engine, report: type[Report], group: str, period: Period, now: datetime) -> Callable[[], Any]:
    def run() -> None:
        with Session(engine) as session:
            ask(session, report, Question(period, group), zone=ZONE, now=now)

    return run


def counting(engine: Engine, period: Period) -> Callable[[], Any]:
    values = {"a": begins(period.first, ZONE), "b": begins(period.last + timedelta(1), ZONE)}

    def run() -> None:
        with engine.connect() as connection:
            connection.execute(text("SELECT count(*) FROM call WHERE created_at >= :a AND created_at < :b"), values)

    return run


def against_duckdb(plan: Plan, engine: Engine, year: Period, now: datetime, folder: Path) -> list[Row]:
    name = "P15 {} of a year / DuckDB over parquet"
    if importlib.util.find_spec("duckdb") is None:
        return [skipped(name.format("reports"), "<= 1", "pip install duckdb to measure against it")]
    import duckdb

    told, parquet = folder / "calls.csv", folder / "calls.parquet"
    raw = engine.raw_connection()
    with told.open("wb") as file, raw.cursor() as cursor:
        cursor.copy_expert(
            "COPY (SELECT type, outcome, trunk_id, prefix_id, operator_id, talk_ms, ring_ms,"
            " extract(epoch FROM created_at)::bigint AS moment FROM call) TO STDOUT (FORMAT csv, HEADER)", file,
        )  # fmt: skip
    raw.close()
    duck = duckdb.connect()
    duck.execute("SET threads = 2")
    duck.execute(f"COPY (FROM read_csv('{told}')) TO '{parquet}' (FORMAT parquet)")
    told.unlink()
    a, b = (int(begins(day, ZONE).timestamp()) for day in (year.first, year.last + timedelta(1)))
    groups = {"prefix": "trunk_id, prefix_id", "operator": "operator_id", "type_outcome": "type, outcome"}
    found = []
    for report, group in ASKED:
        by = groups[group]
        statement = (
            f"SELECT {by}, count(*), count(*) FILTER (outcome = 'answered'), sum(talk_ms), sum(ring_ms)"  # noqa: S608
            f" FROM '{parquet}' WHERE moment >= {a} AND moment < {b} GROUP BY {by}"
        )
        mine, theirs = interleaved(
            [asking(engine, report, group, year, now), lambda told=statement: duck.execute(told).fetchall()],
            plan.rounds,
            time.perf_counter,
        )
        found.append(at_most(name.format(report.key), mine, theirs, 1.0))
    return found
