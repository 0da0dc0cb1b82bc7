"""The command that tells a report: on the screen of the shell, or into a file as Excel, CSV or JSON."""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import config
from app import create_app
from app.errors import Refused
from app.extensions import db
from app.reports import asking, sheets
from app.reports.answers import ask


def tell(arguments: argparse.Namespace, settings: config.Config) -> None:
    """Refused: no such report or grouping, or a period that makes no sense. Without --out JSON goes to the shell."""
    flask = create_app(settings)
    with flask.test_request_context():  # the names are said in the company's language
        report = asking.all_reports().get(arguments.name)
        if report is None:
            raise Refused("report_unknown", known=", ".join(asking.all_reports()))
        zone, now = ZoneInfo(settings.timezone), datetime.now(UTC)
        words = {"from": arguments.first or "", "to": arguments.last or "", "group": arguments.group_by or ""}
        asked = asking.read(report, words, now.astimezone(zone).date())
        assert asked is not None, "everybody's figures may always be told"
        if asked.troubles:
            raise Refused(asked.troubles[0].code, **asked.troubles[0].args)
        answer = asking.in_order(ask(db.session(), report, asked.question, zone=zone, now=now), asked)
        if arguments.out is None:
            print(json.dumps(sheets.as_json(answer), ensure_ascii=False, indent=1))
            return
        kind = arguments.format or arguments.out.suffix.lstrip(".").lower()
        if kind not in sheets.FORMATS:
            raise Refused("export_format", known=", ".join(sheets.FORMATS))
        try:
            sheets.write(answer, arguments.out, kind, made_at=now)
        except OSError as error:
            raise Refused("file_not_written", path=str(arguments.out), why=error.strerror or "") from None
        print(f"{arguments.out}: {len(answer.rows)}")
