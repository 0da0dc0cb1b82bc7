"""Files on their way in: kept under var/uploads in folders with random names until they are imported, a day at most."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from app.errors import Refused
from app.sources import detect

MOST_BYTES = 50 * 1024 * 1024
KEPT = timedelta(hours=24)
SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".json", ".jsonl", ".jsonld", ".xml", ".html", ".yml")
ZIP = b"PK\x03\x04"
PACKED = {b"Rar!": "rar", b"7z\xbc\xaf": "7z"}


@dataclass(slots=True)
class Upload:
    """What is known of one file. `state`: new, checking, checked, importing, done, failed."""

    token: str
    name: str
    size: int
    actor_id: int
    at: str
    suffix: str = ""
    source_id: int | None = None
    source_name: str = ""
    adapter: str = ""
    field_map: dict[str, Any] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    is_snapshot: bool = False
    state: str = "new"
    progress: int = 0
    result: dict[str, Any] = field(default_factory=dict)
    rejected: list[dict[str, Any]] = field(default_factory=list)
    trouble: str = ""


def folder_of(var_dir: Path, token: str) -> Path:
    if not re.fullmatch(r"[0-9a-f]{32}", token):
        raise Refused("upload_gone")
    return var_dir / "uploads" / token


def file_of(var_dir: Path, upload: Upload) -> Path:
    return folder_of(var_dir, upload.token) / f"data{upload.suffix}"


def store(var_dir: Path, stream: BinaryIO, name: str, *, actor_id: int, now: datetime) -> Upload:
    """Keep the file. Refused: nothing in it, too large, or a kind that nobody reads."""
    shown = Path(name.replace("\\", "/").replace("\0", "")).name[:200] or "file"
    upload = Upload(
        token=secrets.token_hex(16), name=shown, size=0, actor_id=actor_id, at=now.isoformat(), suffix=_suffix(shown)
    )
    folder = folder_of(var_dir, upload.token)
    folder.mkdir(parents=True, mode=0o700)
    try:
        upload.size = _copy(stream, file_of(var_dir, upload))
        _refuse_archives(file_of(var_dir, upload), upload.suffix)
        keep(var_dir, upload)
    except Refused:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return upload


def _suffix(name: str) -> str:
    lowered = name.lower()
    packed = ".gz" if lowered.endswith(".gz") else ""
    plain = Path(lowered.removesuffix(".gz")).suffix
    if plain not in SUFFIXES and plain != ".zip":
        raise Refused("upload_kind", kinds=", ".join(SUFFIXES))
    return plain + packed


def _copy(stream: BinaryIO, path: Path) -> int:
    size = 0
    with path.open("xb") as file:
        while piece := stream.read(1 << 20):
            size += len(piece)
            if size > MOST_BYTES:
                raise Refused("upload_large", mb=MOST_BYTES >> 20)
            file.write(piece)
    if not size:
        raise Refused("upload_empty")
    return size


def _refuse_archives(path: Path, suffix: str) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    if start in PACKED:
        raise Refused("upload_archive", kind=PACKED[start])
    if start == ZIP and suffix != ".xlsx" and (fault := detect.archive_fault(path)):
        raise Refused(f"upload_archive_{fault}")


def load(var_dir: Path, token: str) -> Upload:
    """Refused when it has been imported, purged or never was."""
    try:
        told = json.loads((folder_of(var_dir, token) / "about.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise Refused("upload_gone") from None
    return Upload(**told)


def keep(var_dir: Path, upload: Upload) -> None:
    """Whole or not at all: the page reads it while the job writes it."""
    folder = folder_of(var_dir, upload.token)
    fresh = folder / f"about.{secrets.token_hex(4)}"
    fresh.write_text(json.dumps(asdict(upload), ensure_ascii=False), "utf-8")
    os.replace(fresh, folder / "about.json")


def forget_file(var_dir: Path, upload: Upload) -> None:
    """The adverts are stored: the file with its phone numbers goes, what is known of the run stays a day."""
    file_of(var_dir, upload).unlink(missing_ok=True)


def forget(var_dir: Path, upload: Upload) -> None:
    """The file and all that is known of it."""
    shutil.rmtree(folder_of(var_dir, upload.token), ignore_errors=True)


def purge(var_dir: Path, now: datetime) -> int:
    """Delete what is older than a day. Returns how many uploads."""
    gone = 0
    for folder in (var_dir / "uploads").glob("*"):
        if folder.is_dir() and folder.stat().st_mtime < (now - KEPT).timestamp():
            shutil.rmtree(folder, ignore_errors=True)
            gone += 1
    return gone
