"""Recordings of talks: whose they are, the file behind a call and nothing else, and how long it stays."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import BinaryIO

from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from app import settings
from app.models import Asterisk, Call
from app.services.audit import note_event

TYPES = {".wav": "audio/wav", ".opus": "audio/ogg"}
EMPTY = 44  # the header of a wav: Asterisk was killed before a sound reached the disk
FORGOTTEN = timedelta(days=2)  # what was not measured or packed by then will not be
AT_ONCE = 500  # files of one pass of the retention
# A player asks for one recording in many pieces; these make one listening of them for the log.
SAME_BEGINNING, SAME_LISTENING = timedelta(seconds=5), timedelta(minutes=30)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[A-Za-z0-9_-]+)*\.(?:wav|opus)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Recording:
    """An open file; whoever gets it closes it."""

    file: BinaryIO
    size: int
    changed: float
    content_type: str
    suffix: str

    @property
    def tag(self) -> str:
        return f"{self.size:x}-{int(self.changed * 1000):x}"


# --- listening


def call_of(session: Session, call_id: int, listener_id: int, *, anyones: bool) -> Call | None:
    """The call, when this person may listen to it: everybody's, or only his own."""
    call = session.get(Call, call_id)
    if call is None or not (anyones or call.operator_id == listener_id):
        return None
    return call if call.recording and call.state == "ended" else None


def open_recording(session: Session, call: Call) -> Recording | None:
    """The file of a call, found by our own row; None when it is not there or is not a plain file of that folder."""
    if call.recording_gone_at is not None or not is_safe(call.recording):
        return None
    try:
        with _folder(session.get_one(Asterisk, call.asterisk_id).recordings_dir) as folder:
            # Without waiting: a pipe put there in a file's place must not hold a worker.
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            file = os.fdopen(os.open(call.recording, flags, dir_fd=folder), "rb")
    except OSError:
        return None
    told = os.fstat(file.fileno())
    if not stat.S_ISREG(told.st_mode):
        file.close()
        return None
    suffix = os.path.splitext(call.recording)[1]
    return Recording(file, told.st_size, told.st_mtime, TYPES[suffix], suffix)


def is_safe(name: str) -> bool:
    """A bare file name of ours: no folder, no way up, no hidden file."""
    return len(name) <= 128 and _NAME.fullmatch(name) is not None


@contextmanager
def _folder(path: str) -> Iterator[int]:
    """Everything goes through the open folder, so no name can lead out of it. OSError when there is none."""
    if not path:
        raise FileNotFoundError("this server names no folder of recordings")
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def note_listening(
    session: Session,
    call: Call,
    listener_id: int,
    now: datetime,
    *,
    from_start: bool,
    download: bool,
    address: str = "",
) -> bool:
    """Write down who heard what; the pieces that a player asks for are one listening, wherever they begin."""
    what = "recording_downloaded" if download else "recording_listened"
    since = now - (SAME_BEGINNING if from_start else SAME_LISTENING + timedelta(milliseconds=call.talk_ms or 0))
    known = session.execute(
        text("""
        SELECT 1 FROM audit_event WHERE subject = 'call' AND subject_id = :call AND at > :since
          AND what = :what AND actor_id = :person LIMIT 1
        """),
        {"call": call.id, "since": since, "what": what, "person": listener_id},
    ).first()
    if known:
        return False
    note_event(
        session, what, actor_id=listener_id, subject="call", subject_id=call.id, address=address, card_id=call.card_id
    )
    return True


# --- whether to record


def is_on(session: Session, asterisk_id: int) -> bool:
    """Are calls of this server recorded now? Not when the company does not want it or the disk is full."""
    if not settings.get(session, "recording_on"):
        return False
    stopped = session.execute(select(Asterisk.recording_stopped_at).where(Asterisk.id == asterisk_id)).scalar()
    return stopped is None


def has_notice(session: Session) -> bool:
    """Is the seller told that the talk is recorded?"""
    return bool(settings.get(session, "recording_notice"))


