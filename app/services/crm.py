"""The way to a CRM: its adapter with secrets, the limit that all workers share, tokens that only one refreshes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.crm import Crm, CrmTrouble
from app.errors import Refused
from app.extensions import outside
from app.models import CrmConnection
from app.services.secrets_box import seal, unseal

LONGEST_TURN_S = 5.0  # who would wait longer gives the item back
EARLY_S = 60  # a token is changed so long before it ends


@dataclass(frozen=True, slots=True)
class Keys:
    """What the deployment decides."""

    secret_key: str
    allow_private: bool


def adapter_of(row: CrmConnection, keys: Keys) -> Crm:
    """Options and secrets in; no connection yet. Raises Refused, or OutsideError when the secrets cannot be read."""
    kind = outside.crm.get(row.adapter)
    if kind is None:
        raise Refused("adapter_unknown", name=row.adapter)
    known = {item.name for item in fields(kind)}
    given = {**(row.options or {}), **unseal(row.secrets or "", keys.secret_key)}
    crm: Crm = kind(**{name: value for name, value in given.items() if name in known})
    if row.car_map:
        crm.car_map = dict(row.car_map)
    return crm


@contextmanager
def opened(session: Session, row: CrmConnection, keys: Keys, *, keep: bool = False) -> Iterator[Crm]:
    """The adapter with its door open. The caller's transaction is not used: nothing waits for a CRM inside one."""
    crm = adapter_of(row, keys)
    bind, connection_id = session.get_bind(), row.id
    door = outside.crm_door(allow_private=keys.allow_private, secrets=crm.secrets())
    if connection_id is not None:
        door.take_turn = lambda: take_turn(bind, connection_id, crm)
    if keep:
        door.said = []
    crm.door = door
    if crm.needs_token and connection_id is not None:
        crm.tokens = lambda refused: token(bind, connection_id, crm, keys.secret_key, refused)
    try:
        yield crm
    finally:
        door.close()


def take_turn(bind: Any, connection_id: int, crm: Crm) -> None:
    """Returns when the CRM may be asked. A leaky bucket in one row counts the requests of all machines."""
    rate = crm.rate
    drip = 1 / rate.per_second
    values = {"id": connection_id, "drip": drip, "room": drip * rate.burst, "most": LONGEST_TURN_S}
    with bind.begin() as own:
        row = own.execute(_TURN, values).one_or_none()
    if row is None:
        raise CrmTrouble("the CRM's limit is used up for now", kind="limit", wait_s=LONGEST_TURN_S)
    if row.closed_s > 0:
        raise CrmTrouble("the CRM has asked for a pause", kind="limit", wait_s=float(row.closed_s))
    if row.wait_s > 0:
        time.sleep(float(row.wait_s))


_TURN = text("""
    INSERT INTO crm_turn AS t (connection_id, bucket_until)
    VALUES (:id, clock_timestamp() + make_interval(secs => :drip))
    ON CONFLICT (connection_id) DO UPDATE
      SET bucket_until = GREATEST(t.bucket_until, clock_timestamp()) + make_interval(secs => :drip)
      WHERE GREATEST(t.bucket_until, clock_timestamp()) + make_interval(secs => :drip)
            <= clock_timestamp() + make_interval(secs => :room + :most)
    RETURNING EXTRACT(epoch FROM bucket_until - clock_timestamp()) - :room AS wait_s,
              COALESCE(EXTRACT(epoch FROM closed_until - clock_timestamp()), 0) AS closed_s
""")


def close_for(session: Session, connection_id: int, trouble: CrmTrouble) -> None:
    """The CRM wants to be left alone, or lets nobody in: all of its leads wait, none is lost."""
    wait = trouble.wait_s if trouble.wait_s is not None else 300.0
    session.execute(_CLOSE, {"id": connection_id, "wait": wait})
    session.execute(
        text("UPDATE crm_connection SET health = :kind, health_text = :words WHERE id = :id"),
        {"id": connection_id, "kind": trouble.kind, "words": str(trouble)},
    )


