"""What has served its time goes; what may still be asked for stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from app import models
from app.jobs import purge_old
from tests import factories

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_only_the_old_is_deleted_and_a_second_run_finds_nothing(session):
    user = factories.get_user(session, "operator")
    for age_days, name in ((40, "old"), (1, "fresh")):
        at = NOW - timedelta(days=age_days)
        session.add(models.JobRun(job=name, started_at=at))
        session.add(models.Invite(token_hash=name, purpose="invite", username=name, expires_at=at))
    for age_hours, name in ((11, "old"), (9, "fresh")):
        session.add(models.UserSession(sid_hash=name, user_id=user.id, created_at=NOW - timedelta(hours=age_hours)))
    for age_hours, name in ((25, "old"), (2, "fresh")):
        session.add(models.LoginTry(account=name, failed_n=9, last_at=NOW - timedelta(hours=age_hours)))
    session.commit()

    # Files have the machine's own clock, and a test of their own.
    assert rows_deleted() == {"job_runs": 1, "sessions": 1, "invites": 1, "login_tries": 1}
    assert rows_deleted() == {"job_runs": 0, "sessions": 0, "invites": 0, "login_tries": 0}

    assert session.scalars(select(models.JobRun.job)).all() == ["fresh"]
    assert session.scalars(select(models.Invite.token_hash)).all() == ["fresh"]
    assert session.scalars(select(models.UserSession.sid_hash)).all() == ["fresh"]
    assert session.scalars(select(models.LoginTry.account)).all() == ["fresh"]


def rows_deleted():
    return {what: n for what, n in purge_old.run(NOW).items() if what != "uploads"}
