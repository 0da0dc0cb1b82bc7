"""A worker process for tests: the real one, with a JOBS table of two jobs that leave rows behind."""

from __future__ import annotations

import sys
import time

from sqlalchemy import text

import config
from app import logs
from app.extensions import db
from app.jobs import Job, seconds, worker
from app.jobs.stopping import until_stopped


def tick() -> dict[str, int]:
    """Takes longer than its own period, so that two runs would meet if they could."""
    row = db.session.execute(text("INSERT INTO tick (pid) VALUES (pg_backend_pid()) RETURNING id")).scalar()
    db.session.commit()
    time.sleep(1.3)
    db.session.execute(text("UPDATE tick SET finished = clock_timestamp() WHERE id = :id"), {"id": row})
    return {"ticks": 1}


def long(items: int) -> dict[str, int]:
    done = 0
    for number in until_stopped(range(items)):
        db.session.execute(text("INSERT INTO item (n) VALUES (:n)"), {"n": number})
        time.sleep(0.5)
        db.session.execute(text("UPDATE item SET is_done = true WHERE n = :n"), {"n": number})
        db.session.commit()
        done += 1
    return {"items": done}


TABLES = """
    CREATE TABLE tick (id serial PRIMARY KEY, pid int, started timestamptz DEFAULT clock_timestamp(),
                       finished timestamptz);
    CREATE TABLE item (n int PRIMARY KEY, is_done boolean DEFAULT false)"""

# A job is called by its module; these two stand in for modules of their own.
tick.__module__, long.__module__ = "jobs.tick", "jobs.long"
sys.modules["jobs.tick"] = sys.modules["jobs.long"] = sys.modules[__name__]

if __name__ == "__main__":
    logs.configure(as_json=False)
    sys.exit(worker.main(config.load(), (Job(tick, every=seconds(1)), Job(long))))