_CLOSE = text("""
    INSERT INTO crm_turn AS t (connection_id, bucket_until, closed_until)
    VALUES (:id, clock_timestamp(), clock_timestamp() + make_interval(secs => :wait))
    ON CONFLICT (connection_id) DO UPDATE SET closed_until = GREATEST(
      COALESCE(t.closed_until, clock_timestamp()), clock_timestamp() + make_interval(secs => :wait))
""")


def open_again(session: Session, connection_id: int) -> None:
    """A person has changed something: no need to sit out a pause."""
    session.execute(text("UPDATE crm_turn SET closed_until = NULL WHERE connection_id = :id"), {"id": connection_id})


def note_well(session: Session, connection_id: int) -> None:
    """Written once a minute at most: every push of every worker would change the same row."""
    session.execute(_WELL, {"id": connection_id})


_WELL = text("""
    UPDATE crm_connection SET health = 'ok', health_text = '', last_ok_at = clock_timestamp() WHERE id = :id
      AND (health <> 'ok' OR last_ok_at IS NULL OR last_ok_at < clock_timestamp() - interval '1 minute')
""")


# --- tokens


def token(bind: Any, connection_id: int, crm: Any, secret_key: str, refused: str = "") -> str:
    """The access token. Whoever finds it old fetches a new pair under the row's lock and keeps it in the same
    transaction: a refresh token is good once, and the others wait for the new pair instead of spending it twice."""
    with bind.begin() as own:
        own.execute(_TOKEN_ROW, {"id": connection_id})
        row = own.execute(_TOKEN, {"id": connection_id}).one()
    kept = unseal(row.sealed, secret_key)
    if _is_good(row, kept, refused):
        return str(kept["access"])
    with bind.begin() as own:
        row = own.execute(_TOKEN_LOCKED, {"id": connection_id}).one()
        kept = unseal(row.sealed, secret_key)
        if _is_good(row, kept, refused):  # somebody was quicker
            return str(kept["access"])
        if row.trouble:
            raise CrmTrouble(row.trouble, kind="auth", permanent=True, closes=True)
        try:
            access, refresh, seconds = crm.fetch_tokens(str(kept.get("refresh", "")))
        except CrmTrouble as trouble:
            if trouble.kind != "auth":
                raise
            own.execute(_TOKEN_DEAD, {"id": connection_id, "words": str(trouble)})
            failed = trouble
        else:
            sealed = seal({"access": access, "refresh": refresh}, secret_key)
            good_until = datetime.now(UTC) + timedelta(seconds=seconds)
            own.execute(_TOKEN_NEW, {"id": connection_id, "sealed": sealed, "until": good_until})
            return access
    raise failed


def _is_good(row: Any, kept: dict[str, Any], refused: str) -> bool:
    late = row.good_until is None or row.good_until < datetime.now(UTC) + timedelta(seconds=EARLY_S)
    return bool(kept.get("access")) and kept["access"] != refused and not late


_TOKEN_ROW = text("INSERT INTO crm_token (connection_id) VALUES (:id) ON CONFLICT DO NOTHING")
_TOKEN = text("SELECT sealed, good_until, trouble FROM crm_token WHERE connection_id = :id")
_TOKEN_LOCKED = text("SELECT sealed, good_until, trouble FROM crm_token WHERE connection_id = :id FOR UPDATE")
_TOKEN_NEW = text("""
    UPDATE crm_token SET sealed = :sealed, good_until = :until, number = number + 1, trouble = ''
    WHERE connection_id = :id
""")
_TOKEN_DEAD = text("UPDATE crm_token SET trouble = :words WHERE connection_id = :id")


def forget_tokens(session: Session, connection_id: int) -> None:
    """A new code has been entered: the old pair is worth nothing."""
    session.execute(text("DELETE FROM crm_token WHERE connection_id = :id"), {"id": connection_id})
