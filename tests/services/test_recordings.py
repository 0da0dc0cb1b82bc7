"""Recordings: the file behind a call and no other, what is logged, how long they stay, a disk that runs full."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import AuditEvent, Call, Setting
from app.services import recordings
from tests.factories import NOON, get_user
from tests.services.calls_made import make_asterisk, make_call

LATER = NOON + timedelta(minutes=2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "monitor"
    path.mkdir()
    return path


def recorded(session: Session, folder: Path, name: str = "pz-1.wav", body: bytes = b"x" * 1000, **more: object) -> Call:
    call = make_call(session, make_asterisk(session, recordings_dir=str(folder)), recording=name, **more)
    if recordings.is_safe(name):
        (folder / name).write_bytes(body)
    return call


@pytest.mark.parametrize("name", ["../secret.wav", "..", "a/b.wav", "/etc/passwd", ".hidden.wav", "a..wav", "x.wav\0",
                                  "x.mp3", "wav", "x.wav\n", "ы.wav", "a" * 200 + ".wav"])  # fmt: skip
def test_a_name_that_we_would_not_give_is_never_opened(session: Session, folder: Path, name: str) -> None:
    (folder.parent / "secret.wav").write_bytes(b"secret")
    call = recorded(session, folder)
    call.recording = name
    assert not recordings.is_safe(name)
    assert recordings.open_recording(session, call) is None


def test_a_link_and_a_pipe_in_the_folder_are_not_followed(session: Session, folder: Path) -> None:
    (folder.parent / "secret.wav").write_bytes(b"secret")
    (folder / "link.wav").symlink_to(folder.parent / "secret.wav")
    os.mkfifo(folder / "pipe.wav")
    call = recorded(session, folder)
    for name in ("link.wav", "pipe.wav"):
        call.recording = name
        assert recordings.open_recording(session, call) is None


def test_an_operator_hears_his_own_talks_and_only_with_the_right_those_of_others(
    session: Session, folder: Path
) -> None:
    mine, other = get_user(session, "operator"), get_user(session, "operator2")
    call = recorded(session, folder, operator_id=mine.id)
    assert recordings.call_of(session, call.id, mine.id, anyones=False) is call
    assert recordings.call_of(session, call.id, other.id, anyones=False) is None
    assert recordings.call_of(session, call.id, other.id, anyones=True) is call


def test_a_talk_that_still_goes_on_has_no_recording_yet(session: Session, folder: Path) -> None:
    call = make_call(session, make_asterisk(session, recordings_dir=str(folder)), state="talking", recording="pz-1.wav")
    assert recordings.call_of(session, call.id, 1, anyones=True) is None


def listenings(session: Session, call: Call) -> int:
    session.flush()
    query = select(AuditEvent).where(AuditEvent.subject == "call", AuditEvent.subject_id == call.id)
    return len(session.scalars(query).all())


def test_the_pieces_that_a_player_asks_for_are_one_listening(session: Session, folder: Path) -> None:
    call, boss = recorded(session, folder), get_user(session, "supervisor")

    def hear(seconds: int, *, from_start: bool) -> bool:
        at = LATER + timedelta(seconds=seconds)
        done = recordings.note_listening(session, call, boss.id, at, from_start=from_start, download=False)
        session.flush()
        for event in session.scalars(select(AuditEvent).where(AuditEvent.subject_id == call.id)):
            event.at = event.at if event.at.year == NOON.year and event.at <= at else at
        return done

    assert hear(0, from_start=True)
    assert not hear(1, from_start=True)
    assert not hear(600, from_start=False)
    assert hear(700, from_start=True)


def test_whoever_begins_in_the_middle_is_logged_too(session: Session, folder: Path) -> None:
    call, boss = recorded(session, folder), get_user(session, "supervisor")
    assert recordings.note_listening(session, call, boss.id, LATER, from_start=False, download=False)
    assert listenings(session, call) == 1


def test_old_recordings_are_deleted_and_the_calls_stay(session: Session, folder: Path) -> None:
    old = recorded(session, folder, "old.wav", recording_bytes=1000)
    fresh = recorded(session, folder, "fresh.wav")
    fresh.ended_at = NOON + timedelta(days=100)
    session.flush()
    now = NOON + timedelta(days=181)
    assert recordings.remove_old(session, now) == {"removed": 1, "bytes": 1000, "unreachable": 0}
    session.refresh(old)
    assert old.recording_gone_at == now and old.outcome == "answered"
    assert sorted(os.listdir(folder)) == ["fresh.wav"]
    assert recordings.remove_old(session, now)["removed"] == 0
    assert recordings.open_recording(session, old) is None


def test_a_folder_that_cannot_be_reached_does_not_make_recordings_gone(session: Session, folder: Path) -> None:
    call = recorded(session, folder)
    folder.rename(folder.parent / "unmounted")
    assert recordings.remove_old(session, NOON + timedelta(days=400))["unreachable"] == 1
    session.refresh(call)
    assert call.recording_gone_at is None


def test_a_company_may_keep_recordings_for_ever(session: Session, folder: Path) -> None:
    recorded(session, folder)
    session.add(Setting(name="recording_keep_days", value=0))
    assert recordings.remove_old(session, NOON + timedelta(days=4000))["removed"] == 0


def test_recording_stops_before_the_disk_is_full_and_goes_on_when_there_is_room(session: Session, folder: Path) -> None:
    server = make_asterisk(session, recordings_dir=str(folder))
    least = Setting(name="recording_min_free_mb", value=10**9)
    session.add(least)
    assert recordings.is_on(session, server.id)
    assert recordings.watch_disks(session, NOON) == 1
    assert not recordings.is_on(session, server.id)
    assert [row.recording_trouble for row in recordings.stopped(session)] == ["disk_full"]
    assert recordings.watch_disks(session, LATER) == 0
    least.value = 1
    assert recordings.watch_disks(session, LATER) == 1
    assert recordings.is_on(session, server.id) and recordings.stopped(session) == []


def test_a_missing_folder_stops_recording_too(session: Session, folder: Path) -> None:
    server = make_asterisk(session, recordings_dir=str(folder / "nowhere"))
    recordings.watch_disks(session, NOON)
    assert server.recording_trouble == "recordings_dir_missing"


def test_the_company_may_switch_recording_off(session: Session, folder: Path) -> None:
    server = make_asterisk(session, recordings_dir=str(folder))
    session.add(Setting(name="recording_on", value=False))
    session.flush()
    assert not recordings.is_on(session, server.id)


def test_new_recordings_are_measured_once(session: Session, folder: Path) -> None:
    call = recorded(session, folder)
    assert recordings.measure(session, LATER) == 1
    session.refresh(call)
    assert call.recording_bytes == 1000
    assert recordings.measure(session, LATER) == 0
