"""A call-back whose operator is away must not be forgotten: it becomes the group's, and goes to who is at work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import settings
from app.services import counters, moving
from app.services.audit import note_event
from app.services.distribution import Place

AT_ONCE = 200  # of one pass; the next one comes in half a minute
# Somebody on a break comes back soon, but the time of the call is now.
_AT_WORK = "u.active AND p.presence IN ('ready', 'wrap_up', 'talking') AND p.seen_at >= :present"
_IN_GROUP = "COALESCE(p.group_id, c.group_id)"


@dataclass(frozen=True, slots=True)
class _Free:
    user_id: int
    group_id: int | None
    room: int


def release_absent(session: Session, now: datetime) -> int:
    """Personal call-backs become common when their time is well past and their operator is not at work.

    Cards of a filter that names one operator stay his: nobody else was meant to have them.
    """
    known = settings.all_of(session)
    if not known["callback_common_after_min"]:
        return 0
    freed = session.execute(
        text(f"""
        UPDATE callback b SET operator_id = NULL FROM card c
        JOIN operator_profile p ON p.user_id = c.operator_id JOIN ab_user u ON u.id = p.user_id
        WHERE c.stage = 3 AND c.next_call_at <= :missed AND c.for_operator_id IS NULL
          AND b.card_id = c.id AND b.done_at IS NULL AND b.operator_id IS NOT NULL AND NOT COALESCE({_AT_WORK}, false)
        RETURNING c.id
        """),  # noqa: S608  constants of this module
        {
            "missed": now - timedelta(minutes=known["callback_common_after_min"]),
            "present": now - timedelta(minutes=known["absent_after_min"]),
        },
    ).all()
    for row in freed:
        note_event(session, "callback_made_common", actor="job", subject="card", subject_id=row.id)
    return len(freed)


def share_due(session: Session, now: datetime, zone: str) -> int:
    """Common call-backs that are due go to somebody of the group who is at work and has none waiting already.

    Its own operator keeps one while he is there, unless he lets it lie as long as an absent one may.
    """
    known = settings.all_of(session)
    due = session.execute(
        text(f"""
        SELECT c.id, c.operator_id, {_IN_GROUP} AS group_id FROM card c
        JOIN callback b ON b.card_id = c.id AND b.done_at IS NULL AND b.operator_id IS NULL
        JOIN operator_profile p ON p.user_id = c.operator_id JOIN ab_user u ON u.id = p.user_id
        WHERE c.stage = 3 AND c.next_call_at <= :now AND c.for_operator_id IS NULL
          AND (NOT COALESCE({_AT_WORK}, false)
               OR GREATEST(c.next_call_at, c.assigned_at) < :now - make_interval(mins => :patience))
        ORDER BY c.next_call_at, c.id LIMIT :n FOR UPDATE OF c SKIP LOCKED
        """),  # noqa: S608  constants of this module
        {
            "now": now,
            "present": now - timedelta(minutes=known["absent_after_min"]),
            "patience": max(known["callback_common_after_min"], 5),
            "n": AT_ONCE,
        },
    ).all()
    if not due:
        return 0
    place = Place(0, None, now, zone)
    cards = [row.id for row in due]
    candidates = [row.user_id for row in _free(session, place, known["absent_after_min"])]
    counters.lock_counters(session, cards, candidates)
    free = {row.user_id: row for row in _free(session, place, known["absent_after_min"])}  # as it is under the lock
    targets = []
    for row in due:
        able = [one for one in free.values() if one.group_id == row.group_id and one.user_id != row.operator_id]
        if able:
            chosen = max(able, key=lambda one: (one.room, -one.user_id))
            del free[chosen.user_id]
            targets.append((row.id, chosen.user_id))
    if targets:
        was = {row.id: (row.operator_id, 3) for row in due}
        moving.hand_over(session, targets, was, place, why="callback")
    return len(targets)


def _free(session: Session, place: Place, absent_after_min: int) -> list[_Free]:
    """Who is at work, has room and no call-back that is due already."""
    rows = session.execute(
        text(f"""
        SELECT p.user_id, p.group_id, LEAST(p.max_open - p.open_n,
               p.day_cap - (CASE WHEN p.day_on = :day THEN p.day_n ELSE 0 END)) AS room
        FROM operator_profile p JOIN ab_user u ON u.id = p.user_id
        WHERE {_AT_WORK} AND p.presence <> 'wrap_up' AND NOT EXISTS (
              SELECT 1 FROM card c WHERE c.operator_id = p.user_id AND c.stage = 3 AND c.next_call_at <= :now)
        """),  # noqa: S608  constants of this module
        place.values(present=place.now - timedelta(minutes=absent_after_min)),
    )
    return [_Free(row.user_id, row.group_id, row.room) for row in rows if row.room > 0]
