"""Send the reports that people get by mail at their times."""

from __future__ import annotations

import secrets
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app import letters
from app.errors import Refused
from app.extensions import db
from app.jobs.stopping import until_stopped
from app.models import Export, ReportMailing
from app.reports import asking, sheets
from app.reports.answers import ask
from app.security import ADMIN
from app.services import exports, mail, mailings, supervising

MOST_ATTACHED = 3 * 2**20  # bytes; what is bigger many mail servers refuse
MOST_AT_ONCE = 500
KEPT = timedelta(hours=24)


def run(now: datetime | None = None) -> dict[str, int]:
    """Letter and next time are one transaction: a worker that dies has done both or nothing, and nobody else sends."""
    session, zone = db.session(), ZoneInfo(current_app.config["PROZVON"].timezone)
    now = now or datetime.now(UTC)
    counts = {"mailed": 0, "failed": 0}
    if not mail.is_on():
        return counts
    for _turn in until_stopped(range(MOST_AT_ONCE)):
        row = mailings.claim(session, now)
        if row is None:
            break
        try:
            with session.begin_nested(), force_locale(letters.LANGUAGE):
                _send(session, row, zone, now)
            trouble = ""
        except Refused as refused:
            trouble = refused.reason.code
        mailings.move_on(row, zone, now, trouble)
        counts["failed" if trouble else "mailed"] += 1
        session.commit()
    session.commit()
    return counts


def _send(session: Session, row: ReportMailing, zone: ZoneInfo, now: datetime) -> None:
    """Refused: the report is gone, nothing of it may be told to the person, or there is no address."""
    report = asking.all_reports().get(row.view.report)
    if report is None or not row.user.active:
        raise Refused("report_gone")
    sight = supervising.sight_of(
        session, row.user_id, sees_everyone=supervising.may_steer(session, row.user_id) or _is_admin(row),
        is_admin=_is_admin(row),
    )  # fmt: skip
    try:
        asked = asking.read(report, dict(parse_qsl(row.view.query)), now.astimezone(zone).date(), sight=sight)
    except asking.NotTold:
        asked = None
    if asked is None:
        raise Refused("report_gone")
    answer = asking.in_order(ask(session, report, asked.question, zone=zone, now=now), asked)
    with tempfile.TemporaryDirectory(prefix="prozvon-") as folder:
        path = Path(folder) / f"report.{row.format}"
        sheets.write(answer, path, row.format, made_at=now)
        content = path.read_bytes()
    period = asked.question.period
    name = f"{report.key}_{period.first:%Y-%m-%d}_{period.last:%Y-%m-%d}.{row.format}"
    is_attached = len(content) <= MOST_ATTACHED
    site = current_app.config["PROZVON"].public_url
    page = f"{site}/reports/{report.key}/chart/?{row.view.query}"
    link = page if is_attached else f"{site}/exports/{_keep(session, row, name, content, len(answer.rows), now)}"
    letter = letters.report(
        title=str(report.title), name=row.view.name, days=f"{period.first:%d.%m.%Y} – {period.last:%d.%m.%Y}",
        link=link, is_attached=is_attached, stop_link=f"{site}/mailings/", hours=KEPT // timedelta(hours=1),
    )  # fmt: skip
    if is_attached:
        letter = mail.Letter(letter.subject, letter.text, letter.html, name, content)
    mail.post(session, "report", row.user.email or "", letter, secret_key=current_app.config["SECRET_KEY"],
              expires_at=now + KEPT)  # fmt: skip


def _keep(session: Session, row: ReportMailing, name: str, content: bytes, rows: int, now: datetime) -> str:
    """A file beside the letter, for its reader alone; returns its token."""
    made = Export(
        token=secrets.token_urlsafe(32), user_id=row.user_id, report=row.view.report, format=row.format,
        question={"mailing": row.id}, state="done", rows_n=rows, of_n=rows, file_name=name, created_at=now,
        done_at=now, until=now + KEPT,
    )  # fmt: skip
    path = exports.path_of(current_app.config["PROZVON"].var_dir, made)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(content)
    session.add(made)
    session.flush()
    return made.token


def _is_admin(row: ReportMailing) -> bool:
    return any(role.name == ADMIN for role in row.user.roles)
