"""Who is at work: ready, finishing, in a pause of the company's list, away; with history for the reports."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import OperatorProfile, PauseReason

PAUSED = "paused"
STATES = ("ready", "talking", "wrap_up", PAUSED, "offline")
IDLE_AFTER = timedelta(minutes=15)


def menu(session: Session, pause_id: int | None = None) -> list[Row[Any]]:
    """The pauses that one may choose, in the supervisor's order; and that one in which somebody still is."""
    return list(
        session.execute(
            text("""
            SELECT id, name, is_work, limit_min FROM pause_reason WHERE is_enabled OR id = :mine ORDER BY position, id
            """),
            {"mine": pause_id},
        )
    )


def history(session: Session, operator_id: int, since: datetime, now: datetime) -> list[Row[Any]]:
    """The states of a day, the newest first, each with how long it has lasted."""
    return list(
        session.execute(
            text("""
            SELECT state, reason, since, until, extract(epoch FROM coalesce(until, :now) - greatest(since, :since)) AS s
            FROM operator_state WHERE user_id = :id AND coalesce(until, :now) > :since ORDER BY since DESC LIMIT 200
            """),
            {"id": operator_id, "since": since, "now": now},
        )
    )


def read_choice(choice: str) -> tuple[str, int | None]:
    """«ready», or «paused:3» with the number of the reason."""
    state, _sep, number = choice.partition(":")
    return state, int(number) if number.isascii() and number.isdigit() and len(number) < 10 else None


def set_state(session: Session, operator_id: int, state: str, now: datetime, *, pause_id: int | None = None) -> bool:
    """Change the state; False when it was so already. Counts as an action of the person."""
    if state not in STATES:
        raise Refused("presence_unknown")
    was = session.execute(
        text("SELECT presence, pause_id FROM operator_profile WHERE user_id = :id FOR UPDATE"), {"id": operator_id}
    ).one_or_none()
    if was is None:
        raise Refused("not_an_operator")
    pause_id = pause_id if state == PAUSED else None
    is_so = (was.presence, was.pause_id) == (state, pause_id)
    reason = _pause_name(session, pause_id) if state == PAUSED and not is_so else ""
    session.execute(
        text("UPDATE operator_profile SET seen_at = :now WHERE user_id = :id"), {"id": operator_id, "now": now}
    )
    if is_so:
        return False
    session.execute(
        text("""
        UPDATE operator_profile SET presence = :state, pause_id = :pause, presence_since = :now WHERE user_id = :id
        """),
        {"id": operator_id, "now": now, "state": state, "pause": pause_id},
    )
    session.execute(
        text("UPDATE operator_state SET until = :now WHERE user_id = :id AND until IS NULL"),
        {"id": operator_id, "now": now},
    )
    session.execute(
        text("""
        INSERT INTO operator_state (user_id, state, reason, pause_id, since)
        VALUES (:id, :state, :reason, :pause, :now)
        """),
        {"id": operator_id, "state": state, "reason": reason, "pause": pause_id, "now": now},
    )
    return True


def _pause_name(session: Session, pause_id: int | None) -> str:
    """History keeps the name as it is now, whatever becomes of the reason."""
    name = session.execute(
        text("SELECT name FROM pause_reason WHERE id = :id AND is_enabled"), {"id": pause_id}
    ).scalar()
    if name is None:
        raise Refused("pause_unknown")
    return str(name)


def is_away(session: Session, profile: OperatorProfile) -> bool:
    """Away or resting. Who asks for work then is at work again; a pause for other work goes on."""
    if profile.presence != PAUSED:
        return profile.presence == "offline"
    is_work = session.execute(text("SELECT is_work FROM pause_reason WHERE id = :id"), {"id": profile.pause_id})
    return not is_work.scalar()


def in_pause(session: Session, pause_id: int) -> int:
    """How many people are in it now."""
    found = session.execute(text("SELECT count(*) FROM operator_profile WHERE pause_id = :id"), {"id": pause_id})
    return int(found.scalar_one())


# name, is it work, minutes after which the board warns; data of the company, hence Russian
_SEED = (("Перерыв", False, 15), ("Обед", False, 60), ("Обучение", True, None))


def seed(session: Session) -> int:
    """The first pauses, when there are none."""
    if session.execute(text("SELECT 1 FROM pause_reason LIMIT 1")).first() is not None:
        return 0
    session.add_all(
        PauseReason(name=name, is_work=is_work, limit_min=limit, position=10 * n)
        for n, (name, is_work, limit) in enumerate(_SEED)
    )
    session.flush()
    return len(_SEED)


def touch(session: Session, operator_id: int, now: datetime) -> None:
    """An own action. At most one write a minute: this row is hot."""
    session.execute(
        text("""
        UPDATE operator_profile SET seen_at = :now
        WHERE user_id = :id AND (seen_at IS NULL OR seen_at < :now - interval '1 minute')
        """),
        {"id": operator_id, "now": now},
    )


def end_idle(session: Session, now: datetime) -> int:
    """«Ready» ends when nothing has happened for long; returns for how many."""
    idle = (
        session.execute(
            text("SELECT user_id FROM operator_profile WHERE presence IN ('ready', 'wrap_up') AND seen_at < :since"),
            {"since": now - IDLE_AFTER},
        )
        .scalars()
        .all()
    )
    for operator_id in idle:
        seen_at = session.execute(
            text("SELECT seen_at FROM operator_profile WHERE user_id = :id"), {"id": operator_id}
        ).scalar()
        set_state(session, operator_id, "offline", now)
        session.execute(
            text("UPDATE operator_profile SET seen_at = :seen WHERE user_id = :id"),
            {"id": operator_id, "seen": seen_at},
        )
    return len(idle)
