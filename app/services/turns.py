"""Requests of one account wait for each other: two sources of one token share its pause, whatever process asks."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.sources import Paced
from app.sources import Source as Adapter

# Each asker takes the next free moment and sleeps until it without holding anything; who dies has wasted one moment.
# The database's clock counts, because the machines' own may differ.
_CLAIM = text("""
    INSERT INTO source_turn AS t (account, next_at)
    VALUES (:account, clock_timestamp() + make_interval(secs => :pause))
    ON CONFLICT (account) DO UPDATE
      SET next_at = GREATEST(t.next_at, clock_timestamp()) + make_interval(secs => :pause)
    RETURNING EXTRACT(epoch FROM t.next_at - make_interval(secs => :pause) - clock_timestamp())
""")


def share(session: Session, adapter: Adapter) -> None:
    """Every request of this adapter waits for those of all others with the same account."""
    if isinstance(adapter, Paced):
        bind, paced = session.get_bind(), adapter
        adapter.ask_turn = lambda: claim(bind, paced)


def share_one(session: Session, adapter: Adapter) -> None:
    """The same for a single request that another thread will make: its moment is taken here and now."""
    if isinstance(adapter, Paced):
        seconds = claim(session.get_bind(), adapter)
        adapter.ask_turn = lambda: seconds


def claim(bind: Any, adapter: Paced) -> float:
    """Seconds until this account may be asked; the moment is ours. In a transaction of its own, over at once."""
    with bind.begin() as own:
        values = {"account": _key(adapter), "pause": adapter.pause_s}
        return max(0.0, float(own.execute(_CLAIM, values).scalar_one()))


def _key(adapter: Paced) -> str:
    """The account's secrets are part of what tells it, so only their digest is stored."""
    told = "\0".join((type(adapter).__name__, *adapter.account()))
    return hashlib.sha256(told.encode()).hexdigest()
