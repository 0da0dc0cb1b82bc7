"""The ways in: invitations and password resets by single-use links. The person sets the own password."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from app import settings
from app.errors import Refused
from app.log_ins import sha256hex
from app.models import Invite, OperatorProfile
from app.security import ADMIN, OPERATOR, PasswordRefused, ProzvonSecurity, password_trouble
from app.services.audit import note_event
from app.smtp import is_address

FORGOTTEN_LOCK = 724_301  # advisory, per person: many windows that ask at once are counted one after another
FORGOTTEN_LIFE = timedelta(hours=1)  # sent by mail to whoever asks
FORGOTTEN_PER_LIFE = 3


def invite_life(session: Session) -> timedelta:
    return timedelta(hours=settings.get(session, "invite_hours"))


def reset_life(session: Session) -> timedelta:
    """Of a link that an administrator hands over."""
    return timedelta(hours=settings.get(session, "reset_hours"))


def invite(
    session: Session,
    *,
    username: str,
    role: str,
    now: datetime,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    group_id: int | None = None,
    actor_id: int | None = None,
) -> str:
    """Make an invitation; returns its token, which is shown once and kept only as a hash."""
    username = username.strip()
    if not 2 <= len(username) <= 64 or any(letter.isspace() or letter in "\0<>\"'" for letter in username):
        raise Refused("username_bad")
    if session.execute(select(User.id).where(func.lower(User.username) == username.lower())).scalar():
        raise Refused("username_taken", name=username)
    role_row = session.execute(select(Role).where(Role.name == role)).scalar_one_or_none()
    if role_row is None:
        raise Refused("role_unknown", name=role)
    token = secrets.token_urlsafe(32)
    _end_links(session, username, now)
    row = Invite(
        token_hash=sha256hex(token),
        purpose="invite",
        username=username,
        first_name=first_name.strip()[:64],
        last_name=last_name.strip()[:64],
        email=email.strip()[:254],
        role_id=role_row.id,
        group_id=group_id,
        created_by_id=actor_id,
        expires_at=now + invite_life(session),
    )
    session.add(row)
    session.flush()
    note_event(
        session,
        "invited",
        actor_id=actor_id,
        actor="user" if actor_id else "command",
        subject="invite",
        subject_id=row.id,
        username=username,
        role=role,
    )
    return token


def invite_admin(session: Session, now: datetime, username: str = "admin") -> str | None:
    """The first administrator's invitation; None when somebody with that role already has an account."""
    taken = session.execute(select(User.id).where(User.roles.any(Role.name == ADMIN), User.active)).first()
    return None if taken else invite(session, username=username, role=ADMIN, now=now)


def renew(session: Session, invite_id: int, *, now: datetime, actor_id: int) -> str:
    """A new link for the same invitation, dead or alive; the old one stops working."""
    row = session.get(Invite, invite_id, with_for_update=True)
    if row is None or row.purpose != "invite" or row.used_at is not None:
        raise Refused("invite_dead")
    if session.execute(select(User.id).where(func.lower(User.username) == row.username.lower())).scalar():
        raise Refused("username_taken", name=row.username)
    _end_links(session, row.username, now)
    token = secrets.token_urlsafe(32)
    row.token_hash, row.expires_at = sha256hex(token), now + invite_life(session)
    note_event(session, "invite_renewed", actor_id=actor_id, subject="invite", subject_id=invite_id)
    session.flush()
    return token


def forgotten(session: Session, typed: str, now: datetime) -> tuple[User, str] | None:
    """Whom to send a link for a new password, and its token. None for strangers and for who asks too often."""
    name = typed.strip().replace("\0", "").lower()[:254]
    if not name:
        return None
    found = session.execute(
        select(User).where(User.active, or_(func.lower(User.username) == name, func.lower(User.email) == name))
    ).scalars()
    users = list(found)
    if len(users) != 1 or not is_address(users[0].email or ""):
        return None
    user = users[0]
    session.execute(text("SELECT pg_advisory_xact_lock(:key, :id)"), {"key": FORGOTTEN_LOCK, "id": user.id})
    asked = select(func.count()).where(
        Invite.user_id == user.id, Invite.purpose == "reset", Invite.created_by_id.is_(None),
        Invite.created_at > now - FORGOTTEN_LIFE,
    )  # fmt: skip
    if session.execute(asked).scalar_one() >= FORGOTTEN_PER_LIFE:
        return None
    return user, reset_link(session, user.id, now=now, actor_id=None, life=FORGOTTEN_LIFE)


def reset_link(
    session: Session, user_id: int, *, now: datetime, actor_id: int | None, life: timedelta | None = None
) -> str:
    """A link by which the person sets a new password."""
    user = session.get(User, user_id)
    if user is None:
        raise Refused("user_gone")
    token = secrets.token_urlsafe(32)
    _end_links(session, user.username, now)
    session.add(
        Invite(
            token_hash=sha256hex(token),
            purpose="reset",
            user_id=user_id,
            username=user.username,
            created_by_id=actor_id,
            created_at=now,
            expires_at=now + (life or reset_life(session)),
        )
    )
    note_event(session, "reset_link_made", actor_id=actor_id, subject="user", subject_id=user_id)
    session.flush()
    return token


def _end_links(session: Session, username: str, now: datetime) -> None:
    """A newer link of the same person replaces the older one: only one is alive."""
    session.execute(
        text("""
        UPDATE invite SET expires_at = :now
        WHERE lower(username) = lower(:name) AND used_at IS NULL AND expires_at > :now
        """),
        {"now": now, "name": username},
    )


def revoke(session: Session, invite_id: int, *, actor_id: int, now: datetime) -> None:
    """The link stops working at once."""
    row = session.get(Invite, invite_id, with_for_update=True)
    if row is None or row.used_at is not None or row.expires_at <= now:
        raise Refused("invite_dead")
    row.expires_at = now
    note_event(session, "invite_revoked", actor_id=actor_id, subject="invite", subject_id=invite_id)
    session.flush()


def find_invite(session: Session, token: str, now: datetime, *, lock: bool = False) -> Invite | None:
    """The invitation of a token while it is alive."""
    query = select(Invite).where(
        Invite.token_hash == sha256hex(token[:200]), Invite.used_at.is_(None), Invite.expires_at > now
    )
    return session.execute(query.with_for_update() if lock else query).scalar_one_or_none()


def accept(sm: ProzvonSecurity, token: str, password: str, now: datetime) -> Any:
    """Use the invitation: the account is made (or its password reset). Refused: link dead, password too weak."""
    session: Session = sm.session
    row = find_invite(session, token, now, lock=True)
    if row is None:
        raise Refused("invite_dead")
    if trouble := password_trouble(password, username=row.username):
        raise PasswordRefused(trouble)
    row.used_at = now
    user: Any
    if row.purpose == "reset":
        user = session.get(User, row.user_id)
        sm.reset_password(user.id, password)
    else:
        user = _make_user(sm, row, password)
    note_event(session, f"{row.purpose}_used", actor_id=user.id, subject="user", subject_id=user.id)
    session.commit()
    return user


def _make_user(sm: ProzvonSecurity, row: Invite, password: str) -> Any:
    role = sm.session.get(Role, row.role_id)
    user = sm.add_user(
        row.username,
        row.first_name or row.username,
        row.last_name or "",
        row.email or f"{row.username}@localhost",
        role,
        password=password,
    )
    if not user:
        raise Refused("username_taken", name=row.username)
    if role is not None and role.name == OPERATOR:
        sm.session.add(OperatorProfile(user_id=user.id, group_id=row.group_id))
    return user
