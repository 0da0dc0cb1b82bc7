"""The short way to rows: the session's own transaction, and troubles told as everywhere."""

from __future__ import annotations

import psycopg2
import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from app import database
from app.plain_rows import rows
from tests.factories import make_seller


def test_what_the_session_has_not_written_yet_is_seen(session):
    seller = make_seller(session)
    seller.note = "звонить после шести"
    told = rows(session, "SELECT id, note FROM seller WHERE id = %(id)s", {"id": seller.id})
    assert told == [(seller.id, "звонить после шести")]


def test_a_wrong_statement_raises_what_sqlalchemy_would(session):
    with pytest.raises(ProgrammingError), session.begin_nested():
        rows(session, "SELECT no_such_column FROM seller", {})


def test_a_connection_that_died_is_given_up_and_the_next_question_gets_a_new_one(own_database):
    engine = create_engine(database.sqlalchemy_url(own_database), pool_size=1, max_overflow=0)
    with Session(engine) as session:
        ((pid,),) = rows(session, "SELECT pg_backend_pid()", {})
        other = psycopg2.connect(database.plain_url(own_database))
        other.autocommit = True
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        other.close()
        with pytest.raises(OperationalError) as caught:
            rows(session, "SELECT 1", {})
        assert caught.value.connection_invalidated
        session.rollback()
        assert rows(session, "SELECT 1", {}) == [(1,)]
    engine.dispose()
