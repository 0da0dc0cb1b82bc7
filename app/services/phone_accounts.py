"""A person's phone: credentials for one log-in, short-lived, in the tables that Asterisk reads as it goes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import PhoneAccount

# An open page renews its password at half of this; whoever copied it has the rest of it.
LIFE = timedelta(minutes=5)
REALM = "prozvon"
DOMAIN = "prozvon.invalid"  # a name of SIP addresses only; nobody looks it up


@dataclass(frozen=True, slots=True)
class Relays:
    """STUN and TURN servers; TURN's own secret makes a name and a password for a day."""

    urls: tuple[str, ...] = ()
    secret: str = ""


class BrowserPhone(NamedTuple):
    """What a page has to know to show somebody's telephone."""

    extension: str
    ws_url: str


@dataclass(frozen=True, slots=True)
class PhoneSession:
    ws_url: str
    uri: str
    password: str = field(repr=False)
    until: datetime
    ice_servers: list[dict[str, Any]]


def open_session(
    session: Session,
    user_id: int,
    now: datetime,
    *,
    sid_hash: str = "",
    take: bool = False,
    relays: Relays | None = None,
) -> PhoneSession:
    """A fresh password for this log-in's phone. Refused while a later log-in has the phone, unless it is taken over."""
    account = _locked(session, user_id)
    if account is None or account.kind != "browser" or not account.asterisk.is_enabled:
        raise Refused("phone_none")
    if not take and _held_by_a_later_log_in(session, account, sid_hash, now):
        raise Refused("phone_elsewhere")
    password = secrets.token_urlsafe(24)
    account.password_until, account.sid_hash = now + LIFE, sid_hash
    session.flush()
    _write(session, account.extension, password)
    return PhoneSession(
        ws_url=account.asterisk.ws_url,
        uri=f"sip:{account.extension}@{DOMAIN}",
        password=password,
        until=account.password_until,
        ice_servers=_ice(relays or Relays(), account.extension, now),
    )


def _locked(session: Session, user_id: int) -> PhoneAccount | None:
    mine = select(PhoneAccount).where(PhoneAccount.user_id == user_id).with_for_update(of=PhoneAccount)
    return session.execute(mine.execution_options(populate_existing=True)).unique().scalar_one_or_none()


def _held_by_a_later_log_in(session: Session, account: PhoneAccount, sid_hash: str, now: datetime) -> bool:
    if account.sid_hash == sid_hash or account.password_until is None or account.password_until <= now:
        return False
    began = session.execute(
        text("SELECT sid_hash, created_at FROM user_session WHERE sid_hash IN (:holder, :mine)"),
        {"holder": account.sid_hash, "mine": sid_hash},
    )
    at = {row.sid_hash: row.created_at for row in began}
    return account.sid_hash in at and at[account.sid_hash] > at.get(sid_hash, now)


def tell(session: Session, user_id: int, sid_hash: str, *, connected: bool, now: datetime) -> bool:
    """The page's own word whether its telephone is connected. Asterisk watches only the telephones that it knew when
    it started: of one that came later it says «unavailable» for ever, though it rings it."""
    done: Any = session.execute(
        text("""
        UPDATE phone_account SET device_state = :state, device_since = :now
        WHERE user_id = :id AND kind = 'browser' AND sid_hash = :sid AND password_until > :now
          AND (device_state IN ('unknown', 'unavailable', 'invalid')) = :connected
        """),
        {"state": "not_inuse" if connected else "unavailable", "id": user_id, "sid": sid_hash, "now": now,
         "connected": connected},
    )  # fmt: skip
    return bool(done.rowcount)


def set_desk_password(session: Session, user_id: int) -> str:
    """For a telephone on the desk: a password that stays, told once to who sets it up."""
    account = _locked(session, user_id)
    if account is None or account.kind != "desk":
        raise Refused("phone_not_desk")
    password = secrets.token_urlsafe(18)
    account.password_until, account.sid_hash = None, ""
    session.flush()
    _write(session, account.extension, password, in_browser=False)
    return password


def remove(session: Session, extension: str) -> None:
    """The account goes; with it what Asterisk knows of it."""
    for table in ("ps_endpoints", "ps_auths", "ps_aors"):
        session.execute(text(f"DELETE FROM {table} WHERE id = :id"), {"id": extension})  # noqa: S608  our own names


def _digest(extension: str, password: str) -> str:
    """What SIP's digest needs: the password itself stands nowhere. (MD5 is the protocol's, not our choice.)"""
    return hashlib.md5(f"{extension}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()


_AUTH = text("""
  INSERT INTO ps_auths (id, auth_type, username, realm, md5_cred) VALUES (:id, 'md5', :id, :realm, :cred)
  ON CONFLICT (id) DO UPDATE SET auth_type = 'md5', username = :id, realm = :realm, md5_cred = :cred
""")
_AOR = text("""
  INSERT INTO ps_aors (id, max_contacts, remove_existing, default_expiration, maximum_expiration, qualify_frequency)
  VALUES (:id, 1, 'yes', 60, 120, :qualify)
  ON CONFLICT (id) DO UPDATE SET max_contacts = 1, remove_existing = 'yes', qualify_frequency = :qualify
""")
_ENDPOINT = text("""
  INSERT INTO ps_endpoints (id, aors, auth, context, disallow, allow, webrtc, device_state_busy_at, direct_media)
  VALUES (:id, :id, :id, 'pz-phones', 'all', 'alaw,ulaw', :webrtc, 1, 'no')
  ON CONFLICT (id) DO UPDATE SET aors = :id, auth = :id, context = 'pz-phones', disallow = 'all', allow = 'alaw,ulaw',
    webrtc = :webrtc, device_state_busy_at = 1, direct_media = 'no'
""")


def _write(session: Session, extension: str, password: str, *, in_browser: bool = True) -> None:
    """The auth first and the endpoint last: an endpoint never stands there without one."""
    session.execute(_AUTH, {"id": extension, "realm": REALM, "cred": _digest(extension, password)})
    # A browser's own connection tells when it is gone; a telephone on the desk has to be asked.
    session.execute(_AOR, {"id": extension, "qualify": 0 if in_browser else 30})
    session.execute(_ENDPOINT, {"id": extension, "webrtc": "yes" if in_browser else "no"})


def _ice(relays: Relays, extension: str, now: datetime) -> list[dict[str, Any]]:
    """What the browser asks for its own address, and who passes the sound on where nothing else gets through."""
    plain = [url for url in relays.urls if not url.startswith("turn")]
    turns = [url for url in relays.urls if url.startswith("turn")]
    servers: list[dict[str, Any]] = [{"urls": plain}] if plain else []
    if turns and relays.secret:
        name = f"{int((now + timedelta(days=1)).timestamp())}:{extension}"
        password = base64.b64encode(hmac.new(relays.secret.encode(), name.encode(), "sha1").digest()).decode()
        servers.append({"urls": turns, "username": name, "credential": password})
    return servers
