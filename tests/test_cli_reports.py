"""Reports from the command line: JSON in the shell, files by the ending of their name, refusals in one line."""

from __future__ import annotations

import json

import openpyxl
import pytest

from app import cli
from app.extensions import outside
from app.reports import asking


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


def test_every_report_is_written_in_every_format(run, tmp_path):
    for key in asking.all_reports():
        for kind in ("xlsx", "csv", "json"):
            path = tmp_path / f"{key}.{kind}"
            code, said, complaint = run(key, "--from", "2026-11-01", "--to", "2026-11-20", "--format", kind, "--out",
                                        str(path))  # fmt: skip
            assert (code, complaint) == (0, ""), (key, kind)
            start = {"xlsx": b"PK", "csv": b"\xef\xbb\xbf", "json": b"{"}[kind]
            assert str(path) in said and path.read_bytes().startswith(start)


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        (("weather",), "call-types"),
        (("conversion", "--from", "2026-11-20", "--to", "2026-11-01"), "period"),
        (("conversion", "--group-by", "moon"), "moon"),
        (("conversion", "--out", "file.doc"), "xlsx"),
        (("conversion", "--out", "/nowhere/at/all.csv"), "/nowhere/at/all.csv"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(run, argv, word):
    code, _, complaint = run(*argv)
    assert code == 1 and word in complaint and "Traceback" not in complaint
