"""The laboratory in the demonstration: registered when it is there, switched off when it has gone."""

from __future__ import annotations

import shutil
from dataclasses import replace

import psycopg2
import pytest
from sqlalchemy import select

from app.demo import telephony
from app.demo.people import PEOPLE
from app.lab import home
from app.lab.tree import Tree
from app.models import Asterisk, CallerNumber, DialPrefix, PhoneAccount, Setting, Trunk
from app.services import servers
from tests.factories import get_user


@pytest.fixture
def settings(app, own_database, tmp_path, monkeypatch):
    monkeypatch.setenv("SIPP", "/bin/sh")
    program = tmp_path / "tree/usr/sbin/asterisk"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho Asterisk 22.3.0\n")
    program.chmod(0o755)
    home.make(tmp_path / "var", Tree(str(tmp_path / "tree"), (22, 3)), {"person": "/p.alaw", "machine": "/m.alaw"})
    return replace(app.config["PROZVON"], var_dir=tmp_path / "var", database_url=own_database)


@pytest.fixture
def people(session) -> dict[str, int]:
    return {
        PEOPLE[1]["login"]: get_user(session, "operator").id,
        PEOPLE[0]["login"]: get_user(session, "supervisor").id,
    }


def server_of(session) -> Asterisk:
    return session.execute(select(Asterisk).where(Asterisk.name == telephony.NAME)).scalar_one()


def test_a_laboratory_brings_a_line_two_ways_out_three_numbers_and_telephones(session, settings, people):
    assert telephony.install(session, settings, people)
    server = server_of(session)
    found = home.load(settings.var_dir)
    assert (server.ami_port, server.ws_url) == (found.ami_port, found.ws_url)
    assert servers.secret_of(server, settings.secret_key) == found.ami_secret
    assert session.execute(select(Trunk.endpoint)).scalars().all() == ["town"]
    assert len(session.execute(select(DialPrefix)).all()) == 2 and len(session.execute(select(CallerNumber)).all()) == 3
    phones = session.execute(select(PhoneAccount.user_id, PhoneAccount.extension)).all()
    assert {tuple(row) for row in phones} == {(user_id, f"op{user_id}") for user_id in people.values()}
    assert session.get_one(Setting, "call_hours_to").value == 24


def test_a_second_start_adds_nothing_and_follows_moved_ports(session, settings, people):
    telephony.install(session, settings, people)
    found = home.load(settings.var_dir)
    replace(found, ami_port=found.ami_port + 7).save()
    telephony.install(session, settings, people)
    assert server_of(session).ami_port == home.load(settings.var_dir).ami_port
    for table, n in ((Asterisk, 1), (Trunk, 1), (DialPrefix, 2), (CallerNumber, 3), (PhoneAccount, 2)):
        assert len(session.execute(select(table)).all()) == n


def test_hours_that_a_supervisor_has_set_stay(session, settings, people):
    session.add(Setting(name="call_hours_to", value=18))
    session.flush()
    telephony.install(session, settings, people)
    assert session.get_one(Setting, "call_hours_to").value == 18


def test_a_laboratory_that_has_gone_leaves_its_server_switched_off(session, settings, people):
    telephony.install(session, settings, people)
    shutil.rmtree(settings.var_dir / "lab")
    assert not telephony.install(session, settings, people)
    assert not server_of(session).is_enabled


def test_asterisks_role_reads_telephones_appends_records_and_does_nothing_else(session, settings, people, own_database):
    telephony.install(session, settings, people)
    session.commit()
    connection = psycopg2.connect(own_database)
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET ROLE prozvon_asterisk")
            cursor.execute("SELECT id FROM ps_endpoints")
            cursor.execute("SELECT interface FROM queue_members")
            cursor.execute("INSERT INTO cdr (linkedid) VALUES ('x') RETURNING id")
            cursor.execute("INSERT INTO cel (linkedid) VALUES ('x')")
            connection.commit()
            for forbidden in (
                "SELECT * FROM ab_user", "SELECT * FROM phone_account", "SELECT * FROM call", "DELETE FROM cdr",
                "UPDATE cdr SET src = ''", "INSERT INTO ps_endpoints (id, aors, auth) VALUES ('x', 'x', 'x')",
                "UPDATE ps_auths SET md5_cred = ''", "CREATE TABLE x (y int)",
            ):  # fmt: skip
                cursor.execute("SET ROLE prozvon_asterisk")
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(forbidden)
                connection.rollback()
    finally:
        connection.close()
