"""A talk is packed by the real encoder, and what comes out is the talk: its length, its sound, playable in pieces."""

from __future__ import annotations

import math
import os
import shutil
import struct
import subprocess
import wave
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from app.jobs import compress_recordings, watch_recordings
from app.services import recording_packing, recordings
from tests.factories import NOON
from tests.services.calls_made import make_asterisk, make_call

LATER = NOON + timedelta(minutes=5)
RATE, SECONDS, HERTZ = 8000, 6, 440


HERE = [name for name in ("opusenc", "ffmpeg") if shutil.which(name)]


@pytest.fixture(params=HERE or [""])
def encoder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each of the two that this machine has, alone on it. In CI none is a failure."""
    if not request.param:
        why = "no program here packs recordings: apt-get install opus-tools"
        if os.environ.get("CI"):
            pytest.fail(why)
        pytest.skip(why)
    found = shutil.which(request.param)
    assert found is not None
    alone = tmp_path / "bin"
    alone.mkdir()
    (alone / request.param).symlink_to(found)
    monkeypatch.setenv("PATH", str(alone))
    return str(request.param)


def write_talk(path: Path) -> None:
    """As MixMonitor leaves it: 8 kHz, 16 bit, mono."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        tone = (int(9000 * math.sin(2 * math.pi * HERTZ * n / RATE)) for n in range(RATE * SECONDS))
        file.writeframes(b"".join(struct.pack("<h", one) for one in tone))


def last_granule(opus: bytes) -> int:
    """Samples at 48 kHz up to the end, as the last page of an Ogg says."""
    at = opus.rindex(b"OggS")
    return int(struct.unpack_from("<q", opus, at + 6)[0])


def test_a_talk_becomes_opus_a_third_of_its_size_or_less(session: Session, tmp_path: Path, encoder: str) -> None:
    folder = tmp_path / "monitor"
    folder.mkdir()
    write_talk(folder / "pz-1.wav")
    weighed = (folder / "pz-1.wav").stat().st_size
    call = make_call(session, make_asterisk(session, recordings_dir=str(folder)), recording="pz-1.wav")
    watch_recordings.run(LATER)
    assert compress_recordings.run(LATER) == {"packed": 1, "failed": 0}
    session.refresh(call)
    packed = (folder / "pz-1.opus").read_bytes()
    assert (call.recording, os.listdir(folder)) == ("pz-1.opus", ["pz-1.opus"])
    assert packed[:4] == b"OggS" and b"OpusHead" in packed[:100]
    assert call.recording_bytes == len(packed) < weighed / 3
    assert last_granule(packed) / 48_000 == pytest.approx(SECONDS, abs=0.1)
    found = recordings.open_recording(session, call)
    assert found is not None and (found.content_type, found.size) == ("audio/ogg", len(packed))
    found.file.close()


@pytest.mark.skipif(shutil.which("opusdec") is None, reason="opusdec is not on this machine")
def test_the_sound_of_the_talk_is_still_there(tmp_path: Path) -> None:
    program = shutil.which("opusenc") or shutil.which("ffmpeg")
    assert program is not None
    write_talk(tmp_path / "talk.wav")
    subprocess.run(
        recording_packing.command(program, tmp_path / "talk.wav", tmp_path / "talk.opus"),
        check=True,
        capture_output=True,
    )
    subprocess.run(
        ["opusdec", "--quiet", "--rate", str(RATE), str(tmp_path / "talk.opus"), str(tmp_path / "back.wav")],  # noqa: S607
        check=True, capture_output=True,
    )  # fmt: skip
    with wave.open(str(tmp_path / "back.wav")) as file:
        heard = struct.unpack(f"<{file.getnframes()}h", file.readframes(file.getnframes()))
    second = heard[RATE : 2 * RATE]
    crossings = sum(1 for one, other in zip(second, second[1:], strict=False) if one < 0 <= other)
    assert abs(crossings - HERTZ) <= 4 and max(second) > 6000


def test_a_wav_cut_short_by_a_kill_is_packed_as_far_as_it_goes(session: Session, tmp_path: Path, encoder: str) -> None:
    folder = tmp_path / "monitor"
    folder.mkdir()
    write_talk(folder / "pz-1.wav")
    whole = bytearray((folder / "pz-1.wav").read_bytes())
    struct.pack_into("<I", whole, 40, 0)  # the header is written at the end of a talk
    (folder / "pz-1.wav").write_bytes(bytes(whole[: 44 + RATE * 2 * 2]))
    call = make_call(session, make_asterisk(session, recordings_dir=str(folder)), recording="pz-1.wav")
    watch_recordings.run(LATER)
    done = compress_recordings.run(LATER)
    session.refresh(call)
    assert done["packed"] + done["failed"] == 1
    assert (folder / call.recording).is_file()  # packed or not, what there is can be heard
