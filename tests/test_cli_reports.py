"""Reports from the command line: JSON in the shell, files by the ending of their name, refusals in one line."""

from __future__ import annotations

import json

import openpyxl
import pytest

from app import cli
from app.extensions import outside


@pytest.fixture
def run(server, database, monkeypatch, capsys):
    """run("report", …) -> (code, what it said, what it complained of)"""
    monkeypatch.setattr(cli.logs, "configure", lambda **_: None)  # the root logger belongs to pytest
    monkeypatch.setattr(outside, "mail", None)
    for name, value in server.environment(database).items():
        monkeypatch.setenv(name, value)

    def command(*argv: str) -> tuple[int, str, str]:
        code = cli.main(("report", *argv))
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def test_a_report_is_told_and_written(run, tmp_path):
    code, said, _ = run("conversion", "--from", "2026-11-01", "--to", "2026-11-20", "--group-by", "day")
    told = json.loads(said)
    assert code == 0 and told["from"] == "2026-11-01" and told["group_by"] == "day" and told["rows"] == []
    path = tmp_path / "file.xlsx"
    code, said, _ = run("call-types", "--out", str(path))
    assert code == 0 and str(path) in said
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["Типы звонков", "Что считается"]
    assert book.active["A6"].value == "Итого"


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("weather",), "call-types"),
        (("conversion", "--from", "2026-11-20", "--to", "2026-11-01"), "period"),
        (("conversion", "--group-by", "moon"), "moon"),
        (("conversion", "--out", "file.doc"), "xlsx"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(run, argv, word):
    code, _, complaint = run(*argv)
    assert code == 1 and word in complaint and "Traceback" not in complaint
