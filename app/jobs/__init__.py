"""What runs without being asked: the JOBS table and the runner. To add a job: a module here with run(), a row below.

run() returns what it counted; it commits per item and may be repeated at any time without harm.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import sys
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import text

from app.errors import OutsideError, Refused
from app.extensions import db
from app.jobs import (
    call_clients,
    check_counters,
    close_stuck_calls,
    compress_recordings,
    distribute_cards,
    end_phone_log_ins,
    fetch_sources,
    find_unseen_calls,
    import_catalogue,
    import_file,
    join_ads,
    mail_reports,
    make_export,
    match_cards,
    poll_sms,
    pull_crm,
    pull_source,
    purge_old,
    purge_recordings,
    push_lead,
    push_leads,
    recognise_again,
    refresh_prices,
    return_cards,
    roll_up_days,
    send_mail,
    send_sms,
    share_callbacks,
    simulate_shift,
    sync_crm,
    take_hooks,
    take_leads,
    watch_leads,
    watch_recordings,
)
from app.logs import mask
from app.models import JobRun
from app.services import mail
from app.services.deferring import lock_name
from app.services.locks import only_one

log = logging.getLogger(__name__)

JOB_LOCKS = 724_300 << 32  # advisory locks of jobs: this number, then 32 bits made of the job's name


@dataclass(frozen=True, slots=True)
class Job:
    run: Callable[..., dict[str, int]]
    every: timedelta | None = None
    at: str = ""  # "03:30" in the company's time zone
    needs: str = ""  # a feature of app.config["FEATURES"]; off, the clock leaves the job alone
    tries: int = 1  # for jobs off the clock: how often, when somebody else's machine fails

    @property
    def name(self) -> str:
        return self.run.__module__.rpartition(".")[2]

    @property
    def title(self) -> str:
        """The first line of the module, which is what an administrator reads."""
        return (sys.modules[self.run.__module__].__doc__ or self.name).splitlines()[0]


def seconds(n: int) -> timedelta:
    return timedelta(seconds=n)


def minutes(n: int) -> timedelta:
    return timedelta(minutes=n)


JOBS: tuple[Job, ...] = (
    Job(fetch_sources.run,    every=seconds(10)),
    Job(pull_source.run),
    Job(import_file.run),
    Job(import_catalogue.run),
    Job(make_export.run),
    Job(mail_reports.run,     every=minutes(1)),
    Job(simulate_shift.run),
    Job(send_mail.run,        tries=mail.TRIES),
    Job(send_sms.run,         every=seconds(20)),
    Job(poll_sms.run,         every=seconds(10)),
    Job(push_lead.run),
    Job(push_leads.run,       every=seconds(15)),
    Job(pull_crm.run,         every=minutes(1)),
    Job(sync_crm.run),
    Job(take_hooks.run),
    Job(call_clients.run),
    Job(take_leads.run,       every=seconds(20)),
    Job(watch_leads.run,      every=seconds(15)),
    Job(join_ads.run,         every=seconds(30)),
    Job(match_cards.run,      every=seconds(5)),
    Job(distribute_cards.run, every=seconds(10)),
    Job(share_callbacks.run,  every=seconds(30)),
    Job(return_cards.run,     every=minutes(1)),
    Job(recognise_again.run,  every=minutes(1)),
    Job(end_phone_log_ins.run, every=minutes(1)),
    Job(close_stuck_calls.run, every=seconds(15)),
    Job(refresh_prices.run,   every=minutes(10)),
    Job(roll_up_days.run,     every=minutes(1)),
    Job(check_counters.run,   at="04:10"),
    Job(purge_old.run,        at="03:30"),
    Job(watch_recordings.run, every=seconds(30)),
    Job(find_unseen_calls.run, every=minutes(1)),
    Job(compress_recordings.run, every=minutes(1)),
    Job(purge_recordings.run, at="03:40"),
)  # fmt: skip


def job_named(name: str) -> Job:
    for job in JOBS:
        if job.name == name:
            return job
    raise Refused("job_unknown", name=name)


def is_on(job: Job, app: Flask) -> bool:
    return not job.needs or job.needs in app.config.get("FEATURES", ())


def worker_name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def run_job(app: Flask, job: Job, **args: Any) -> dict[str, int]:
    """Run one job now, here, and write down how it went. Refused("job_running") while it runs anywhere else.

    The queue keeps two workers apart; this lock also stops a job by hand, and a worker that slept through its death.
    """
    key = JOB_LOCKS | zlib.crc32(lock_name(job.name, args).encode())
    with app.app_context(), only_one(db.session(), key, busy="job_running"):
        try:
            return _run_recorded(job, args)
        finally:
            db.session.remove()


def _run_recorded(job: Job, args: dict[str, Any]) -> dict[str, int]:
    row = JobRun(job=job.name, worker=worker_name(), started_at=datetime.now(UTC))
    db.session.add(row)
    db.session.commit()
    run_id, started = row.id, time.monotonic()
    try:
        counts = {what: n for what, n in job.run(**args).items() if n}
        db.session.commit()
    except Exception as error:  # the runner is where every kind of failure ends: written down, then raised
        db.session.rollback()
        _finish(run_id, {}, mask(f"{type(error).__name__}: {error}")[:2000])
        level = logging.WARNING if isinstance(error, OutsideError | Refused) else logging.ERROR
        log.log(level, "job failed", extra={"job": job.name, **args}, exc_info=level == logging.ERROR)
        raise
    _finish(run_id, counts, "")
    if counts:
        spent = round((time.monotonic() - started) * 1000)
        log.info("job done", extra={"job": job.name, "ms": spent, **args, **{f"n_{k}": v for k, v in counts.items()}})
    return counts


_FINISH = text(
    "UPDATE job_run SET finished_at = clock_timestamp(), counts = CAST(:counts AS jsonb), error = :error WHERE id = :id"
)
# A job that looks every few seconds and finds nothing leaves one row, not thousands.
_DROP_IDLE = text("""
    DELETE FROM job_run USING job_run AS mine WHERE mine.id = :id AND job_run.id = (
        SELECT id FROM job_run AS r WHERE r.job = mine.job AND r.id < mine.id ORDER BY r.started_at DESC LIMIT 1)
    AND mine.counts = '{}' AND mine.error = '' AND job_run.counts = '{}' AND job_run.error = ''
    AND job_run.finished_at IS NOT NULL""")


def _finish(run_id: int, counts: dict[str, int], error: str) -> None:
    db.session.execute(_FINISH, {"id": run_id, "counts": json.dumps(counts), "error": error})
    db.session.execute(_DROP_IDLE, {"id": run_id})
    db.session.commit()
