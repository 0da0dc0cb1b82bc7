"""Log-ins on the server: when they begin and end, who ends them, and how long a guesser has to wait."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import delete, event, inspect, or_, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.extensions import db
from app.models import LoginsEnded, LoginTry, UserSession

SESSION_LIFE = timedelta(hours=10)
SESSION_IDLE = timedelta(minutes=30)
TOUCH_EVERY = timedelta(seconds=60)
FREE_TRIES = 5  # failures of one account before its back-off begins
LONGEST_BLOCK_S = 3600  # for who fails from one address on one account
# From everywhere together an account waits less: strangers who guess must not keep its owner out for long, and an
# address from which the owner has logged in lately does not wait for what others do.
LONGEST_ACCOUNT_BLOCK_S = 900
KNOWN_FOR = timedelta(days=30)
# An office stands behind one address, so many may mistype there; a guesser mistypes faster than they forget.
ADDRESS_TRIES = 30
FORGIVEN_PER_MINUTE = 2
ADDRESS_BLOCK = timedelta(minutes=2)
# What changes who a person is: whoever is logged in has to log in again.
ENDS_LOG_INS = ("password", "active", "roles", "groups")


def sha256hex(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# --- sessions


def is_alive(row: Any, user_id: int, now: datetime) -> bool:
    return (
        row is not None
        and row.user_id == user_id
        and row.created_at >= now - SESSION_LIFE
        and row.seen_at >= now - SESSION_IDLE
    )


def touch(sid_hash: str, now: datetime) -> None:
    """On a connection of its own: the request's transaction is not ours to commit, nor may it hold this row."""
    with db.engine.begin() as connection:
        connection.execute(update(UserSession).where(UserSession.sid_hash == sid_hash).values(seen_at=now))


def end_log_ins(session: Session, user_id: int, now: datetime | None = None) -> int:
    """Everywhere: browsers and tokens of the API. Returns how many browsers were logged in."""
    at = now or datetime.now(UTC)
    ended: Any = session.execute(delete(UserSession).where(UserSession.user_id == user_id))
    end_phones(session, user_id=user_id)
    row = insert(LoginsEnded).values(user_id=user_id, at=at)
    session.execute(row.on_conflict_do_update(index_elements=[LoginsEnded.user_id], set_={"at": at}))
    return int(ended.rowcount)


# Nobody knows the password that is written: a telephone without one would let anybody in.
_END_PHONES = """
  WITH ended AS (
    UPDATE phone_account p SET password_until = NULL, sid_hash = '', device_state = 'unavailable', device_since = now()
    WHERE kind = 'browser' AND password_until IS NOT NULL AND ({condition}) RETURNING extension
  ) UPDATE ps_auths SET md5_cred = md5(gen_random_uuid()::text) FROM ended WHERE id = ended.extension
"""
_LOG_IN_GONE = "NOT EXISTS (SELECT 1 FROM user_session s WHERE s.sid_hash = p.sid_hash)"
_END_OF_ONE = text(_END_PHONES.format(condition=f"p.user_id = :user_id AND {_LOG_IN_GONE}"))
_END_STALE = text(_END_PHONES.format(condition=f"password_until <= :now OR {_LOG_IN_GONE}"))


def end_phones(session: Session, *, user_id: int | None = None, now: datetime | None = None) -> int:
    """A browser's telephone ends with its log-in: one person's, or everybody's whose log-in or password is over."""
    one = user_id is not None
    ended: Any = session.execute(_END_OF_ONE if one else _END_STALE, {"user_id": user_id} if one else {"now": now})
    return int(ended.rowcount)


def is_token_alive(session: Session, user_id: int, issued_at: float) -> bool:
    ended = session.get(LoginsEnded, user_id)
    # A token tells whole seconds: one of the very second in which log-ins were ended is taken for an old one.
    return ended is None or issued_at > ended.at.timestamp()


@event.listens_for(Session, "before_flush")
def _end_log_ins_of_changed_people(session: Session, *_: Any) -> None:
    """Whichever screen or command changes a role, a password or the account: in the same transaction."""
    changed = [
        user.id
        for user in session.dirty
        if isinstance(user, User) and any(inspect(user).attrs[name].history.has_changes() for name in ENDS_LOG_INS)
    ]
    for user_id in changed:
        end_log_ins(session, user_id)


# --- guessing


def is_blocked(session: Session, key: str, now: datetime) -> bool:
    return wait_s(session, key, now) > 0


def wait_s(session: Session, key: str, now: datetime) -> int:
    """How many seconds this door stays closed; 0 when it is open."""
    tries = session.get(LoginTry, key, populate_existing=True)
    if tries is None or tries.blocked_until is None or tries.blocked_until <= now:
        return 0
    return int((tries.blocked_until - now).total_seconds()) + 1


def wait_to_log_in(session: Session, account: str, address: str, now: datetime) -> int:
    """Seconds until this account may be tried from this address."""
    known = session.get(LoginTry, _pair(account, address, "KNOWN"), populate_existing=True)
    is_known = known is not None and known.last_at > now - KNOWN_FOR
    keys = [address_key(address), _pair(account, address), *(() if is_known else (account,))]
    return max(wait_s(session, key, now) for key in keys)


def log_in_failed(session: Session, account: str, address: str, now: datetime) -> None:
    count_failure(session, _pair(account, address), now)
    count_failure(session, account, now, longest_s=LONGEST_ACCOUNT_BLOCK_S)
    count_knock(session, address_key(address), now)


def log_in_succeeded(session: Session, account: str, address: str, now: datetime) -> None:
    forget_failures(session, account)
    _locked(session, _pair(account, address, "KNOWN")).last_at = now


def _pair(account: str, address: str, what: str = "PAIR") -> str:
    """In capitals, like the key of an address, so that no name can stand for it."""
    return f"{what} {sha256hex(account)[:32]} {address}"[:128]


def count_failure(session: Session, account: str, now: datetime, *, longest_s: int = LONGEST_BLOCK_S) -> None:
    """The back-off doubles with every failure, up to an hour."""
    tries = _locked(session, account)
    tries.failed_n += 1
    tries.last_at = now
    if tries.failed_n >= FREE_TRIES:
        over = min(tries.failed_n - FREE_TRIES, 20)
        tries.blocked_until = now + timedelta(seconds=min(30 * 2**over, longest_s))


def address_key(address: str, what: str = "ADDRESS") -> str:
    """Beside the accounts, in capitals: names of accounts are stored in small letters and cannot stand for it."""
    return f"{what} {address}"[:128]


def count_knock(session: Session, key: str, now: datetime, *, most: int = ADDRESS_TRIES) -> None:
    """One more from there; old ones are forgiven minute by minute. Too many close the door for a while."""
    tries = _locked(session, key)
    minutes = max((now - tries.last_at).total_seconds() / 60, 0)
    tries.failed_n = max(tries.failed_n - int(minutes * FORGIVEN_PER_MINUTE), 0) + 1
    tries.last_at = now
    if tries.failed_n >= most:
        tries.blocked_until = now + ADDRESS_BLOCK


def forget_failures(session: Session, account: str) -> None:
    """Of the account, from wherever they came."""
    mine = or_(LoginTry.account == account, LoginTry.account.like(f"PAIR {sha256hex(account)[:32]} %"))
    session.execute(delete(LoginTry).where(mine))


def _locked(session: Session, key: str) -> LoginTry:
    """The row of this key, made when it is missing: two first failures at once make one row."""
    session.execute(insert(LoginTry).values(account=key, failed_n=0).on_conflict_do_nothing())
    return session.get_one(LoginTry, key, with_for_update=True, populate_existing=True)
