"""One engine, named or embedded: its addresses, its databases, and a server that ends with its last user."""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime
from pathlib import Path

import psutil
import psycopg2
import pytest
from sqlalchemy import create_engine, text

from app import database

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("given", ["postgresql://u@h/d", "postgres://u@h/d", "postgresql+psycopg2://u@h/d"])
def test_an_address_in_any_dialect_serves_both_drivers(given):
    assert database.sqlalchemy_url(given) == "postgresql+psycopg2://u@h/d"
    assert database.plain_url(given) == "postgresql://u@h/d"


def test_another_kind_of_database_is_refused():
    with pytest.raises(ValueError, match="PostgreSQL"):
        database.sqlalchemy_url("sqlite:///x.db")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("postgresql://u:p@h:5432/old", "postgresql://u:p@h:5432/new"),
        ("postgresql://postgres:@/postgres?host=/var/x", "postgresql://postgres:@/new?host=/var/x"),
    ],
)
def test_the_same_server_names_another_database(uri, expected):
    assert database.with_database(uri, "new") == expected


def test_a_database_is_made_once_and_folds_cyrillic(server):
    assert database.make_database(server.uri, "prozvon_test_once")
    assert not database.make_database(server.uri, "prozvon_test_once")
    url = database.with_database(server.uri, "prozvon_test_once")
    connection = psycopg2.connect(url)
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower('ЁЛКА') = 'ёлка' AND 'Ёлка' ILIKE 'ёЛКА'")
        assert cursor.fetchone() == (True,)
    connection.close()
    server.drop(url)


def test_the_embedded_server_ends_with_its_last_user_even_after_a_kill(tmp_path_factory):
    folder = tmp_path_factory.mktemp("embedded")
    folder.chmod(0o755)
    start = (
        f"import pathlib; from app.database import start_embedded; start_embedded(pathlib.Path({str(folder)!r}) / 'pg')"
    )

    def run(then: str) -> int:
        return subprocess.run([sys.executable, "-c", f"{start}; {then}"], cwd=ROOT, timeout=60).returncode

    def servers() -> list[psutil.Process]:
        everybody = psutil.process_iter(["cmdline"])
        return [one for one in everybody if any(str(folder) in part for part in one.info["cmdline"] or ())]

    assert run("import os; os.kill(os.getpid(), 9)") == -9
    assert servers(), "a killed process leaves the server running"
    assert run("pass") == 0
    assert servers() == []


def test_a_connection_that_the_server_has_ended_is_replaced_before_it_is_used(own_database):
    engine = create_engine(database.sqlalchemy_url(own_database), pool_size=1)
    database.watch_pool(engine.pool)
    with engine.connect() as connection:
        first = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() == first
    other = psycopg2.connect(database.plain_url(own_database))
    other.autocommit = True
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
    other.close()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != first
    engine.dispose()


@pytest.mark.parametrize(("after_s", "is_asked"), [(0.0, True), (3600.0, False)])
def test_a_connection_is_asked_whether_it_answers_only_after_a_long_rest(own_database, monkeypatch, after_s, is_asked):
    monkeypatch.setattr(database, "ASK_AFTER_S", after_s)
    engine = create_engine(database.sqlalchemy_url(own_database), pool_size=1)
    database.watch_pool(engine.pool)
    other = psycopg2.connect(database.plain_url(own_database))
    other.autocommit = True
    with engine.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()

    def last_question() -> datetime:
        with other.cursor() as cursor:
            cursor.execute("SELECT query_start FROM pg_stat_activity WHERE pid = %s", (pid,))
            return cursor.fetchone()[0]

    before = last_question()
    connection = engine.pool.connect()  # taken, not used
    assert (last_question() > before) is is_asked
    connection.close()
    other.close()
    engine.dispose()
