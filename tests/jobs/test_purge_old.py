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
        session.add(
            models.Mail(
                kind="invite", to=name, state="failed", sealed="x", created_at=at, expires_at=at + timedelta(days=3)
            )
        )
    for age_hours, name in ((11, "old"), (9, "fresh")):
        session.add(models.UserSession(sid_hash=name, user_id=user.id, created_at=NOW - timedelta(hours=age_hours)))
    for age_hours, name in ((25, "old"), (2, "fresh")):
        session.add(models.LoginTry(account=name, failed_n=9, last_at=NOW - timedelta(hours=age_hours)))
    for days, name in ((31, "KNOWN old"), (29, "KNOWN fresh")):
        session.add(models.LoginTry(account=name, last_at=NOW - timedelta(days=days)))
    session.commit()

    # Files have the machine's own clock, and a test of their own.
    assert rows_deleted() == {
        "mails_wiped": 1,
        "job_runs": 1,
        "sessions": 1,
        "invites": 1,
        "mails": 1,
        "login_tries": 2,
        "sms_texts": 0,
        "lead_words": 0,
    }
    assert set(rows_deleted().values()) == {0}

    assert session.scalars(select(models.JobRun.job)).all() == ["fresh"]
    assert session.scalars(select(models.Invite.token_hash)).all() == ["fresh"]
    assert session.execute(select(models.Mail.to, models.Mail.sealed)).all() == [("fresh", "x")]
    assert session.scalars(select(models.UserSession.sid_hash)).all() == ["fresh"]
    assert set(session.scalars(select(models.LoginTry.account))) == {"fresh", "KNOWN fresh"}


def test_a_letter_whose_link_is_dead_is_wiped_and_never_sent(session):
    session.add(
        models.Mail(
            kind="reset", to="a@b.ru", state="waiting", sealed="x", created_at=NOW, expires_at=NOW - timedelta(1)
        )
    )
    session.commit()
    assert rows_deleted()["mails_wiped"] == 1
    assert session.execute(select(models.Mail.state, models.Mail.sealed)).all() == [("expired", "")]


def rows_deleted():
    return {what: n for what, n in purge_old.run(NOW).items() if what not in ("uploads", "exports")}
