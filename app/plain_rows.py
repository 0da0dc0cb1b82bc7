"""Rows by the driver itself, for the few statements that every page of every operator runs: no compiling, no result
machinery, in the session's own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import psycopg2
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session


def rows(session: Session, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """The answer as tuples; names in the statement are written %(name)s. Sees what the session has not written yet.

    Raises what SQLAlchemy would, and gives a dead connection up as it would."""
    if session.new or session.dirty or session.deleted:
        session.flush()
    connection = session.connection()
    raw: Any = connection.connection.driver_connection
    try:
        with raw.cursor() as cursor:
            return _run(cursor, statement, values)
    except psycopg2.Error as trouble:
        is_dead = bool(raw.closed)
        if is_dead:
            connection.invalidate(trouble)
        raise DBAPIError.instance(
            statement, dict(values), trouble, psycopg2.Error, connection_invalidated=is_dead
        ) from trouble


def _run(cursor: Any, statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    cursor.execute(statement, values)
    found: list[tuple[Any, ...]] = cursor.fetchall()
    return found
