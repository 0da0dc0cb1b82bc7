"""The clock puts due jobs into the queue, once, and makes up for a daily one that was missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import psycopg2
import pytest

from app.jobs import Job, purge_old, seconds
from app.jobs.clock import _first_run, _trigger, defer_due

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAILY = Job(purge_old.run, at="03:30")


@pytest.fixture
def connection(database):
    opened = psycopg2.connect(database)
    opened.autocommit = True
    yield opened
    opened.close()


def first_run(job, connection):
    return _first_run(job, _trigger(job, "Europe/Moscow"), connection, NOW)


def test_a_due_job_is_queued_once_until_it_starts(connection):
    assert defer_due(connection, "purge_old")
    assert not defer_due(connection, "purge_old")


def test_who_has_lost_the_connection_queues_nothing(connection):
    connection.close()
    assert not defer_due(connection, "purge_old")


def test_a_repeating_job_starts_at_once(connection):
    assert first_run(Job(purge_old.run, every=seconds(30)), connection) == NOW


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        (None, NOW),
        (NOW - timedelta(hours=13), NOW),  # 23:00 UTC of the day before: 03:30 in Moscow has passed since
        (NOW - timedelta(hours=11), datetime(2026, 11, 24, 0, 30, tzinfo=UTC)),
    ],
)
def test_a_daily_job_missed_while_nobody_led_is_made_up_for(connection, last, expected):
    if last is not None:
        connection.cursor().execute("INSERT INTO job_run (job, started_at) VALUES ('purge_old', %s)", (last,))
    assert first_run(DAILY, connection) == expected
