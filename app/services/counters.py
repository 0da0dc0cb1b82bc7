"""Counters of operators and filters: kept true in the transaction that changes the cards, never counted on a page."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session


def company_hour(now: datetime) -> datetime:
    return now.replace(minute=0, second=0, microsecond=0)


def company_day(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def lock_operators(session: Session, operator_ids: Collection[int]) -> None:
    """Always in the order of ids, so that two transactions cannot wait for each other."""
    session.execute(
        text("SELECT 1 FROM operator_profile WHERE user_id = ANY(:ids) ORDER BY user_id FOR NO KEY UPDATE"),
        {"ids": sorted(operator_ids)},
    )


def lock_counters(session: Session, card_ids: Collection[int], others: Collection[int] = ()) -> None:
    """All rows whose counters a step may touch, before it touches any: operators first, then filters with a cap."""
    ids = sorted(card_ids)
    owners = session.execute(
        text("SELECT DISTINCT operator_id FROM card WHERE id = ANY(:ids) AND stage IN (1,2,3)"), {"ids": ids}
    ).scalars()
    lock_operators(session, {*owners, *others})
    session.execute(
        text("""
        SELECT 1 FROM ad_filter WHERE id IN (SELECT filter_id FROM card WHERE id = ANY(:ids))
          AND (open_cap IS NOT NULL OR day_cap IS NOT NULL) ORDER BY id FOR NO KEY UPDATE
        """),
        {"ids": ids},
    )


def leave(session: Session, card_ids: Collection[int]) -> None:
    """These cards are about to leave their operators: lower the counters. Call before the cards change."""
    if not card_ids:
        return
    ids = sorted(card_ids)
    lock_counters(session, ids)
    session.execute(
        text("""
        UPDATE operator_profile p SET open_n = GREATEST(p.open_n - n.open_n, 0), new_n = GREATEST(p.new_n - n.new_n, 0)
        FROM (SELECT operator_id, count(*) AS open_n, count(*) FILTER (WHERE stage = 1) AS new_n
              FROM card WHERE id = ANY(:ids) AND stage IN (1,2,3) GROUP BY operator_id) n
        WHERE p.user_id = n.operator_id
        """),
        {"ids": ids},
    )
    session.execute(
        text("""
        UPDATE ad_filter f SET open_n = GREATEST(f.open_n - n.n, 0)
        FROM (SELECT filter_id, count(*) AS n FROM card WHERE id = ANY(:ids) AND stage IN (1,2,3) GROUP BY filter_id) n
        WHERE f.id = n.filter_id AND (f.open_cap IS NOT NULL OR f.day_cap IS NOT NULL)
        """),
        {"ids": ids},
    )


def come_back(session: Session, card_ids: Collection[int]) -> None:
    """These cards are open again with whom they were: raise the counters, whatever the caps. Call after they changed.

    Hours and days are not counted: nobody was given anything new.
    """
    if not card_ids:
        return
    ids = sorted(card_ids)
    lock_counters(session, ids)
    session.execute(
        text("""
        UPDATE operator_profile p SET open_n = p.open_n + n.open_n, new_n = p.new_n + n.new_n
        FROM (SELECT operator_id, count(*) AS open_n, count(*) FILTER (WHERE stage = 1) AS new_n
              FROM card WHERE id = ANY(:ids) AND stage IN (1,2,3) GROUP BY operator_id) n
        WHERE p.user_id = n.operator_id
        """),
        {"ids": ids},
    )
    session.execute(
        text("""
        UPDATE ad_filter f SET open_n = f.open_n + n.n
        FROM (SELECT filter_id, count(*) AS n FROM card WHERE id = ANY(:ids) AND stage IN (1,2,3) GROUP BY filter_id) n
        WHERE f.id = n.filter_id AND (f.open_cap IS NOT NULL OR f.day_cap IS NOT NULL)
        """),
        {"ids": ids},
    )


def count_anew(session: Session) -> int:
    """Set every counter of open work to what the cards say; returns how many were wrong. For the nightly check."""
    wrong = session.execute(
        text("""
        UPDATE operator_profile p SET open_n = n.open_n, new_n = n.new_n
        FROM (SELECT p.user_id, count(c.id) AS open_n, count(c.id) FILTER (WHERE c.stage = 1) AS new_n
              FROM operator_profile p LEFT JOIN card c ON c.operator_id = p.user_id AND c.stage IN (1,2,3)
              GROUP BY p.user_id) n
        WHERE p.user_id = n.user_id AND (p.open_n, p.new_n) IS DISTINCT FROM (n.open_n::int, n.new_n::int)
        """)
    )
    filters = session.execute(
        text("""
        UPDATE ad_filter f SET open_n = n.n
        FROM (SELECT f.id, count(c.id) AS n FROM ad_filter f
              LEFT JOIN card c ON c.filter_id = f.id AND c.stage IN (1,2,3) GROUP BY f.id) n
        WHERE f.id = n.id AND f.open_n <> n.n AND (f.open_cap IS NOT NULL OR f.day_cap IS NOT NULL)
        """)
    )
    return int(wrong.rowcount + filters.rowcount)  # type: ignore[attr-defined]
