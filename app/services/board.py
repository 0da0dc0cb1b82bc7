"""What the supervisor sees of the work now: operators with their load, pools, sources; cards to be moved."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.services import counters

MOVED_AT_ONCE = 2_000


def operators(session: Session, now: datetime, zone: str) -> list[Row[Any]]:
    """Everybody with a profile: state, time in it, cards against every cap."""
    return list(
        session.execute(
            text("""
            SELECT p.user_id, u.first_name || ' ' || u.last_name AS name, g.id AS group_id, g.name AS group_name,
                   CASE WHEN u.active THEN p.presence ELSE 'offline' END AS presence, p.presence_since, p.seen_at,
                   p.new_n, p.max_new, p.open_n, p.max_open, p.weight,
                   CASE WHEN p.hour_at = :hour THEN p.hour_n ELSE 0 END AS hour_n, p.hour_cap,
                   CASE WHEN p.day_on = :day THEN p.day_n ELSE 0 END AS day_n, p.day_cap,
                   COALESCE(c.overdue, 0) AS overdue
            FROM operator_profile p JOIN ab_user u ON u.id = p.user_id LEFT JOIN operator_group g ON g.id = p.group_id
            LEFT JOIN (SELECT operator_id, count(*) AS overdue FROM card
                       WHERE stage = 3 AND next_call_at <= :now GROUP BY operator_id) c ON c.operator_id = p.user_id
            ORDER BY g.name NULLS LAST, u.first_name, u.last_name
            """),
            {"now": now, "hour": counters.company_hour(now), "day": counters.company_day(now, zone)},
        )
    )


def pools(session: Session) -> list[Row[Any]]:
    """Live filters with what waits and what is in work; the age of the oldest card that waits."""
    return list(
        session.execute(
            text("""
            SELECT f.id, f.name, f.priority, COALESCE(g.name, u.first_name || ' ' || u.last_name) AS target,
                   COALESCE(c.pool, 0) AS pool, COALESCE(c.work, 0) AS work, c.oldest, f.open_cap, f.day_cap
            FROM ad_filter f LEFT JOIN operator_group g ON g.id = f.group_id LEFT JOIN ab_user u ON u.id = f.operator_id
            LEFT JOIN (SELECT filter_id, count(*) FILTER (WHERE stage = 0) AS pool,
                              count(*) FILTER (WHERE stage IN (1,2,3)) AS work,
                              min(opened_at) FILTER (WHERE stage = 0) AS oldest
                       FROM card WHERE filter_id IS NOT NULL AND stage < 9 GROUP BY filter_id) c ON c.filter_id = f.id
            WHERE f.is_enabled ORDER BY f.priority DESC, f.id
            """)
        )
    )


def sources(session: Session) -> list[Row[Any]]:
    return list(
        session.execute(
            text("""
            SELECT id, name, health, health_text, last_ok_at, errors_in_row, next_pull_at FROM source
            WHERE is_enabled ORDER BY errors_in_row DESC, name
            """)
        )
    )


def to_move(
    session: Session, *, operator_id: int | None, filter_id: int | None, stages: list[int], limit: int = 200
) -> list[Row[Any]]:
    """Cards that a reassignment could take: of one operator and/or one filter, in these stages."""
    wanted = [stage for stage in stages if stage in (0, 1, 2, 3)] or [1]
    return list(
        session.execute(
            text("""
            SELECT c.id, c.stage, c.next_call_at, v.title, v.price, s.name AS status, f.name AS filter_name,
                   u.first_name || ' ' || u.last_name AS operator_name
            FROM card c JOIN vehicle v ON v.id = c.vehicle_id LEFT JOIN status s ON s.id = c.status_id
            LEFT JOIN ad_filter f ON f.id = c.filter_id LEFT JOIN ab_user u ON u.id = c.operator_id
            WHERE c.stage = ANY(CAST(:stages AS int[])) AND c.stage < 9
              AND (CAST(:operator AS int) IS NULL OR c.operator_id = :operator)
              AND (CAST(:filter AS int) IS NULL OR c.filter_id = :filter)
            ORDER BY c.rank DESC, c.id LIMIT :n
            """),
            {"stages": wanted, "operator": operator_id, "filter": filter_id, "n": min(limit, MOVED_AT_ONCE)},
        )
    )


def moves(session: Session) -> list[Row[Any]]:
    """The last reassignments, to be undone."""
    return list(
        session.execute(
            text("""
            SELECT m.id, m.at, m.why, m.undone_at, jsonb_array_length(m.cards) AS n,
                   u.first_name || ' ' || u.last_name AS by_name
            FROM mass_move m LEFT JOIN ab_user u ON u.id = m.by_id ORDER BY m.id DESC LIMIT 20
            """)
        )
    )
