"""Where an operator stands and what a card in his hands counts for. Taking, returning and moving build on this."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import NEW
from app.services import counters
from app.services.audit import note_event

# Many at once, by the counts in `n`.
OPERATOR_GETS = """
  open_n = p.open_n + n.open_n, new_n = p.new_n + n.new_n,
  hour_n = (CASE WHEN p.hour_at = :hour THEN p.hour_n ELSE 0 END) + n.counted, hour_at = :hour,
  day_n = (CASE WHEN p.day_on = :day THEN p.day_n ELSE 0 END) + n.counted, day_on = :day
"""
FILTER_GETS = """
  open_n = f.open_n + n.n, day_on = :day, day_n = (CASE WHEN f.day_on = :day THEN f.day_n ELSE 0 END) + n.fresh
"""

# A card that somebody let go or left lying is for others first. The reasons are literal for the index of just these.
LET_GO_FOR = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operator stands: his group, and the company's hour and day of `now`."""

    operator_id: int
    group_id: int | None
    now: datetime
    zone: str

    def values(self, **more: Any) -> dict[str, Any]:
        return {
            "operator_id": self.operator_id,
            "group_id": self.group_id,
            "now": self.now,
            "hour": counters.company_hour(self.now),
            "day": counters.company_day(self.now, self.zone),
            "let_go_since": self.now - LET_GO_FOR,
            "weekday": self.now.astimezone(ZoneInfo(self.zone)).weekday(),
            "clock": self.now.astimezone(ZoneInfo(self.zone)).time(),
        } | more


def place_of(session: Session, operator_id: int, now: datetime, zone: str) -> Place:
    row = session.execute(
        text("SELECT group_id FROM operator_profile WHERE user_id = :id"), {"id": operator_id}
    ).one_or_none()
    if row is None:
        raise Refused("not_an_operator")
    return Place(operator_id, row.group_id, now, zone)


def refuse_when_full(session: Session, place: Place) -> None:
    """Say which cap stops the operator, when one does."""
    row = session.execute(
        text("""
        SELECT p.open_n, p.max_open, p.hour_cap, p.day_cap,
               (CASE WHEN p.hour_at = :hour THEN p.hour_n ELSE 0 END) AS hour_n,
               (CASE WHEN p.day_on = :day THEN p.day_n ELSE 0 END) AS day_n
        FROM operator_profile p WHERE p.user_id = :operator_id
        """),
        place.values(),
    ).one()
    if row.open_n >= row.max_open:
        raise Refused("cap_open", n=row.open_n, cap=row.max_open)
    if row.hour_n >= row.hour_cap:
        raise Refused("cap_hour", n=row.hour_n, cap=row.hour_cap)
    if row.day_n >= row.day_cap:
        raise Refused("cap_day", n=row.day_n, cap=row.day_cap)


def take(session: Session, card_id: int, place: Place) -> None:
    """Begin work on a card that was dealt to the operator. Doing it twice is harmless."""
    row = session.execute(
        text("SELECT stage, operator_id FROM card WHERE id = :id FOR UPDATE"), {"id": card_id}
    ).one_or_none()
    if row is None or row.operator_id != place.operator_id or row.stage not in (1, 2, 3):
        raise Refused("card_not_yours")
    if row.stage != NEW:
        return
    counters.lock_operators(session, [place.operator_id])
    session.execute(
        text("UPDATE operator_profile SET new_n = GREATEST(new_n - 1, 0) WHERE user_id = :id"),
        {"id": place.operator_id},
    )
    session.execute(
        text("""WITH a AS (UPDATE assignment SET taken_at = :now WHERE card_id = :id AND until_at IS NULL)
                UPDATE card SET stage = 2, taken_at = :now, version = version + 1 WHERE id = :id"""),
        {"id": card_id, "now": place.now},
    )
    note_event(session, "card_taken", actor_id=place.operator_id, subject="card", subject_id=card_id)


def enter(
    session: Session,
    card_ids: Sequence[int],
    place: Place,
    *,
    by_day: bool,
    from_pool: Sequence[int] | None = None,
) -> None:
    """These cards have just come to their operators: raise the counters. Call after the cards changed.

    A filter's quota of the day counts what leaves the pool (all, unless `from_pool` says which), not who has it.
    """
    all_fresh, fresh = by_day and from_pool is None, list(from_pool or ()) if by_day else []
    session.execute(
        text(f"""
        UPDATE operator_profile p SET {OPERATOR_GETS}
        FROM (SELECT operator_id, count(*) AS open_n, count(*) FILTER (WHERE stage = 1) AS new_n,
                     CASE WHEN :by_day THEN count(*) ELSE 0 END AS counted
              FROM card WHERE id = ANY(:ids) AND stage IN (1,2,3) GROUP BY operator_id) n
        WHERE p.user_id = n.operator_id
        """),  # noqa: S608
        place.values(ids=list(card_ids), by_day=by_day),
    )
    session.execute(
        text(f"""
        UPDATE ad_filter f SET {FILTER_GETS}
        FROM (SELECT filter_id, count(*)::int AS n,
                     (count(*) FILTER (WHERE :all_fresh OR id = ANY(:fresh)))::int AS fresh
              FROM card WHERE id = ANY(:ids) AND stage IN (1,2,3) GROUP BY filter_id) n
        WHERE f.id = n.filter_id AND (f.open_cap IS NOT NULL OR f.day_cap IS NOT NULL)
        """),  # noqa: S608
        place.values(ids=list(card_ids), all_fresh=all_fresh, fresh=fresh),
    )
