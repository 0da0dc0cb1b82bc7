"""Cards leave an operator: closed for good, or back to the pool with all that is written on them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import settings
from app.services import counters


def close(session: Session, card_ids: Collection[int], now: datetime, *, why: str) -> int:
    """These cards leave every queue. The price of the moment is kept for the price-drop rule."""
    if not card_ids:
        return 0
    ids = sorted(card_ids)
    counters.leave(session, ids)
    end_assignments(session, ids, now, why)
    session.execute(
        text("UPDATE callback SET done_at = :now WHERE card_id = ANY(:ids) AND done_at IS NULL"),
        {"ids": ids, "now": now},
    )
    session.execute(
        text("""
        UPDATE card c SET stage = 9, processed_at = :now, closed_why = :why, closed_price = v.price,
               next_call_at = NULL, version = c.version + 1
        FROM vehicle v WHERE v.id = c.vehicle_id AND c.id = ANY(:ids)
        """),
        {"ids": ids, "now": now, "why": why},
    )
    return len(ids)


def to_pool(session: Session, card_ids: Collection[int], now: datetime, *, why: str) -> int:
    """Back to the pool with all that is written on them; they are matched anew."""
    if not card_ids:
        return 0
    ids = sorted(card_ids)
    counters.leave(session, ids)
    end_assignments(session, ids, now, why)
    session.execute(
        text("""
        UPDATE card SET stage = 0, operator_id = NULL, assigned_at = NULL, taken_at = NULL, match_revision = 0,
               version = version + 1
        WHERE id = ANY(:ids) AND stage IN (1,2,3)
        """),
        {"ids": ids},
    )
    return len(ids)


def end_assignments(session: Session, card_ids: list[int], now: datetime, why: str) -> None:
    session.execute(
        text("""
        UPDATE assignment SET until_at = GREATEST(:now, from_at), ended_why = :why
        WHERE card_id = ANY(:ids) AND until_at IS NULL
        """),
        {"ids": card_ids, "now": now, "why": why},
    )


def return_overdue(session: Session, now: datetime) -> dict[str, int]:
    """New cards nobody opened in time, new cards of absent people, taken cards without a word: back to the pool."""
    rules = settings.all_of(session)
    late = session.execute(
        text("""
        SELECT c.id, CASE WHEN c.stage = 2 THEN 'untouched'
                          WHEN c.assigned_at < :now - make_interval(mins => COALESCE(g.return_after_min, 120))
                          THEN 'timeout' ELSE 'absent' END AS why
        FROM card c JOIN operator_profile p ON p.user_id = c.operator_id
        JOIN ab_user u ON u.id = p.user_id LEFT JOIN operator_group g ON g.id = p.group_id
        WHERE (c.stage = 1 AND (c.assigned_at < :now - make_interval(mins => COALESCE(g.return_after_min, 120))
                 OR NOT u.active OR COALESCE(p.seen_at, p.presence_since) < :absent))
           OR (c.stage = 2 AND c.taken_at < :untouched AND c.status_id IS NULL AND c.form = '{}'::jsonb
               AND NOT EXISTS (SELECT 1 FROM note n WHERE n.card_id = c.id))
        ORDER BY c.id LIMIT 5000 FOR UPDATE OF c SKIP LOCKED
        """),
        {
            "now": now,
            "absent": now - timedelta(minutes=rules["absent_return_min"]),
            "untouched": now - timedelta(minutes=rules["take_return_min"]),
        },
    ).all()
    counters.lock_counters(session, [row.id for row in late])
    done: dict[str, int] = {}
    for why in ("timeout", "absent", "untouched"):
        done[why] = to_pool(session, [row.id for row in late if row.why == why], now, why=why)
    return done
