"""The worker process: seeks to lead, runs queued jobs, takes over the jobs of workers that died, stops in time."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from datetime import UTC, datetime
from functools import partial
from typing import Any

import procrastinate
from flask import Flask
from procrastinate import exceptions
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status

import config
from app import create_app, database
from app.errors import OutsideError, Refused
from app.jobs import JOBS, Job, run_job, worker_name
from app.jobs.clock import Clock
from app.jobs.leader import Leader
from app.jobs.stopping import ask_to_stop

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0  # new jobs announce themselves; one that waited for its own earlier run does not
HEARTBEAT_S = 5.0
DEAD_AFTER_S = 15.0
FINISH_WITHIN_S = 25.0
LEAVE_WITHIN_S = 28.0  # supervisors kill after 30: better to go on our own terms


def main(settings: config.Config, jobs: tuple[Job, ...] = JOBS) -> int:
    """Work until SIGTERM or SIGINT. 0: asked to stop; 1: the database went away, start me again."""
    settings = config.unhurried(settings)
    app = create_app(settings)
    return asyncio.run(_work(app, settings, jobs))


async def _work(app: Flask, settings: config.Config, jobs: tuple[Job, ...]) -> int:
    url = database.plain_url(app.config["SQLALCHEMY_DATABASE_URI"])
    queue = make_queue(app, url, jobs)
    clock = Clock(app, jobs)
    leader = Leader(url, on_win=clock.start, on_lose=clock.stop)
    asked = False
    async with queue.open_async():
        leader.start()
        working = asyncio.create_task(
            queue.run_worker_async(
                name=worker_name(), concurrency=settings.worker_concurrency, delete_jobs="always",
                fetch_job_polling_interval=LOOK_EVERY_S, install_signal_handlers=False,
                shutdown_graceful_timeout=FINISH_WITHIN_S,
                update_heartbeat_interval=HEARTBEAT_S, stalled_worker_timeout=DEAD_AFTER_S,
            )
        )  # fmt: skip
        rescuing = asyncio.create_task(_rescue(queue, leader))

        def stop() -> None:
            nonlocal asked
            asked = True
            ask_to_stop()
            working.cancel()
            # A job stuck in a foreign library cannot be ended politely; another worker will find it stalled.
            asyncio.get_running_loop().call_later(LEAVE_WITHIN_S, os._exit, 1)

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop)
        log.info("worker ready", extra={"jobs": len(jobs), "concurrency": settings.worker_concurrency})
        await asyncio.wait({working})
        rescuing.cancel()
        leader.stop()
    return 0 if asked else 1


def make_queue(app: Flask, url: str, jobs: tuple[Job, ...]) -> procrastinate.App:
    """The queue library's view of the JOBS table."""
    queue = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=3))
    for job in jobs:
        retry = procrastinate.RetryStrategy(max_attempts=job.tries, exponential_wait=5, retry_exceptions={OutsideError})
        queue.task(name=job.name, queue="jobs", retry=retry if job.tries > 1 else False)(partial(_run, app, job))
    return queue


def _run(app: Flask, job: Job, **args: Any) -> None:
    try:
        run_job(app, job, **args)
    except Refused as refused:  # runs elsewhere: nothing to do, and nothing to try again
        log.info("job skipped", extra={"job": job.name, "why": refused.reason.code})
    except OutsideError as error:
        if not error.permanent:
            raise
        # Written down by the runner; trying again would change nothing.


async def _rescue(queue: procrastinate.App, leader: Leader) -> None:
    while True:
        await asyncio.sleep(HEARTBEAT_S)
        if leader.leads:
            try:
                await take_over_stalled(queue)
            except exceptions.ConnectorException as error:
                log.warning("stalled jobs not looked at", extra={"kind": type(error).__name__})


async def take_over_stalled(queue: procrastinate.App) -> int:
    """Jobs that a dead worker had in hand go back into the queue; returns how many."""
    await queue.job_manager.prune_stalled_workers(DEAD_AFTER_S)
    stalled = list(await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S))
    for job in stalled:
        log.warning("job of a dead worker taken over", extra={"job": job.task_name})
        await _requeue(queue, job)
    return len(stalled)


async def _requeue(queue: procrastinate.App, job: QueuedJob) -> None:
    try:
        await queue.job_manager.retry_job(job, retry_at=datetime.now(UTC))
    except exceptions.UniqueViolation:  # the same work waits already and will see to it
        await queue.job_manager.finish_job(job, status=Status.FAILED, delete_job=True)
