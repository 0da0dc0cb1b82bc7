"""Locks that outlive a transaction: held on a connection of their own, because a session's connection changes hands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import Refused


@contextmanager
def only_one(session: Session, key: int, *, busy: str) -> Iterator[None]:
    """Hold the advisory lock `key` for the block. Refused(busy) when somebody else holds it; a dead holder frees it."""
    with session.get_bind().engine.connect() as own:
        own = own.execution_options(isolation_level="AUTOCOMMIT")
        if not own.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}).scalar():
            raise Refused(busy)
        try:
            yield
        finally:
            own.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
