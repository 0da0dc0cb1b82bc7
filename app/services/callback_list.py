"""The planned call-backs of everybody, as a supervisor looks at them: the overdue ones first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.sight import EVERYBODY, Sight
from app.services import counters

PAGE = 100
MOST = 2_000  # changed at once: as many as a hand-over may take

KINDS = ("personal", "common", "automatic", "missed", "away")  # away: its operator is not at work
WHEN = ("overdue", "today", "tomorrow", "later")


@dataclass(frozen=True, slots=True)
class Choice:
    """Which call-backs; nothing chosen is all of them."""

    operator_id: int | None = None
    group_id: int | None = None
    filter_id: int | None = None
    status_id: int | None = None
    when: str = ""
    kind: str = ""
    day: date | None = None
    page: int = 0
    sight: Sight = EVERYBODY


_FROM = """
  FROM card c JOIN callback b ON b.card_id = c.id AND b.done_at IS NULL
  JOIN operator_profile p ON p.user_id = c.operator_id JOIN ab_user u ON u.id = p.user_id
"""
_CHOSEN = """
  WHERE c.stage = 3
    AND (CAST(:operator AS int) IS NULL OR c.operator_id = :operator)
    AND (CAST(:group AS int) IS NULL OR p.group_id = :group)
    AND (CAST(:filter AS int) IS NULL OR c.filter_id = :filter)
    AND (CAST(:status AS int) IS NULL OR c.status_id = :status)
    AND (CAST(:since AS timestamptz) IS NULL OR c.next_call_at >= :since)
    AND (CAST(:until AS timestamptz) IS NULL OR c.next_call_at < :until)
    AND CASE :kind WHEN 'personal' THEN b.operator_id IS NOT NULL AND NOT b.is_automatic
                   WHEN 'common' THEN b.operator_id IS NULL
                   WHEN 'automatic' THEN b.is_automatic
                   WHEN 'missed' THEN b.call_id IS NOT NULL
                   WHEN 'away' THEN NOT u.active OR p.presence NOT IN ('ready', 'wrap_up', 'talking')
                   ELSE true END
    AND (:all OR c.operator_id = ANY(CAST(:seen AS int[])))
"""


def rows(session: Session, choice: Choice, now: datetime, zone: str) -> list[Row[Any]]:
    """One page, the longest overdue first, and one row more when there is a next page."""
    return list(
        session.execute(
            text(f"""
            SELECT c.id, c.next_call_at AS at, c.attempts_n, v.title, v.price, b.note, b.timezone, b.is_automatic,
                   b.call_id, b.operator_id IS NULL AS is_common,
                   btrim(u.first_name || ' ' || u.last_name) AS operator_name,
                   c.operator_id, CASE WHEN u.active THEN p.presence ELSE 'offline' END AS presence,
                   (SELECT name FROM pause_reason WHERE id = p.pause_id AND u.active) AS pause,
                   (SELECT name FROM operator_group WHERE id = p.group_id) AS group_name,
                   (SELECT name FROM city WHERE id = v.city_id) AS city,
                   (SELECT name FROM ad_filter WHERE id = c.filter_id) AS filter_name,
                   s.name AS status, s.color, s.icon
            {_FROM} JOIN vehicle v ON v.id = c.vehicle_id LEFT JOIN status s ON s.id = c.status_id
            {_CHOSEN} ORDER BY c.next_call_at, c.id LIMIT :n OFFSET :skip
            """),  # noqa: S608  constants of this module
            _values(choice, now, zone) | {"n": PAGE + 1, "skip": choice.page * PAGE},
        )
    )


def ids(session: Session, choice: Choice, now: datetime, zone: str) -> list[int]:
    """All that the choice finds, also those for which the page had no room."""
    return list(
        session.execute(
            text(f"SELECT c.id {_FROM} {_CHOSEN} ORDER BY c.next_call_at, c.id LIMIT :n"),  # noqa: S608
            _values(choice, now, zone) | {"n": MOST},
        ).scalars()
    )


def totals(session: Session, choice: Choice, now: datetime, zone: str) -> Row[Any]:
    """How many the choice finds, and of everybody's: overdue, today, tomorrow, common, with people who are away."""
    day = counters.company_day(now, zone)
    return session.execute(
        text(f"""
        SELECT (SELECT count(*) {_FROM} {_CHOSEN}) AS found, count(*) AS every,
               count(*) FILTER (WHERE c.next_call_at <= :now) AS overdue, min(c.next_call_at) AS oldest,
               count(*) FILTER (WHERE c.next_call_at > :now AND c.next_call_at < :tomorrow) AS today,
               count(*) FILTER (WHERE c.next_call_at >= :tomorrow AND c.next_call_at < :after) AS tomorrow,
               count(*) FILTER (WHERE b.operator_id IS NULL) AS common,
               count(*) FILTER (WHERE NOT u.active OR p.presence NOT IN ('ready', 'wrap_up', 'talking')) AS away
        {_FROM} WHERE c.stage = 3 AND (:all OR c.operator_id = ANY(CAST(:seen AS int[])))
        """),  # noqa: S608  constants of this module
        _values(choice, now, zone) | {"now": now, "tomorrow": _start(day, 1, zone), "after": _start(day, 2, zone)},
    ).one()


def _values(choice: Choice, now: datetime, zone: str) -> dict[str, Any]:
    since, until = _span(choice, now, zone)
    return {
        "operator": choice.operator_id,
        "group": choice.group_id,
        "filter": choice.filter_id,
        "status": choice.status_id,
        "kind": choice.kind,
        "since": since,
        "until": until,
        "all": choice.sight.is_whole,
        "seen": sorted(choice.sight.operators or ()),
    }


def _span(choice: Choice, now: datetime, zone: str) -> tuple[datetime | None, datetime | None]:
    """The days are those of the company's calendar: it is its people who have to be there."""
    today = counters.company_day(now, zone)
    if choice.day is not None:
        return _start(choice.day, 0, zone), _start(choice.day, 1, zone)
    return {
        "overdue": (None, now),
        "today": (now, _start(today, 1, zone)),
        "tomorrow": (_start(today, 1, zone), _start(today, 2, zone)),
        "later": (_start(today, 2, zone), None),
    }.get(choice.when, (None, None))


def _start(day: date, days_on: int, zone: str) -> datetime:
    return datetime.combine(day + timedelta(days=days_on), time(), ZoneInfo(zone))
