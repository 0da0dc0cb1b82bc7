"""How long a process may keep the database busy: a page seconds, a job or a command minutes."""

from __future__ import annotations

from sqlalchemy import text

import config
from app import cli, cli_setup, create_app
from app.extensions import db
from tests.databases import make_app


def asked_of_the_database(app) -> tuple[str, ...]:
    with app.app_context():
        answer = tuple(
            db.session.execute(text(f"SHOW {name}")).scalar_one() for name in ("statement_timeout", "lock_timeout")
        )
        db.session.remove()
        db.engine.dispose()
    return answer


def test_the_database_hears_how_patient_a_process_is(server, database):
    assert asked_of_the_database(make_app(server, database)) == ("15s", "5s")
    assert asked_of_the_database(create_app(config.unhurried(server.settings(database)))) == ("10min", "200s")


def test_a_command_may_take_ten_minutes_for_a_statement(server, database, monkeypatch):
    given = []
    monkeypatch.setattr(cli_setup, "doctor", lambda arguments, settings: given.append(settings))
    monkeypatch.setattr(cli.logs, "configure", lambda **_: None)  # the root logger belongs to pytest
    for name, value in server.environment(database).items():
        monkeypatch.setenv(name, value)
    assert cli.main(["doctor"]) == 0
    assert given[0].statement_timeout_ms == config.BULK_TIMEOUT_MS
