"""A wav of a talk becomes Opus, a fifth of its size, where the machine has a program for it."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import Asterisk, Call
from app.services import recordings

log = logging.getLogger(__name__)

LONGEST_S = 300  # for an hour of talk on a slow machine
AT_ONCE = 50
SETTLED = timedelta(seconds=30)  # Asterisk has closed the file by then


def encoder() -> str | None:
    """The program that packs, by its path; None when this machine has none."""
    return shutil.which("opusenc") or shutil.which("ffmpeg")


def command(program: str, wav: Path, opus: Path) -> Sequence[str]:
    if Path(program).name == "opusenc":
        return (program, "--quiet", "--bitrate", "24", str(wav), str(opus))
    return (program, "-nostdin", "-v", "error", "-y", "-i", str(wav), "-c:a", "libopus", "-b:a", "24k", "-f", "ogg",
            str(opus))  # fmt: skip


def waiting(session: Session, now: datetime) -> list[int]:
    """Ended calls of the last days whose recording is a wav with sound in it.

    In no order: a file that no program can pack must not stand in the way of the others.
    """
    rows = session.execute(
        text("""
        SELECT id FROM call WHERE recording LIKE '%.wav' AND recording_gone_at IS NULL AND state = 'ended'
          AND recording_bytes > :empty AND ended_at > :since AND ended_at < :settled ORDER BY random() LIMIT :n
        """),
        {"empty": recordings.EMPTY, "since": now - recordings.FORGOTTEN, "settled": now - SETTLED, "n": AT_ONCE},
    )
    return list(rows.scalars())


def pack(session: Session, call_id: int, program: str) -> Path | None:
    """The call's row names the packed file from now on; returns the wav, to be deleted after the commit."""
    call = session.get(Call, call_id)
    if call is None or not call.recording.endswith(".wav") or not recordings.is_safe(call.recording):
        return None
    folder = Path(session.get_one(Asterisk, call.asterisk_id).recordings_dir)
    session.commit()  # no transaction waits while the program works
    wav = folder / call.recording
    opus, part = wav.with_suffix(".opus"), wav.with_suffix(".part")
    if not _encode(program, wav, part):
        part.unlink(missing_ok=True)
        return None
    size = part.stat().st_size
    os.replace(part, opus)
    changed = session.execute(
        text("UPDATE call SET recording = :opus, recording_bytes = :size WHERE id = :id AND recording = :wav"),
        {"opus": opus.name, "size": size, "id": call_id, "wav": wav.name},
    )
    return wav if changed.rowcount else None  # type: ignore[attr-defined]


def _encode(program: str, wav: Path, part: Path) -> bool:
    if wav.is_symlink() or not wav.is_file():
        return False
    try:
        done = subprocess.run(command(program, wav, part), capture_output=True, timeout=LONGEST_S, check=False)  # noqa: S603  our own program, a name of ours
    except (OSError, subprocess.TimeoutExpired) as error:
        log.warning("a recording was not packed", extra={"why": type(error).__name__})
        return False
    good = done.returncode == 0 and part.is_file() and part.stat().st_size > 0
    if not good:
        log.warning("a recording was not packed", extra={"code": done.returncode})
    return good
