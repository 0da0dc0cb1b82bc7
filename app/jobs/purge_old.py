"""Delete what has served its time: old job runs, log-ins, invitations, letters, files, words of SMS and leads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask import current_app
from sqlalchemy import delete, or_

from app.extensions import db
from app.log_ins import KNOWN_FOR, SESSION_LIFE
from app.models import Invite, JobRun, LoginTry, Mail, UserSession
from app.services import exports, forgetting, mail, uploads

RUNS_KEPT = timedelta(days=30)
INVITES_KEPT = timedelta(days=30)  # long enough to answer "I never got the link"
MAILS_KEPT = timedelta(days=30)
TRIES_KEPT = timedelta(days=1)  # past the longest back-off


def run(now: datetime | None = None) -> dict[str, int]:
    now = now or datetime.now(UTC)
    deletions = {
        "job_runs": delete(JobRun).where(JobRun.started_at < now - RUNS_KEPT),
        "sessions": delete(UserSession).where(UserSession.created_at < now - SESSION_LIFE),
        "invites": delete(Invite).where(Invite.expires_at < now - INVITES_KEPT),
        "mails": delete(Mail).where(Mail.created_at < now - MAILS_KEPT),
        "login_tries": delete(LoginTry).where(
            LoginTry.last_at < now - TRIES_KEPT,
            or_(~LoginTry.account.startswith("KNOWN "), LoginTry.last_at < now - KNOWN_FOR),
        ),
    }
    counts = {"mails_wiped": mail.wipe_dead(db.session(), now)}
    db.session.commit()
    for name, statement in deletions.items():
        counts[name] = db.session.execute(statement).rowcount
        db.session.commit()
    counts |= forgetting.forget_old(db.session(), now)
    db.session.commit()
    counts["exports"] = exports.purge(db.session(), current_app.config["PROZVON"].var_dir, now)
    db.session.commit()
    counts["uploads"] = uploads.purge(current_app.config["PROZVON"].var_dir, now)
    return counts
