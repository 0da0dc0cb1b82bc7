"""`python run.py telephony`: which Asterisk it serves, what it says when it cannot, how it ends."""

from __future__ import annotations

import argparse
import os
import signal
from collections.abc import Callable

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app import cli_telephony
from app.cli_telephony import DatabaseOffice, chosen
from app.database import sqlalchemy_url
from app.errors import OutsideError
from app.services.secrets_box import seal
from app.telephony.office import Away
from tests.databases import Server
from tests.telephony.gateway import Process
from tests.telephony.lab import wait_for


@pytest.fixture
def add(session: Session) -> Callable[..., int]:
    session.execute(text("DELETE FROM asterisk"))

    def add(name: str, *, enabled: bool = True, secret: bytes | None = None) -> int:
        return int(
            session.execute(
                text("""INSERT INTO asterisk (name, is_enabled, ami_host, ami_user, ami_secret)
                        VALUES (:name, :enabled, '127.0.0.1', 'u', :secret) RETURNING id"""),
                {"name": name, "enabled": enabled, "secret": secret},
            ).scalar_one()
        )

    return add


def test_the_only_one_needs_no_name(session, add):
    add("Москва")
    add("Казань", enabled=False)
    assert chosen(session, None).name == "Москва"


def test_with_several_it_says_which_there_are(session, add):
    add("Москва")
    add("Казань")
    with pytest.raises(OutsideError, match=r"--asterisk NAME \(enabled: Казань, Москва\)"):
        chosen(session, None)
    assert chosen(session, "Казань").name == "Казань"


def test_one_that_is_unknown_or_switched_off_is_not_served(session, add):
    add("Казань", enabled=False)
    assert chosen(session, None) is None
    for name in ("Казань", "Тверь"):
        with pytest.raises(OutsideError, match=r"is enabled \(enabled: none\)"):
            chosen(session, name)


def test_without_any_the_command_ends_and_says_so(server: Server, database: str, capsys):
    arguments = argparse.Namespace(asterisk=None)
    assert cli_telephony.run(arguments, server.settings(database)) == 1
    assert "No Asterisk is registered" in capsys.readouterr().out


@pytest.fixture
def office(server: Server, database: str):
    """Of a server that really is in a database of its own."""
    settings = server.settings(database)
    engine = create_engine(sqlalchemy_url(database))
    with engine.begin() as connection:
        sealed = seal({"secret": "of AMI"}, settings.secret_key).encode()
        number = connection.execute(
            text("""INSERT INTO asterisk (name, ami_host, ami_user, ami_secret)
                    VALUES ('Москва', '127.0.0.1', 'u', :sealed) RETURNING id"""),
            {"sealed": sealed},
        ).scalar_one()
    yield DatabaseOffice(engine, number, settings), engine
    engine.dispose()


def row(engine):
    with engine.connect() as connection:
        return connection.execute(text("SELECT state, trouble, version, state_since, seen_at FROM asterisk")).one()


def test_a_sign_of_life_tells_the_truth_about_ami(office):
    ours, engine = office
    assert ours.alive(True, "", "22.1.0")
    first = row(engine)
    assert (first.state, first.trouble, first.version) == ("up", "", "22.1.0") and first.seen_at
    assert ours.alive(True, "", "") and row(engine).state_since == first.state_since
    assert row(engine).version == "22.1.0" and row(engine).seen_at > first.seen_at
    assert ours.alive(False, "ami_away", "")
    assert (row(engine).state, row(engine).trouble) == ("down", "ami_away")
    assert row(engine).state_since > first.state_since


def test_who_is_switched_off_hears_so_with_his_next_sign_of_life(office):
    ours, engine = office
    assert ours.address().secret == "of AMI" and "of AMI" not in repr(ours.address())
    with engine.begin() as connection:
        connection.execute(text("UPDATE asterisk SET is_enabled = false"))
    assert ours.alive(True, "", "") is False and ours.address() is None


def test_a_database_that_is_away_has_a_name_of_its_own(server: Server, database: str):
    nowhere = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/none", connect_args={"connect_timeout": 1})
    with pytest.raises(Away):
        DatabaseOffice(nowhere, 1, server.settings(database)).claim()


def test_a_process_without_an_asterisk_says_it_is_down_and_ends_when_asked(office, server: Server, database: str):
    _ours, engine = office
    with engine.begin() as connection:
        connection.execute(text("UPDATE asterisk SET ami_port = 1"))
    with Process(server.environment(database)) as process:
        wait_for(lambda: row(engine).state == "down" and row(engine).trouble == "ami_away", 20)
        with engine.begin() as connection:
            connection.execute(
                text("""INSERT INTO call (type, asterisk_id, phone, created_at)
                        VALUES ('individual', (SELECT id FROM asterisk), '79001234567', now() - interval '20 s')""")
            )
        code, took = process.end()
    assert code == 0 and took < 10
    with engine.connect() as connection:
        assert connection.execute(text("SELECT state FROM call")).scalar_one() == "asked"  # nothing was dialled


def test_a_process_that_is_not_wanted_any_more_ends_by_itself(office, server: Server, database: str):
    _ours, engine = office
    with Process(server.environment(database)) as process:
        wait_for(lambda: row(engine).state == "down", 20)
        with engine.begin() as connection:
            connection.execute(text("UPDATE asterisk SET is_enabled = false"))
        assert process.process.wait(12) == 0


def test_asked_twice_it_ends_once_and_without_an_error():
    asked: list[str] = []
    with cli_telephony.stopped_by_signals(lambda: asked.append("stop")):
        os.kill(os.getpid(), signal.SIGTERM)
        wait_for(lambda: asked)
        os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGINT)
    assert asked == ["stop"]