def watch_disks(session: Session, now: datetime) -> int:
    """Stop recording where the disk is nearly full or the folder is gone, go on where it is not; calls go on anyway.

    Returns how many servers changed.
    """
    least = settings.get(session, "recording_min_free_mb")
    changed = 0
    for server in session.scalars(select(Asterisk).where(Asterisk.recordings_dir != "").order_by(Asterisk.id)):
        trouble = _disk_trouble(server, least)
        if trouble == server.recording_trouble:
            continue
        server.recording_trouble = trouble
        server.recording_stopped_at = now if trouble else None
        what = "recording_stopped" if trouble else "recording_resumed"
        note_event(session, what, actor="job", subject="asterisk", subject_id=server.id, trouble=trouble)
        changed += 1
    session.flush()
    return changed


def _disk_trouble(server: Asterisk, least_mb: int) -> str:
    try:
        free_mb = shutil.disk_usage(server.recordings_dir).free // 2**20
    except OSError:
        return "recordings_dir_missing"
    # Recording begins again with room to spare: a disk at the threshold must not flicker.
    wanted = least_mb * 11 // 10 if server.recording_trouble == "disk_full" else least_mb
    return "disk_full" if free_mb < wanted else ""


def stopped(session: Session) -> list[Row[tuple[str, str, datetime]]]:
    """Servers that do not record although they should: for the banner."""
    query = select(Asterisk.name, Asterisk.recording_trouble, Asterisk.recording_stopped_at)
    return list(session.execute(query.where(Asterisk.recording_stopped_at.is_not(None), Asterisk.is_enabled)))


# --- how long they stay

_OPEN = "c.recording <> '' AND c.recording_gone_at IS NULL AND c.state = 'ended'"


def measure(session: Session, now: datetime) -> int:
    """How big the files of ended calls have become; returns how many were measured."""
    rows = session.execute(
        text(f"""
        SELECT c.id, c.recording, a.recordings_dir FROM call c JOIN asterisk a ON a.id = c.asterisk_id
        WHERE {_OPEN} AND c.recording_bytes IS NULL AND c.ended_at > :since AND c.ended_at < :now LIMIT :n
        """),  # noqa: S608  a constant of this module
        {"since": now - FORGOTTEN, "now": now - timedelta(seconds=2), "n": AT_ONCE},
    ).all()
    sizes = {row.id: size for row in rows if (size := _size(row.recordings_dir, row.recording)) is not None}
    for call_id, size in sizes.items():
        session.execute(text("UPDATE call SET recording_bytes = :size WHERE id = :id"), {"id": call_id, "size": size})
    return len(sizes)


def _size(path: str, name: str) -> int | None:
    try:
        with _folder(path) as folder:
            return os.stat(name, dir_fd=folder, follow_symlinks=False).st_size if is_safe(name) else None
    except OSError:
        return None


def remove_old(session: Session, now: datetime) -> dict[str, int]:
    """Delete what is older than the company keeps. The file goes first: the next pass mends a crash in between."""
    days = settings.get(session, "recording_keep_days")
    counts = {"removed": 0, "bytes": 0, "unreachable": 0}
    if not days:
        return counts
    rows = session.execute(
        text(f"""
        SELECT c.id, c.recording, c.recording_bytes, a.recordings_dir
        FROM call c JOIN asterisk a ON a.id = c.asterisk_id
        WHERE {_OPEN} AND c.ended_at < :before ORDER BY c.ended_at LIMIT :n FOR UPDATE OF c SKIP LOCKED
        """),  # noqa: S608
        {"before": now - timedelta(days=days), "n": AT_ONCE},
    ).all()
    gone = []
    for row in rows:
        if _remove(row.recordings_dir, row.recording):
            gone.append(row.id)
            counts["bytes"] += row.recording_bytes or 0
        else:
            counts["unreachable"] += 1
    session.execute(
        text("UPDATE call SET recording_gone_at = :now WHERE id = ANY(CAST(:ids AS bigint[]))"),
        {"now": now, "ids": gone},
    )
    counts["removed"] = len(gone)
    return counts


def _remove(path: str, name: str) -> bool:
    """Is the file gone now? A folder that cannot be reached proves nothing: its files stay on the list."""
    if not is_safe(name):
        return True  # such a name was never given by us; there is nothing of ours to delete
    try:
        with _folder(path) as folder:
            os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        return bool(path) and os.path.isdir(path)
    except OSError:
        return False
    return True
