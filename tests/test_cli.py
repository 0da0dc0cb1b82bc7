"""The command line: every command explains itself, does its work on a real database, complains in one line."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import create_engine, text

from app import cli
from app.database import sqlalchemy_url


@pytest.fixture
def run(server, database, monkeypatch, capsys):
    """run("jobs", "run", "purge_old") -> (code, what it said, what it complained of)."""
    for name, value in server.environment(database).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(cli.logs, "configure", lambda **_: None)  # the root logger belongs to pytest

    def command(*argv: str) -> tuple[int, str, str]:
        code = cli.main(argv)
        told = capsys.readouterr()
        return code, told.out, told.err

    return command


@pytest.mark.parametrize(
    "command",
    ["web", "worker", "init", "migrate", "doctor", "demo", "roles", "jobs", "sources", "ads", "filters"],
)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as left:
        cli.main([command, "--help"])
    assert left.value.code == 0
    assert f"run.py {command}" in capsys.readouterr().out


def test_a_job_runs_by_hand_and_its_run_is_listed(run):
    code, said, _ = run("jobs", "run", "purge_old")
    assert code == 0 and isinstance(json.loads(said), dict)
    code, said, _ = run("jobs")
    assert code == 0
    line = said.splitlines().index(next(line for line in said.splitlines() if line.startswith("purge_old")))
    assert "last 20" in said.splitlines()[line + 1]


def test_an_unknown_job_is_one_line_of_complaint(run):
    code, _, complaint = run("jobs", "run", "make_coffee")
    assert code == 1 and complaint.count("\n") == 1 and "Traceback" not in complaint


def test_roles_show_what_was_taken_away_and_give_it_back(run, database):
    assert run("roles")[0] == 0
    engine = create_engine(sqlalchemy_url(database))
    with engine.begin() as connection:
        connection.execute(
            text("""DELETE FROM ab_permission_view_role WHERE role_id = (SELECT id FROM ab_role WHERE name = 'Operator')
                    AND permission_view_id = (SELECT min(pvr.permission_view_id) FROM ab_permission_view_role pvr
                                              JOIN ab_role r ON r.id = pvr.role_id WHERE r.name = 'Operator')""")
        )
    engine.dispose()
    code, said, _ = run("roles")
    assert code == 1 and "Operator: differs" in said and "\n  - " in said and "Supervisor: as in the table" in said
    assert run("roles", "--restore")[0] == 0


def test_the_first_administrator_is_invited_only_where_there_is_none(run):
    code, said, _ = run("init")
    assert code == 0 and "administrator already" in said and "/invite/" not in said


@pytest.mark.parametrize("command", [["sources"], ["filters"]])
def test_empty_lists_are_no_error(run, command):
    assert run(*command)[0] == 0


@pytest.mark.parametrize(
    "command",
    [["sources", "pull", "nowhere"], ["ads", "explain", "1"], ["ads", "import", "/nowhere", "--source", "nowhere"],
     ["filters", "enable", "1"], ["filters", "test", "1"]],
)  # fmt: skip
def test_what_is_not_there_is_one_line_of_complaint(run, command):
    code, said, complaint = run(*command)
    assert code == 1 and said == "" and complaint.count("\n") == 1
