"""Reports sent by mail: who gets which saved view when. The next time is moved in the transaction of the letter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time
from zoneinfo import ZoneInfo

from flask_appbuilder.security.sqla.models import User
from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from app.domain.mailings import EVERY, LAST_DAY_OF_MONTH, next_moment
from app.errors import Refused
from app.models import ReportMailing, SavedView
from app.services.audit import note_event
from app.smtp import is_address

FORMATS = ("xlsx", "csv")
MOST = 200  # letters of one view's recipients


def order(
    session: Session, view: SavedView, user_ids: Sequence[int], every: str, on_day: int, at: time, kind: str,
    *, actor_id: int, zone: ZoneInfo, now: datetime,
) -> int:  # fmt: skip
    """Whoever gets this view already gets it at the new time. Refused: nonsense, or people without an address."""
    if every not in EVERY or kind not in FORMATS or not 1 <= on_day <= (7 if every == "week" else LAST_DAY_OF_MONTH):
        raise Refused("mailing_when")
    people = session.scalars(select(User).where(User.id.in_(user_ids[:MOST]), User.active)).all()
    people = [one for one in people if is_address(one.email or "")]
    if not people:
        raise Refused("mailing_nobody")
    known = {row.user_id: row for row in session.scalars(select(ReportMailing).where(ReportMailing.view == view))}
    for one in people:
        row = known.get(one.id)
        if row is None:
            row = ReportMailing(view_id=view.id, user_id=one.id)
            session.add(row)
        row.every, row.on_day, row.at, row.format, row.trouble = every, on_day, at, kind, ""
        row.created_by_id, row.next_at = actor_id, next_moment(every, on_day, at, zone, now)
    session.flush()
    note_event(session, "mailing_ordered", actor_id=actor_id, subject="saved_view", subject_id=view.id,
               to=[one.id for one in people], every=every)  # fmt: skip
    return len(people)


def seen_by(session: Session, user_id: int, *, all_of_them: bool) -> list[ReportMailing]:
    """What one gets and what one has ordered; an administrator looks after all."""
    query = select(ReportMailing).order_by(ReportMailing.next_at, ReportMailing.id).limit(1_000)
    if not all_of_them:
        query = query.where(or_(ReportMailing.user_id == user_id, ReportMailing.created_by_id == user_id))
    return list(session.scalars(query))


def stop(session: Session, mailing_id: int, user_id: int, *, any_of_them: bool) -> bool:
    """By who gets it, by who has ordered it, or by an administrator. False: no such one."""
    row = session.get(ReportMailing, mailing_id)
    if row is None or not (any_of_them or user_id in (row.user_id, row.created_by_id)):
        return False
    note_event(session, "mailing_stopped", actor_id=user_id, subject="saved_view", subject_id=row.view_id,
               to=[row.user_id])  # fmt: skip
    session.delete(row)
    return True


def claim(session: Session, now: datetime) -> ReportMailing | None:
    """One that is due, locked till the end of the transaction; another worker looks for the next one."""
    query = select(ReportMailing).where(ReportMailing.next_at <= now).order_by(ReportMailing.next_at, ReportMailing.id)
    return session.scalars(query.limit(1).with_for_update(skip_locked=True, of=ReportMailing)).first()


def move_on(row: ReportMailing, zone: ZoneInfo, now: datetime, trouble: str = "") -> None:
    """Times missed while nothing ran are not made up for: one letter, then the next time."""
    row.next_at, row.trouble = next_moment(row.every, row.on_day, row.at, zone, now), trouble
    if not trouble:
        row.sent_at = now
