"""Keys by which programs call the API: made once, kept as a hash, counted per minute, revoked for ever."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.log_ins import sha256hex
from app.models import AccessKey
from app.services.audit import note_event
from app.services.ingest import storable

MARK = "pzv_"  # by which a key is told from a token, and found by those who look for leaked ones
SHOWN = 12  # characters that tell keys apart and open nothing
SCOPES = ("all", "read", "push")
MOST_PER_MINUTE = 100_000


@dataclass(frozen=True, slots=True)
class KeyUse:
    """One call by a key: whose it is, and whether it still is within its limit."""

    key_id: int
    user_id: int
    scope: str
    per_minute: int
    calls: int

    @property
    def is_over(self) -> bool:
        return self.calls > self.per_minute


def make(
    session: Session,
    *,
    name: str,
    user_id: int,
    scope: str,
    now: datetime,
    actor_id: int,
    days: int | None = None,
    per_minute: int = 600,
) -> str:
    """A new key; what is returned is shown once and kept nowhere."""
    name = storable(name).strip()
    if not 1 <= len(name) <= 100:
        raise Refused("key_needs_name")
    if scope not in SCOPES:
        raise Refused("key_scope")
    if days is not None and not 1 <= days <= 3650:
        raise Refused("key_days")
    if not 1 <= per_minute <= MOST_PER_MINUTE:
        raise Refused("key_per_minute", most=MOST_PER_MINUTE)
    user = session.get(User, user_id)
    if user is None or not user.is_active:
        raise Refused("user_gone")
    key = MARK + secrets.token_urlsafe(32)
    row = AccessKey(
        name=name, user_id=user_id, prefix=key[:SHOWN], key_hash=sha256hex(key), scope=scope, per_minute=per_minute,
        created_at=now, created_by_id=actor_id, expires_at=now + timedelta(days=days) if days else None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    note_event(
        session, "api_key_made", actor_id=actor_id, subject="api_key", subject_id=row.id, name=name, user_id=user_id,
        scope=scope,
    )  # fmt: skip
    return key


def revoke(session: Session, key_id: int, *, actor_id: int, now: datetime) -> None:
    """The key opens nothing from this moment on."""
    row = session.get(AccessKey, key_id, with_for_update={"of": AccessKey})
    if row is None or row.revoked_at is not None:
        raise Refused("key_dead")
    row.revoked_at = now
    note_event(session, "api_key_revoked", actor_id=actor_id, subject="api_key", subject_id=key_id, name=row.name)


def use(engine: Engine, key: str, now: datetime) -> KeyUse | None:
    """Count one call by the key, over all processes; None when it opens nothing.

    On a connection of its own: a call that fails has been made all the same, and the counter must not stay locked for
    as long as the call runs.
    """
    with engine.begin() as connection:
        row = connection.execute(_USE, {"hash": sha256hex(key), "now": now, "minute": minute_of(now)}).one_or_none()
    return KeyUse(row.id, row.user_id, row.scope, row.per_minute, row.minute_n) if row else None


def minute_of(now: datetime) -> datetime:
    return now.replace(second=0, microsecond=0)


_USE = text("""
  UPDATE api_key SET last_used_at = :now, minute_n = CASE WHEN minute_at = :minute THEN minute_n + 1 ELSE 1 END,
         minute_at = :minute
  WHERE key_hash = :hash AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > :now)
  RETURNING id, user_id, scope, per_minute, minute_n
""")


def latest(session: Session, limit: int = 100) -> list[AccessKey]:
    return list(session.execute(select(AccessKey).order_by(AccessKey.id.desc()).limit(limit)).scalars())
