"""Numbers that grow when something changes which many processes keep in memory: filters, names, settings."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session


def of(session: Session, name: str) -> int:
    """1 when nothing has changed yet, so that 0 can mean «never»."""
    return int(session.execute(text("SELECT n FROM revision WHERE name = :name"), {"name": name}).scalar() or 1)


def raise_it(session: Session, name: str) -> int:
    """In the transaction of the change: whoever sees the change sees the new number."""
    return int(
        session.execute(
            text("""
            INSERT INTO revision (name, n) VALUES (:name, 2)
            ON CONFLICT (name) DO UPDATE SET n = revision.n + 1 RETURNING n
            """),
            {"name": name},
        ).scalar_one()
    )
