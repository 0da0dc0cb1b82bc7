"""Rows by the driver itself, for the few statements that every page of every operator runs: no compiling, no result
machinery, no transaction where none is open."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg2
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, scoped_session


def rows(session: Session | scoped_session[Any], statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The answer as tuples; names in the statement are written %(name)s. Sees what the session has not written yet.

    A session that has not begun stays so: a single reading needs no transaction, whose beginning and end would be two
    more ways to the server. Raises what SQLAlchemy would, and gives a dead connection up as it would."""
    own: Session = session() if isinstance(session, scoped_session) else session
    if not own.in_transaction() and isinstance(engine := own.get_bind(), Engine):
        return _alone(engine, statement, values)
    if own.new or own.dirty or own.deleted:
        own.flush()
    connection = own.connection()
    raw: Any = connection.connection.driver_connection
    try:
        return _run(raw, statement, values)
    except psycopg2.Error as trouble:
        if raw.closed:
            connection.invalidate(trouble)
        raise _told(trouble, statement, values, is_dead=bool(raw.closed)) from trouble


def _alone(engine: Engine, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    held = engine.raw_connection()
    raw: Any = held.driver_connection
    try:
        raw.autocommit = True
        return _run(raw, statement, values)
    except psycopg2.Error as trouble:
        if is_dead := bool(raw.closed):
            held.invalidate(trouble)
        raise _told(trouble, statement, values, is_dead=is_dead) from trouble
    finally:
        if not raw.closed:
            raw.autocommit = False
        held.close()


def _told(trouble: psycopg2.Error, statement: str, values: Mapping[str, Any], *, is_dead: bool) -> BaseException:
    return DBAPIError.instance(statement, dict(values), trouble, psycopg2.Error, connection_invalidated=is_dead)


def _run(raw: Any, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with raw.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
