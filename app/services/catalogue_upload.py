"""A catalogue file that a person uploads: first a trial that stores nothing, then the real thing, both in a worker."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.errors import OutsideError, Refused
from app.seeds.importers import read_catalogue_file
from app.seeds.unknown_columns import unknown_columns
from app.services import catalogue_import, uploads
from app.services.catalogue_import import Grown
from app.services.deferring import defer
from app.services.uploads import Upload

KIND = "catalogue"  # so that a file of adverts is never taken for one, nor the other way round
# A file of a shape that no catalogue has.
SHAPE = (KeyError, TypeError, AttributeError, ValueError, RecursionError, SyntaxError)


def take_in(session: Session, var_dir: Path, upload: Upload) -> None:
    """Look what the file holds beside names, and put the trial into the queue."""
    upload.adapter = KIND
    content = uploads.file_of(var_dir, upload).read_bytes()
    try:
        upload.options = {"unknown": "\n".join(unknown_columns(content))}
    except (OutsideError, *SHAPE):  # the trial will say what is wrong with it
        upload.options = {"unknown": ""}
    ask(session, var_dir, upload, dry_run=True)


def ask(session: Session, var_dir: Path, upload: Upload, *, dry_run: bool) -> None:
    if upload.state in ("checking", "importing"):
        raise Refused("upload_busy")
    if not dry_run and upload.state != "checked":
        raise Refused("upload_gone")
    upload.state, upload.trouble = ("checking" if dry_run else "importing"), ""
    uploads.keep(var_dir, upload)
    defer(session, "import_catalogue", token=upload.token, dry_run=dry_run)


def run(session: Session, var_dir: Path, token: str, now: datetime, *, dry_run: bool) -> dict[str, int]:
    """What went wrong is written where the waiting page looks: a code, and the words of whoever read the file."""
    upload = uploads.load(var_dir, token)
    try:
        content = uploads.file_of(var_dir, upload).read_bytes()
        grown = catalogue_import.import_catalogue(
            session, read_catalogue_file(content), now, file_name=upload.name, dry_run=dry_run,
            actor_id=upload.actor_id, actor="user",
        )  # fmt: skip
    except (Refused, OutsideError, OSError, *SHAPE) as trouble:
        session.rollback()
        upload.state, upload.trouble = "failed", _told(trouble)
        uploads.keep(var_dir, upload)
        return {"failed": 1}
    session.commit()
    upload.state, upload.result = "checked" if dry_run else "done", asdict(grown)
    uploads.keep(var_dir, upload)
    if not dry_run:
        uploads.forget_file(var_dir, upload)
    return _counts(grown)


def _told(trouble: Exception) -> str:
    if isinstance(trouble, Refused):
        return trouble.reason.code
    return (trouble.code if isinstance(trouble, OutsideError) else "") or "catalogue_shape"


def _counts(grown: Grown) -> dict[str, int]:
    return {"new": grown.makes_new + grown.models_new + grown.generations_new + grown.modifications_new,
            "unchanged": grown.unchanged, "rejected": grown.rejected}  # fmt: skip
