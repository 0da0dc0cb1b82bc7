"""Grow the books by an uploaded catalogue, or try it without storing anything."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import current_app

from app.extensions import db
from app.services import catalogue_upload


def run(token: str, dry_run: bool = False) -> dict[str, int]:
    var_dir = current_app.config["PROZVON"].var_dir
    return catalogue_upload.run(db.session(), var_dir, token, datetime.now(UTC), dry_run=dry_run)
