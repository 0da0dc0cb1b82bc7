"""Which Asterisk is taken, and what is said when there is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from app.lab import sounds, tree
from app.lab.town import to_alaw

ROOT = Path(__file__).resolve().parents[2]


def asterisk_in(folder: Path, version: str) -> str:
    program = folder / "usr/sbin/asterisk"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\necho 'Asterisk {version} built by somebody'\n")
    program.chmod(0o755)
    return str(folder)


def test_the_named_tree_comes_first(tmp_path, monkeypatch):
    monkeypatch.setenv("ASTERISK_ROOT", asterisk_in(tmp_path / "mine", "20.6.0~dfsg"))
    found = tree.find()
    assert found is not None and found.version == (20, 6) and found.root.endswith("mine")


def test_the_cached_tree_is_found_by_itself(tmp_path, monkeypatch):
    monkeypatch.delenv("ASTERISK_ROOT", raising=False)
    monkeypatch.setenv("PROZVON_LAB", str(tmp_path))
    asterisk_in(tmp_path / "asterisk", "22.10.1")
    found = tree.find()
    assert found is not None and found.version == (22, 10)


def test_an_old_asterisk_is_none_and_the_words_say_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("ASTERISK_ROOT", asterisk_in(tmp_path, "18.10.0"))
    assert tree.find() is None
    assert "Asterisk 20 or newer" in tree.missing() and "make lab" in tree.missing()


def test_without_sipp_the_words_say_so(tmp_path, monkeypatch):
    monkeypatch.setenv("ASTERISK_ROOT", asterisk_in(tmp_path, "22.0.0"))
    monkeypatch.delenv("SIPP", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "SIPp" in tree.missing()


@pytest.fixture
def bare_machine(tmp_path) -> dict[str, str]:
    """An environment with next to no programs, as a machine that is no Debian."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("bash", "dirname", "env", "sh"):
        (programs / name).symlink_to(next(p for p in (Path("/usr/bin") / name, Path("/bin") / name) if p.exists()))
    return {"PATH": str(programs), "HOME": str(tmp_path), "PROZVON_LAB": str(tmp_path / "cache")}


def fake(environment: dict[str, str], name: str, text: str) -> None:
    program = Path(environment["PATH"]) / name
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def set_up(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    if not (ROOT / ".venv/bin/python").exists():
        pytest.skip("the environment of this run is elsewhere")
    return subprocess.run(
        ["/bin/bash", "scripts/lab.sh"], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


def test_a_machine_that_is_no_debian_is_told_what_is_missing(bare_machine):
    done = set_up(bare_machine)
    assert done.returncode == 1 and "neither Debian nor Ubuntu" in done.stderr and "ASTERISK_ROOT" in done.stderr


def test_who_is_not_root_is_told_to_be_root_once(bare_machine):
    fake(bare_machine, "apt-get", "exit 100")
    fake(bare_machine, "id", "echo 1000")
    done = set_up(bare_machine)
    assert done.returncode == 1 and "once as root" in done.stderr and "sip-tester" in done.stderr


def test_a_mirror_that_does_not_answer_ends_the_set_up_with_a_sentence(bare_machine):
    fake(bare_machine, "apt-get", "exit 100")
    fake(bare_machine, "id", "echo 0")
    done = set_up(bare_machine)
    assert done.returncode == 1 and "apt-get update failed" in done.stderr


def test_a_named_asterisk_that_is_too_old_is_not_replaced(bare_machine, tmp_path):
    done = set_up({**bare_machine, "ASTERISK_ROOT": asterisk_in(tmp_path / "old", "18.1.0")})
    assert done.returncode == 1 and "holds no Asterisk 20 or newer" in done.stderr


def test_the_script_names_no_host_and_switches_no_signature_check_off():
    text = (ROOT / "scripts/lab.sh").read_text()
    assert "no-check-gpg" not in text and "allow-unauthenticated" not in text and "trusted=yes" not in text
    assert "http://" not in text and "https://" not in text


@pytest.mark.asterisk
def test_sellers_speak_with_a_voice(tmp_path):
    found = tree.find()
    if found is None or tree.missing():
        pytest.skip(tree.missing())
    files = sounds.prepare(found, tmp_path)
    silence = {to_alaw(0), to_alaw(-1)}
    for name, path in files.items():
        sound = Path(path).read_bytes()
        assert len(sound) > 2 * 8000, f"{name} speaks for less than two seconds"
        assert sum(byte not in silence for byte in sound) > len(sound) / 4, f"{name} is silent"
    assert os.path.getmtime(files["person"]) == os.path.getmtime(sounds.prepare(found, tmp_path)["person"])
