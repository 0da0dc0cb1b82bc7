"""Make a file that somebody has asked for: of a report, or of a long list."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import current_app
from flask_babel import force_locale
from sqlalchemy.orm import Session

from app import formats
from app.domain.sight import Sight
from app.errors import Refused
from app.extensions import db
from app.models import Export
from app.reports import asking, lists, sheets, streams
from app.reports.answers import TIMES, ask
from app.reports.asking import Asked
from app.reports.lists import Listing, Shape
from app.services import exports
from app.wording import word

LANGUAGE = "ru"
Write = Callable[[Path, Export], int]


class _Cancelled(Exception):  # noqa: N818  not an error: its orderer has changed his mind
    pass


def run(export_id: int) -> dict[str, int]:
    """Whole or not at all; made again from the start when a worker died over it."""
    session, settings = db.session(), current_app.config["PROZVON"]
    made = exports.begin(session, export_id)
    session.commit()
    if made is None:
        return {}
    path = exports.path_of(settings.var_dir, made)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    for left in exports.half_made(path):
        left.unlink(missing_ok=True)
    fresh = path.with_suffix(f".{os.getpid()}.part")
    try:
        with force_locale(LANGUAGE):
            rows, name = _write(session, made, fresh, ZoneInfo(settings.timezone))
        os.replace(fresh, path)
    except _Cancelled:
        return {"cancelled": 1}
    except (OSError, Refused) as error:
        session.rollback()
        exports.fail(session, export_id, "export_no_room" if isinstance(error, OSError) else error.reason.code)
        session.commit()
        raise
    finally:
        fresh.unlink(missing_ok=True)
    is_wanted = exports.finish(session, export_id, rows, name, datetime.now(UTC))
    session.commit()
    if not is_wanted:
        path.unlink(missing_ok=True)
        return {"cancelled": 1}
    return {"files": 1, "rows": rows}


def _write(session: Session, made: Export, path: Path, zone: ZoneInfo) -> tuple[int, str]:
    """How many rows, and how the file is called."""
    now = datetime.now(UTC)
    asked = _asked(made, now.astimezone(zone).date())
    period = asked.question.period
    name = f"{made.report}_{period.first:%Y-%m-%d}_{period.last:%Y-%m-%d}.{made.format}"
    if "list" in made.question:
        return _write_list(session, made, _listing(session, made, asked, zone), path), name
    report = asking.all_reports()[made.report]
    answer = asking.in_order(ask(session, report, asked.question, zone=zone, now=now), asked)
    sheets.write(answer, path, made.format, made_at=now)
    return len(answer.rows), name


def _asked(made: Export, today: date) -> Asked:
    """Refused: the report is gone, or nothing of it may be told any more."""
    report = asking.all_reports().get(made.report) or next(iter(asking.all_reports().values()))
    asked = asking.read(report, made.question, today, sight=Sight.of_words(made.question.get("sight")))
    if asked is None or (made.report not in asking.all_reports() and made.report not in lists.LISTS):
        raise Refused("report_gone")
    return asked


def _listing(session: Session, made: Export, asked: Asked, zone: ZoneInfo) -> Listing:
    shape = Shape(word, _phones(made))
    if made.report == "ads":
        return lists.ads(asked.question.period, shape, zone=zone)
    if made.report == "calls":
        return lists.calls(asked.question.period, asked.sight, shape, zone=zone)
    key = {
        dim: date.fromisoformat(value) if dim in TIMES and value else value
        for dim, value in made.question["key"].items()
    }
    report = asking.all_reports()[made.report]
    return lists.behind(session, report, asked.question, key, made.question["metric"], shape, zone=zone)


def _phones(made: Export) -> Callable[[str], str]:
    """A number as text, masked without the right. CSV knows no types: there the plus would begin a formula."""
    is_masked = not made.question.get("phones")

    def told(number: str) -> str:
        if is_masked and not re.fullmatch("7[0-9]{10}", number):
            return f"{number[:2]}•••{number[-2:]}" if len(number) > 6 else "•••"  # a foreign one, or an extension
        shown = formats.phone(number, masked=is_masked)
        return shown.lstrip("+") if made.format == "csv" else shown

    return told


def _write_list(session: Session, made: Export, listing: Listing, path: Path) -> int:
    """Rows come by a connection of their own: the session commits how far it is."""
    export_id, kind, of = made.id, made.format, listing.count(session)

    def progress(done: int) -> None:
        is_wanted = exports.note_progress(session, export_id, done, of)
        session.commit()
        if not is_wanted:
            raise _Cancelled

    progress(0)
    with db.engine.connect() as reading:
        rows = listing.rows(reading)
        if kind == "csv":
            return streams.write_csv(path, listing.columns, rows, progress)
        about = [*listing.about, *_about(made)]
        return streams.write_xlsx(path, listing.title, listing.columns, rows, progress, about, sheets.about_title())


def _about(made: Export) -> list[tuple[str, str]]:
    return sheets.about_list(made.question.get("name", ""), made.created_at, current_app.config["PROZVON"].timezone)
