"""Real worker processes: one leader, one run at a time, take-over after a kill, a polite end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from app.services.deferring import DEFER, values_of
from tests.jobs.a_worker import TABLES

ROOT = Path(__file__).resolve().parents[2]
LEADER = "SELECT pid FROM pg_stat_activity WHERE application_name = 'prozvon leader' AND datname = current_database()"
LOCK_HOLDER = "SELECT a.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.objid = 724400 AND l.granted"


class Workers:
    def __init__(self, environment: dict[str, str], url: str) -> None:
        self.environment, self.processes = environment, []
        self.connection = psycopg2.connect(url)
        self.connection.autocommit = True
        self.ask(TABLES)

    def start(self) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.jobs.a_worker"], cwd=ROOT, env=os.environ | self.environment,
            stderr=subprocess.PIPE,
        )  # fmt: skip
        self.processes.append(process)
        return process

    def ask(self, query: str, values: Any = None) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchall() if cursor.description else []

    def until(self, question: Callable[[], Any], within: float) -> Any:
        end = time.monotonic() + within
        while time.monotonic() < end:
            if answer := question():
                return answer
            time.sleep(0.1)
        pytest.fail(f"not within {within} s")

    def ticks(self) -> int:
        return self.ask("SELECT count(*) FROM tick")[0][0]

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.communicate()
        self.connection.close()


@pytest.fixture
def workers(server, database) -> Iterator[Workers]:
    started = Workers(server.environment(database), database)
    yield started
    started.end()


def test_two_workers_have_one_leader_and_a_job_never_runs_twice_at_once(workers):
    workers.start()
    workers.start()
    workers.until(lambda: workers.ticks() >= 4, within=30)
    assert len(workers.ask(LEADER)) == 2
    assert len(workers.ask(LOCK_HOLDER)) == 1
    together = "SELECT count(*) FROM tick a JOIN tick b ON a.id < b.id AND b.started < a.finished"
    assert workers.ask(together) == [(0,)]


def test_another_worker_leads_and_finishes_the_job_after_the_leader_was_killed(workers):
    leader = workers.start()
    workers.until(workers.ticks, within=20)
    workers.start()
    workers.until(lambda: len(workers.ask(LEADER)) == 2, within=20)
    leader.kill()
    killed_at = time.monotonic()
    before = workers.ask(LOCK_HOLDER)
    holder = workers.until(lambda: (now := workers.ask(LOCK_HOLDER)) and now != before and now, within=15)
    assert time.monotonic() - killed_at <= 15 and len(holder) == 1
    so_far = workers.ticks()
    workers.until(lambda: workers.ticks() > so_far, within=35)


def test_a_frozen_leader_loses_the_lead_and_does_nothing_when_it_wakes(workers):
    frozen = workers.start()
    workers.until(workers.ticks, within=20)
    workers.start()
    workers.until(lambda: len(workers.ask(LEADER)) == 2, within=20)
    before = workers.ask(LOCK_HOLDER)
    frozen.send_signal(signal.SIGSTOP)
    workers.until(lambda: (now := workers.ask(LOCK_HOLDER)) and now != before, within=15)
    frozen.send_signal(signal.SIGCONT)
    time.sleep(3)
    assert len(workers.ask(LOCK_HOLDER)) == 1
    together = "SELECT count(*) FROM tick a JOIN tick b ON a.id < b.id AND b.started < a.finished"
    assert workers.ask(together) == [(0,)]


def test_a_worker_asked_to_stop_finishes_the_item_in_hand(workers):
    worker = workers.start()
    workers.ask(DEFER, values_of("long", {"items": 100}))
    workers.until(lambda: workers.ask("SELECT 1 FROM item"), within=20)
    worker.send_signal(signal.SIGTERM)
    asked_at = time.monotonic()
    assert worker.wait(timeout=30) == 0
    assert time.monotonic() - asked_at < 10
    assert workers.ask("SELECT count(*) FROM item WHERE NOT is_done") == [(0,)]
    assert workers.ask("SELECT count(*) < 100 FROM item") == [(True,)]
    assert workers.ask("SELECT count(*) FROM job_run WHERE job = 'long' AND finished_at IS NOT NULL") == [(1,)]
