"""The command that tries ways of pacing on a modelled shift."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from app import cli
from app.database import sqlalchemy_url

SHORT = ("--hours", "0.5", "--warm-up", "5", "--operators", "10")


@pytest.fixture
def run(server, database, monkeypatch, capsys):
    for name, value in server.environment(database).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cli.logs, "configure", lambda **_: None)  # the root logger belongs to pytest

    def command(*argv: str) -> tuple[int, str, str]:
        code = cli.main(["simulate", *argv])
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


def test_the_table_sets_the_rivals_beside_each_other(run):
    code, said, _ = run(*SHORT, "--rivals", "predictive,oracle")
    assert code == 0
    head, ours, oracle = said.splitlines()
    assert "talk min/h" in head and "predictive" in ours and "100 %" in oracle


def test_json_tells_every_minute(run):
    code, said, _ = run(*SHORT, "--rivals", "progressive", "--format", "json", "--seed", "5")
    (score,) = json.loads(said)
    assert code == 0 and (score["rival"], len(score["minutes"])) == ("progressive", 30)
    assert run(*SHORT, "--rivals", "progressive", "--format", "json", "--seed", "5")[1] == said


def test_the_picture_and_the_table_are_written_where_asked(run, tmp_path):
    out, table = tmp_path / "a.svg", tmp_path / "a.md"
    assert run(*SHORT, "--rivals", "power", "--answer-rate", "20,60", "--out", str(out), "--table", str(table))[0] == 0
    assert out.read_text().startswith("<svg") and table.read_text().count("| power |") == 2


def test_in_a_document_only_what_stands_between_the_marks_is_written_anew(run, tmp_path):
    guide = tmp_path / "guide.md"
    guide.write_text("before\n[//]: # (simulated)\nold\n[//]: # (end of simulated)\nafter\n")
    assert run(*SHORT, "--rivals", "progressive", "--table", str(guide))[0] == 0
    told = guide.read_text()
    assert told.startswith("before\n") and told.endswith("after\n") and "| progressive |" in told and "old" not in told


@pytest.mark.parametrize(
    "wrong",
    [["--rivals", "coffee"], ["--ceiling", "300"], ["--answer-rate", "many"], ["--operators", "-1"],
     ["--ratio", "100"], ["--replay", "yesterday"], ["--replay", "2020-01-01"], ["--hours", "0"]],
)  # fmt: skip
def test_nonsense_is_one_line_of_complaint(run, wrong):
    code, said, complaint = run(*wrong)
    assert code == 1 and said == "" and complaint.count("\n") == 1


def test_a_day_of_the_database_is_replayed(run, database):
    engine = create_engine(sqlalchemy_url(database))
    with engine.begin() as connection:
        connection.execute(
            text("""
            WITH a AS (INSERT INTO asterisk (name, ami_host, ami_user) VALUES ('replay', 'localhost', 'x') RETURNING id)
            INSERT INTO call (type, state, asterisk_id, phone, created_at, ended_at, outcome, ring_ms, talk_ms)
            SELECT 'individual', 'ended', a.id, '7999000' || to_char(n, 'FM0000'), :at, :at,
                   CASE WHEN n % 4 = 0 THEN 'answered' ELSE 'no_answer' END, 8000, CASE WHEN n % 4 = 0 THEN 90000 END
            FROM a, generate_series(1, 200) n
            """),
            {"at": datetime(2026, 3, 2, 9, tzinfo=UTC) + timedelta(minutes=1)},
        )
    engine.dispose()
    code, said, _ = run(*SHORT, "--replay", "2026-03-02", "--rivals", "progressive", "--format", "json")
    (score,) = json.loads(said)
    assert code == 0 and score["answer_rate"] == pytest.approx(0.25)
