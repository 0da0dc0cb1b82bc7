"""The leader's clock: it only puts due jobs into the queue; every worker of every machine may run them."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import psycopg2
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from psycopg2.errors import UniqueViolation
from psycopg2.extensions import connection as Connection

from app.jobs import JOBS, Job, is_on
from app.services.deferring import DEFER, values_of

log = logging.getLogger(__name__)

_LAST_START = "SELECT max(started_at) FROM job_run WHERE job = %s"


class Clock:
    """Runs between start() and stop(), which may alternate for as long as the process lives."""

    def __init__(self, app: Flask, jobs: tuple[Job, ...] = JOBS) -> None:
        self._jobs = tuple(job for job in jobs if (job.every or job.at) and is_on(job, app))
        self._zone = app.config["PROZVON"].timezone
        self._scheduler: BackgroundScheduler | None = None

    def start(self, connection: Connection) -> None:
        # Runs missed while asleep are not made up for: what is due lies in tables and the next run finds it.
        scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 5}
        )
        for job in self._jobs:
            trigger = _trigger(job, self._zone)
            scheduler.add_job(
                defer_due, trigger, (connection, job.name), id=job.name, replace_existing=True,
                next_run_time=_first_run(job, trigger, connection, datetime.now(UTC)),
            )  # fmt: skip
        scheduler.start()
        self._scheduler = scheduler

    def stop(self) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None


def defer_due(connection: Connection, name: str) -> bool:
    """Put the job into the queue unless it waits there already."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(DEFER, values_of(name, {}))
        return True
    except UniqueViolation:
        return False
    except psycopg2.Error as error:  # leadership is gone; the leader's next ping finds out and stops this clock
        log.warning("a due job was not queued", extra={"job": name, "kind": type(error).__name__})
        return False


def _trigger(job: Job, zone: str) -> CronTrigger | IntervalTrigger:
    if job.every:
        return IntervalTrigger(seconds=int(job.every.total_seconds()), timezone=UTC)
    hour, minute = job.at.split(":")
    return CronTrigger(hour=int(hour), minute=int(minute), timezone=zone)


def _first_run(job: Job, trigger: CronTrigger | IntervalTrigger, connection: Connection, now: datetime) -> datetime:
    """At once for jobs that repeat, and for a daily one whose time has passed while nobody led."""
    if job.every:
        return now
    with connection.cursor() as cursor:
        cursor.execute(_LAST_START, (job.name,))
        row = cursor.fetchone()
    last = row[0] if row and row[0] else None
    missed = last is None or trigger.get_next_fire_time(last, last + timedelta(seconds=1)) <= now
    return now if missed else trigger.get_next_fire_time(None, now)
