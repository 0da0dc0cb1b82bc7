"""Work to be done soon by a worker, asked for in the same transaction that causes it."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

# The job queue's own, versioned function: its tables are not ours to write.
DEFER = """SELECT procrastinate_defer_jobs_v1(ARRAY[
    ('jobs', %(name)s, 0, %(lock)s, %(lock)s, %(args)s::jsonb, NULL)::procrastinate_job_to_defer_v1])"""
_SHARE = text("SELECT id FROM procrastinate_jobs WHERE queueing_lock = :lock AND status = 'todo' FOR SHARE")


def lock_name(name: str, args: dict[str, Any]) -> str:
    """One such job waits, and one runs, at a time: the same work with the same arguments."""
    return name + "".join(f" {key}={value}" for key, value in sorted(args.items()))


def values_of(name: str, args: dict[str, Any]) -> dict[str, str]:
    """What DEFER wants to know."""
    return {"name": name, "lock": lock_name(name, args), "args": json.dumps(args)}


def defer(session: Session, name: str, **args: Any) -> bool:
    """Let the job `name` of app.jobs.JOBS run once this transaction has committed; a roll-back takes the job along.

    False when the same work waits already. Call it last: until the commit others who want the same have to wait.
    """
    values = values_of(name, args)
    while True:
        # A job that waits is kept from starting until our commit, or it would run without seeing what we wrote.
        if session.execute(_SHARE, {"lock": values["lock"]}).first():
            return False
        try:
            with session.begin_nested():
                session.connection().exec_driver_sql(DEFER, values)
            return True
        except IntegrityError:  # somebody was quicker; theirs has committed, so the next look finds it
            continue
