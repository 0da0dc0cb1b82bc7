"""Accounts that exist: switching off and on, and the rule that somebody must be left who can administer."""

from __future__ import annotations

from datetime import datetime

from flask_appbuilder.security.sqla.models import Role, User
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.log_ins import end_log_ins
from app.models import NEW, OperatorProfile
from app.security import ADMIN
from app.services import presence, returning
from app.services.audit import note_event

ADMINS_LOCK = 724_302  # advisory: two administrators who switch each other off are taken one after the other


def switch_off(session: Session, user_id: int, *, actor_id: int, now: datetime) -> int:
    """No log-in any more, and the present ones end. New cards go back to the pool; returns how many."""
    _one_at_a_time(session)
    user = _locked(session, user_id)
    if not user.active:
        raise Refused("already_off")
    if user.id == actor_id:
        raise Refused("not_yourself")
    refuse_without_admins(session, leaving=user.id)
    user.active = False
    session.flush()
    returned = let_go(session, user, now)
    note_event(
        session, "user_switched_off", actor_id=actor_id, subject="user", subject_id=user.id, cards_returned=returned
    )
    return returned


def switch_on(session: Session, user_id: int, *, actor_id: int) -> None:
    user = _locked(session, user_id)
    if user.active:
        raise Refused("already_on")
    user.active = True
    note_event(session, "user_switched_on", actor_id=actor_id, subject="user", subject_id=user.id)
    session.flush()


def let_go(session: Session, user: User, now: datetime) -> int:
    """What ends with an account: its log-ins, links and presence. Cards nobody has opened go back to the pool."""
    end_log_ins(session, user.id, now)
    session.execute(
        text("UPDATE invite SET expires_at = :now WHERE user_id = :id AND used_at IS NULL AND expires_at > :now"),
        {"id": user.id, "now": now},
    )
    if session.get(OperatorProfile, user.id) is None:
        return 0
    presence.set_state(session, user.id, "offline", now)
    cards = session.execute(
        text("SELECT id FROM card WHERE operator_id = :id AND stage = :new ORDER BY id FOR UPDATE"),
        {"id": user.id, "new": NEW},
    )
    return returning.to_pool(session, list(cards.scalars()), now, why="switched_off")


def refuse_without_admins(session: Session, *, leaving: int) -> None:
    """Whoever is about to leave must not be the last one. Locks, so that two cannot leave at once."""
    _one_at_a_time(session)
    with session.no_autoflush:
        admins = select(User.id).where(User.active, User.roles.any(Role.name == ADMIN))
        ids = set(session.execute(admins).scalars())
    if not ids - {leaving}:
        raise Refused("last_admin")


def _one_at_a_time(session: Session) -> None:
    """Before any row is locked: whoever waits here holds nothing that the other one needs."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADMINS_LOCK})


def _locked(session: Session, user_id: int) -> User:
    user = session.get(User, user_id, with_for_update={"of": User, "key_share": True})
    if user is None:
        raise Refused("user_gone")
    return user
