"""Make a file of a report that somebody has asked for."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import force_locale

from app.domain.sight import Sight
from app.extensions import db
from app.models import Export
from app.reports import asking, sheets
from app.reports.answers import ask
from app.services import exports


def run(export_id: int) -> dict[str, int]:
    """Whole or not at all; made again from the start when a worker died over it."""
    session, settings = db.session(), current_app.config["PROZVON"]
    made = session.get(Export, export_id)
    if made is None or made.state not in ("waiting", "making"):
        return {}
    made.state = "making"
    session.commit()
    report = asking.all_reports().get(made.report)
    now, zone = datetime.now(UTC), ZoneInfo(settings.timezone)
    asked = (
        asking.read(
            report, made.question, now.astimezone(zone).date(), sight=Sight.of_words(made.question.get("sight"))
        )
        if report
        else None
    )
    if report is None or asked is None:
        return _failed(made, "report_gone")
    with force_locale("ru"):
        answer = asking.in_order(ask(session, report, asked.question, zone=zone, now=now), asked)
        path = exports.path_of(settings.var_dir, made)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(f".{os.getpid()}.part")
        try:
            sheets.write(answer, fresh, made.format, made_at=now)
            os.replace(fresh, path)
        except OSError:
            fresh.unlink(missing_ok=True)
            _failed(made, "export_no_room")
            raise
    period = asked.question.period
    session.refresh(made, with_for_update=True)
    if made.state != "making":  # cancelled meanwhile
        session.commit()
        path.unlink(missing_ok=True)
        return {"cancelled": 1}
    made.state, made.rows_n, made.done_at = "done", len(answer.rows), datetime.now(UTC)
    made.file_name = f"{made.report}_{period.first:%Y-%m-%d}_{period.last:%Y-%m-%d}.{made.format}"
    session.commit()
    return {"files": 1, "rows": made.rows_n}


def _failed(made: Export, why: str) -> dict[str, int]:
    made.state, made.trouble = "failed", why
    db.session.commit()
    return {"failed": 1}
