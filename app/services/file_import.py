"""The import of an uploaded file: first a trial that stores nothing, then the real thing; both run in a worker."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from app.domain.ads import AdData, Rejected
from app.errors import OutsideError, Refused
from app.models import Source
from app.services import sources, uploads
from app.services.deferring import defer
from app.services.uploads import Upload
from app.sources import Source as Adapter

SHOWN_REJECTED = 200
TOLD_EVERY = 2_000  # rows between two words about the progress


def ask(session: Session, var_dir: Path, upload: Upload, *, dry_run: bool) -> None:
    """Put the work into the queue, in the caller's transaction."""
    if upload.state in ("checking", "importing"):
        raise Refused("upload_busy")
    if session.get(Source, upload.source_id or 0) is None:
        raise Refused("source_gone")
    upload.state = "checking" if dry_run else "importing"
    upload.progress, upload.trouble = 0, ""
    uploads.keep(var_dir, upload)
    defer(session, "import_file", token=upload.token, dry_run=dry_run)


def adapter_for(upload: Upload, families: dict[str, type[Adapter]]) -> Adapter:
    kind = families.get(upload.adapter)
    if kind is None:
        raise Refused("format_unrecognised", known=", ".join(families))
    names = {item.name for item in dataclasses.fields(kind)}
    values: dict[str, object] = {name: value for name, value in upload.options.items() if name in names}
    if "field_map" in names:
        values["field_map"] = upload.field_map
    return kind(**values)  # type: ignore[arg-type]


def run(
    session: Session,
    var_dir: Path,
    token: str,
    families: dict[str, type[Adapter]],
    now: Callable[[], datetime],
    *,
    dry_run: bool,
) -> dict[str, int]:
    """Read the file into its source. What went wrong is written where the waiting page looks."""
    upload = uploads.load(var_dir, token)
    watched = _Watched(var_dir, upload)
    try:
        adapter = adapter_for(upload, families)
        outcome = sources.import_records(
            session, upload.source_id or 0, watched.over(adapter.parse_file(uploads.file_of(var_dir, upload))), now,
            file_name=upload.name, actor_id=upload.actor_id, dry_run=dry_run, snapshot=upload.is_snapshot,
        )  # fmt: skip
    except (OutsideError, Refused, OSError) as trouble:
        session.rollback()
        upload.state, upload.trouble = "failed", str(trouble)[:500]
        uploads.keep(var_dir, upload)
        return {"failed": 1}
    upload.state = "checked" if dry_run else "done"
    upload.progress, upload.rejected, upload.result = outcome.read, watched.rejected, outcome.as_json()
    if not dry_run:
        _remember_map(session, upload)
        uploads.forget_file(var_dir, upload)
        defer(session, "match_cards")
        session.commit()
    uploads.keep(var_dir, upload)
    return {"read": outcome.read, "new": outcome.new, "changed": outcome.changed, "rejected": outcome.rejected}


def _remember_map(session: Session, upload: Upload) -> None:
    """The next file of this source is offered the same map."""
    row = session.get(Source, upload.source_id)
    if row is not None and upload.adapter == row.adapter and upload.field_map:
        row.field_map = upload.field_map


class _Watched:
    """Looks on while the records go by: how many, and the first that were turned away."""

    def __init__(self, var_dir: Path, upload: Upload) -> None:
        self._var_dir, self._upload = var_dir, upload
        self.rejected: list[dict[str, object]] = []

    def over(self, records: Iterable[AdData | Rejected]) -> Iterator[AdData | Rejected]:
        for n, record in enumerate(records, 1):
            if isinstance(record, Rejected) and len(self.rejected) < SHOWN_REJECTED:
                self.rejected.append(
                    {
                        "line": record.line,
                        "reason": record.reason,
                        "detail": record.detail[:200],
                        "row": record.row[:300],
                    }
                )
            if n % TOLD_EVERY == 0:
                self._upload.progress = n
                uploads.keep(self._var_dir, self._upload)
            yield record
