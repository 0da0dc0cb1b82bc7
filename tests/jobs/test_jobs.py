"""The runner: every run is written down, idle ones sparingly, and none meets itself."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest
from sqlalchemy import select

from app.errors import OutsideError, Refused
from app.extensions import db
from app.jobs import JOBS, Job, is_on, job_named, run_job
from app.models import JobRun, Make
from tests import factories


def job_that(run) -> Job:
    module = ModuleType("app.jobs.a_test_job")
    sys.modules[module.__name__] = module
    run.__module__ = module.__name__
    return Job(run)


def runs(session) -> list[JobRun]:
    return list(session.scalars(select(JobRun).where(JobRun.job == "a_test_job").order_by(JobRun.id)))


def test_a_run_is_written_down_with_what_it_counted(session, app):
    counts = run_job(app, job_that(lambda: {"cards": 3, "nothing": 0}))
    (row,) = runs(session)
    assert counts == row.counts == {"cards": 3}
    assert row.finished_at >= row.started_at and row.error == "" and ":" in row.worker


def test_a_failed_run_says_why_without_phones_and_takes_its_rows_back(session, app):
    def fail() -> dict[str, int]:
        factories.make_make(db.session(), "Полусделанная")
        raise OutsideError("the gateway at +7 916 000-12-34 answers 500")

    with pytest.raises(OutsideError):
        run_job(app, job_that(fail))
    (row,) = runs(session)
    assert "OutsideError: the gateway" in row.error and "000-12-34" not in row.error
    assert row.finished_at is not None
    assert session.scalars(select(Make).where(Make.name == "Полусделанная")).all() == []


def test_a_job_that_finds_nothing_leaves_one_row_however_often_it_looks(session, app):
    def find_nothing() -> dict[str, int]:
        return {"cards": 0}

    run_job(app, job_that(lambda: {"cards": 1}))
    for _ in range(3):
        run_job(app, job_that(find_nothing))
    assert [row.counts for row in runs(session)] == [{"cards": 1}, {}]


def test_a_job_does_not_run_while_it_runs_elsewhere(session, app):
    def meet_itself() -> dict[str, int]:
        with pytest.raises(Refused) as refused:
            run_job(app, job)
        assert refused.value.reason.code == "job_running"
        return {"met": 1}

    job = job_that(meet_itself)
    assert run_job(app, job) == {"met": 1}


def test_every_job_of_the_table_has_a_name_of_its_own_a_title_and_a_readable_clock():
    names = [job.name for job in JOBS]
    assert len(set(names)) == len(names)
    for job in JOBS:
        assert job_named(job.name) is job
        assert job.title.endswith(".") or ":" in job.title, job.name
        assert not (job.every and job.at), job.name
        assert job.at == "" or 0 <= int(job.at[:2]) < 24 and job.at[2] == ":" and 0 <= int(job.at[3:]) < 60


def test_an_unknown_job_is_refused_by_name():
    with pytest.raises(Refused) as refused:
        job_named("make_coffee")
    assert refused.value.reason.args == {"name": "make_coffee"}


def test_a_job_that_needs_a_feature_waits_until_it_is_on(app, monkeypatch):
    job = Job(JOBS[0].run, at="03:30", needs="crm")
    assert not is_on(job, app)
    monkeypatch.setitem(app.config, "FEATURES", {"crm"})
    assert is_on(job, app)
