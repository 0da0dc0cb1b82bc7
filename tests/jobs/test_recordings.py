"""The jobs of recordings: packing with the program that is there, nothing without one, deleting twice is once."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.jobs import compress_recordings, purge_recordings, watch_recordings
from app.models import Call
from tests.factories import NOON
from tests.services.calls_made import make_asterisk, make_call

LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def call(session: Session, tmp_path: Path) -> Call:
    folder = tmp_path / "monitor"
    folder.mkdir()
    (folder / "pz-1.wav").write_bytes(b"RIFF" + b"\0" * 4000)
    return make_call(session, make_asterisk(session, recordings_dir=str(folder)), recording="pz-1.wav")


def put_program(tmp_path: Path, monkeypatch: Any, script: str) -> None:
    """A program of this name for the shell: it stands in for one that this machine may not have."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "opusenc").write_text(f"#!/bin/sh\n{script}\n")
    (programs / "opusenc").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")


def files(tmp_path: Path) -> list[str]:
    return sorted(os.listdir(tmp_path / "monitor"))


def test_a_wav_is_packed_and_the_call_names_the_packed_file(
    session: Session, call: Call, tmp_path: Path, monkeypatch: Any
) -> None:
    put_program(tmp_path, monkeypatch, 'printf OggS > "$5"')
    watch_recordings.run(LATER)
    assert compress_recordings.run(LATER) == {"packed": 1, "failed": 0}
    session.refresh(call)
    assert (call.recording, call.recording_bytes, files(tmp_path)) == ("pz-1.opus", 4, ["pz-1.opus"])
    assert compress_recordings.run(LATER) == {"packed": 0, "failed": 0}


@pytest.mark.parametrize("script", ["exit 1", 'printf x > "$5"; exit 3', ': > "$5"'])
def test_a_program_that_fails_leaves_the_wav(
    session: Session, call: Call, tmp_path: Path, monkeypatch: Any, script: str
) -> None:
    put_program(tmp_path, monkeypatch, script)
    watch_recordings.run(LATER)
    assert compress_recordings.run(LATER) == {"packed": 0, "failed": 1}
    session.refresh(call)
    assert (call.recording, files(tmp_path)) == ("pz-1.wav", ["pz-1.wav"])


def test_without_a_program_recordings_stay_as_they_are(session: Session, call: Call, monkeypatch: Any) -> None:
    monkeypatch.setenv("PATH", "")
    watch_recordings.run(LATER)
    assert compress_recordings.run(LATER) == {}


def test_an_empty_recording_is_not_packed(session: Session, call: Call, tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "monitor" / "pz-1.wav").write_bytes(b"R" * 44)
    put_program(tmp_path, monkeypatch, 'printf OggS > "$5"')
    watch_recordings.run(LATER)
    assert compress_recordings.run(LATER) == {"packed": 0, "failed": 0}


def test_old_recordings_are_purged_once(session: Session, call: Call, tmp_path: Path) -> None:
    now = NOON + timedelta(days=200)
    assert purge_recordings.run(now)["removed"] == 1
    assert purge_recordings.run(now)["removed"] == 0
    assert files(tmp_path) == []
