"""The laboratory of a machine: made once, found again, moved when somebody has taken its ports."""

from __future__ import annotations

import json
import socket
import stat

import pytest

from app.lab import home
from app.lab.tree import Tree
from app.telephony.installation import files


@pytest.fixture
def tree(tmp_path) -> Tree:
    program = tmp_path / "tree/usr/sbin/asterisk"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho Asterisk 22.3.0\n")
    program.chmod(0o755)
    return Tree(str(tmp_path / "tree"), (22, 3))


@pytest.fixture
def made(tmp_path, tree, monkeypatch) -> home.Home:
    monkeypatch.setenv("SIPP", "/bin/sh")  # any program: nothing is started here
    return home.make(tmp_path / "var", tree, {"person": "/p.alaw", "machine": "/m.alaw"})


def test_what_was_made_is_found_again_with_its_secrets_for_its_owner_alone(tmp_path, made):
    assert home.load(tmp_path / "var") == made
    assert stat.S_IMODE((tmp_path / "var/lab/lab.json").stat().st_mode) == 0o600


def test_the_state_file_tells_everything_that_the_others_need(tmp_path, made):
    told = json.loads((tmp_path / "var/lab/lab.json").read_text())
    assert {"ami_port", "http_port", "sip_port", "ami_user", "ami_secret", "recordings_dir", "cdr_csv", "root"} <= set(
        told
    )


def test_a_second_set_up_changes_neither_secrets_nor_ports(tmp_path, made, tree):
    assert home.make(tmp_path / "var", tree, made.sounds) == made


def test_without_a_laboratory_nothing_is_found(tmp_path, made, tree):
    assert home.load(tmp_path / "elsewhere") is None
    (tmp_path / "tree/usr/sbin/asterisk").unlink()
    assert home.load(tmp_path / "var") is None


def test_a_state_file_of_nonsense_is_no_laboratory(tmp_path, made):
    (tmp_path / "var/lab/lab.json").write_text('{"folder": 1}')
    assert home.load(tmp_path / "var") is None


def test_ports_that_others_have_taken_are_left_to_them(made):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        moved = home.with_free_ports(home.Home(**{**vars_of(made), "ami_port": port}))
    assert moved.ami_port != port and moved.ami_secret == made.ami_secret
    assert home.load(made.path.parent) == moved


def test_the_configuration_lets_in_the_town_and_its_callers_only(made):
    text = files(home.installation(made, "postgresql://postgres:@/prozvon?host=/run/of/ours"))["pjsip.conf"]
    matches = [line for line in text.splitlines() if line.startswith("match")]
    assert len(matches) == 1 + home.CALL_IN_PORTS and all("127.0.0.1:" in line for line in matches)
    assert "bind = 127.0.0.1:" in text and "0.0.0.0" not in text


@pytest.mark.parametrize(
    ("url", "host", "port", "name"),
    [
        ("postgresql://postgres:@/prozvon?host=/tmp/with%20space/pg", "/tmp/with space/pg", 5432, "prozvon"),
        ("postgresql://u:p@127.0.0.1:5433/calls", "127.0.0.1", 5433, "calls"),
    ],
)
def test_the_database_is_reached_by_socket_or_by_address(url, host, port, name):
    base = home.base_of(url, "secret")
    assert (base.host, base.port, base.name, base.user) == (host, port, name, "prozvon_asterisk")


def vars_of(made: home.Home) -> dict:
    from dataclasses import asdict

    return asdict(made)
