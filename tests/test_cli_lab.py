"""`python run.py lab`: what is there, and in words when nothing is."""

from __future__ import annotations

import pytest

import config
from app import cli
from app.lab import home
from app.lab.tree import Tree


def run(var, *words: str) -> int:
    arguments = cli.make_parser().parse_args(["lab", *words])
    return int(arguments.run(arguments, config.load({"PROZVON_VAR": str(var)})) or 0)


@pytest.fixture
def var(tmp_path, monkeypatch):
    monkeypatch.setenv("SIPP", "/bin/sh")
    program = tmp_path / "tree/usr/sbin/asterisk"
    program.parent.mkdir(parents=True)
    program.touch()
    home.make(tmp_path / "var", Tree(str(tmp_path / "tree"), (22, 0)), {"person": "/p.alaw", "machine": "/m.alaw"})
    return tmp_path / "var"


def test_the_digits_of_the_town_are_told(var, capsys):
    assert run(var) == 0
    told = capsys.readouterr().out
    assert "486 Busy Here" in told and "switched off" in told and "spool/monitor" in told


@pytest.mark.parametrize("words", [[], ["call-in", "79000000055"]])
def test_without_a_laboratory_the_way_to_one_is_told(tmp_path, words, capsys):
    assert run(tmp_path, *words) == 1
    assert "make lab" in capsys.readouterr().err


def test_nobody_calls_from_a_number_that_is_none(var, capsys):
    assert run(var, "call-in", "12") == 1
    assert "no phone number" in capsys.readouterr().err


def test_a_set_up_without_an_asterisk_says_what_is_missing(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("ASTERISK_ROOT", str(tmp_path))
    assert run(tmp_path, "prepare") == 1
    assert "Asterisk 20 or newer" in capsys.readouterr().err
