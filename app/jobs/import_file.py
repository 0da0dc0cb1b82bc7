"""Import an uploaded file, or try it without storing anything."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app

from app.extensions import db, outside
from app.services import file_import


def run(token: str, dry_run: bool = False) -> dict[str, int]:
    var_dir = current_app.config["PROZVON"].var_dir
    return file_import.run(db.session(), var_dir, token, outside.sources, lambda: datetime.now(UTC), dry_run=dry_run)
