"""Incoming leads that nobody has taken: who sees them, who gets them now, and who is written to when it gets worse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import settings
from app.domain.sight import EVERYBODY, Sight
from app.errors import Refused
from app.models import MassMove
from app.services import board, mail, moving, supervising
from app.services.distribution import Place
from app.services.mail import Letter

SHOWN = 100  # waiting leads on the page of incoming leads
LETTER_HOURS = 12  # a letter about a lead of yesterday helps nobody

# A card that was closed without anybody's hand (its number is on the stop list) asks nobody to hurry.
_OPEN = """
    FROM incoming_lead l JOIN lead_intake i ON i.id = l.intake_id LEFT JOIN card c ON c.id = l.card_id
    WHERE l.taken_at IS NULL AND l.trouble = '' AND (c.id IS NULL OR c.stage < 9)
      AND (:every OR c.id IS NULL OR c.operator_id = ANY(CAST(:seen AS int[]))
           OR (c.operator_id IS NULL AND (c.filter_id IS NULL OR c.filter_id = ANY(CAST(:filters AS int[])))))
"""


def _values(now: datetime, sight: Sight) -> dict[str, object]:
    return {"now": now, "every": sight.is_whole, "seen": sorted(sight.operators or ()),
            "filters": sorted(sight.filters)}  # fmt: skip


def counts(session: Session, now: datetime, sight: Sight = EVERYBODY) -> Row[tuple[int, int, datetime | None]]:
    """(waiting, late, oldest of the late)"""
    return session.execute(
        text(f"""
        SELECT count(*) AS waiting, count(*) FILTER (WHERE l.due_at < :now) AS late,
               min(l.received_at) FILTER (WHERE l.due_at < :now) AS oldest {_OPEN}
        """),  # noqa: S608  a constant of this module
        _values(now, sight),
    ).one()


def waiting(session: Session, now: datetime, sight: Sight = EVERYBODY) -> Sequence[Row[tuple[object, ...]]]:
    """The leads that nobody has taken, the latest first to be late."""
    return session.execute(
        text(f"""
        SELECT l.id, l.received_at, l.due_at, l.due_at < :now AS is_late, l.name, l.phone, l.card_id, i.name AS intake,
               (SELECT title FROM vehicle WHERE id = c.vehicle_id) AS title,
               (SELECT name FROM ad_filter WHERE id = c.filter_id) AS filter_name,
               (SELECT btrim(u.first_name || ' ' || u.last_name) FROM ab_user u WHERE u.id = c.operator_id) AS operator
        {_OPEN} ORDER BY l.due_at, l.id LIMIT :n
        """),  # noqa: S608  a constant of this module
        _values(now, sight) | {"n": SHOWN},
    ).all()


def give(
    session: Session, lead_ids: Sequence[int], operator_ids: Sequence[int], place: Place, *, actor_id: int, sight: Sight
) -> MassMove:
    """The leads' cards go to these operators within their caps, as one step that can be taken back."""
    found = session.execute(
        text("SELECT DISTINCT card_id FROM incoming_lead WHERE id = ANY(:ids) AND card_id IS NOT NULL"),
        {"ids": list(lead_ids)},
    )
    cards = board.seen_cards(session, sorted(found.scalars()), sight)
    if not cards:
        raise Refused("lead_no_card")
    if not operator_ids:
        raise Refused("move_needs_choice")
    return moving.move(session, cards, operator_ids, place, actor_id=actor_id, why="lead")


# --- who is written to


def mail_late(
    session: Session, now: datetime, letter: Callable[[Sequence[Row[tuple[object, ...]]]], Letter], secret_key: str
) -> int:
    """One letter to each supervisor with the leads that have been late for long; no lead is written of twice."""
    after = int(settings.get(session, "lead_mail_min"))
    if not after or not mail.is_on():
        return 0
    values = _values(now, EVERYBODY) | {"late": now - timedelta(minutes=after)}
    ids = list(session.execute(_TO_MAIL, values).scalars())
    if not ids:
        return 0
    sent = 0
    for person in _supervisors(session):
        sight = supervising.sight_of(session, person.id, sees_everyone=True, is_admin=person.is_admin)
        mine = [row for row in waiting(session, now, sight) if row.id in ids]
        if mine:
            mail.post(session, "lead_late", person.email, letter(mine), secret_key=secret_key,
                      expires_at=now + timedelta(hours=LETTER_HOURS))  # fmt: skip
            sent += 1
    return sent


_TO_MAIL = text(f"""
    UPDATE incoming_lead SET mailed_at = :now
    WHERE id IN (SELECT l.id {_OPEN} AND l.due_at < :late AND l.mailed_at IS NULL FOR UPDATE OF l SKIP LOCKED)
    RETURNING id
""")  # noqa: S608  a constant of this module


def _supervisors(session: Session) -> list[Row[tuple[object, ...]]]:
    """Who may hand leads over; administrators only where nobody else may, so that somebody knows."""
    people = session.execute(_MAY_GIVE).all()
    return [one for one in people if not one.is_admin] or list(people)


_MAY_GIVE = text("""
    SELECT u.id, u.email, bool_or(r.name = 'Admin') AS is_admin
    FROM ab_user u JOIN ab_user_role ur ON ur.user_id = u.id JOIN ab_role r ON r.id = ur.role_id
    WHERE u.active AND u.email LIKE '%_@_%.__%' AND (r.name = 'Admin' OR EXISTS (
      SELECT 1 FROM ab_permission_view_role pr JOIN ab_permission_view pv ON pv.id = pr.permission_view_id
      JOIN ab_permission p ON p.id = pv.permission_id AND p.name = 'can_give'
      JOIN ab_view_menu m ON m.id = pv.view_menu_id AND m.name = 'IncomingLeadView' WHERE pr.role_id = r.id))
    GROUP BY u.id, u.email ORDER BY u.id
""")
