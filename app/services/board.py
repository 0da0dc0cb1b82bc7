"""What the supervisor sees of the work now: operators with their load, pools, sources; cards to be handed over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.sight import EVERYBODY, Sight
from app.services import claiming, counters

SHOWN = 200  # cards of a hand-over that are listed; as many as one screenful of decisions bears
MOVED_AT_ONCE = 2_000


def operators(session: Session, now: datetime, zone: str, sight: Sight = EVERYBODY) -> list[Row[Any]]:
    """Everybody with a profile: state, time in it, cards against every cap, and how many more there is room for."""
    return list(
        session.execute(
            text("""
            SELECT o.*, GREATEST(LEAST(o.max_open - o.open_n, o.day_cap - o.day_n), 0) AS room FROM (
              SELECT p.user_id, u.first_name || ' ' || u.last_name AS name,
                     g.id AS group_id, COALESCE(g.name, '') AS group_name,
                     CASE WHEN u.active THEN p.presence ELSE 'offline' END AS presence, p.presence_since, p.seen_at,
                     r.name AS pause, COALESCE(r.is_work, false) AS is_work, r.limit_min,
                     COALESCE(p.presence_since + r.limit_min * interval '1 minute' < :now, false) AS is_long,
                     p.new_n, p.max_new, p.open_n, p.max_open, p.weight, u.active,
                     CASE WHEN p.hour_at = :hour THEN p.hour_n ELSE 0 END AS hour_n, p.hour_cap,
                     CASE WHEN p.day_on = :day THEN p.day_n ELSE 0 END AS day_n, p.day_cap,
                     COALESCE(c.overdue, 0) AS overdue,
                     COALESCE(a.device_state IN ('unavailable', 'invalid', 'unknown'), false)
                       AND u.active AND p.presence <> 'offline' AS lacks_phone
              FROM operator_profile p JOIN ab_user u ON u.id = p.user_id
              LEFT JOIN phone_account a ON a.user_id = p.user_id
              LEFT JOIN operator_group g ON g.id = p.group_id
              LEFT JOIN pause_reason r ON r.id = p.pause_id AND p.presence = 'paused' AND u.active
              LEFT JOIN (SELECT operator_id, count(*) AS overdue FROM card
                         WHERE stage = 3 AND next_call_at <= :now GROUP BY operator_id) c ON c.operator_id = p.user_id
            ) o WHERE (o.active OR o.open_n > 0) AND (:all OR o.user_id = ANY(CAST(:seen AS int[])))
            ORDER BY o.group_name = '', o.group_name, o.name
            """),
            {
                "now": now,
                "hour": counters.company_hour(now),
                "day": counters.company_day(now, zone),
                "all": sight.is_whole,
                "seen": sorted(sight.operators or ()),
            },
        )
    )


def pools(session: Session, now: datetime, zone: str, sight: Sight = EVERYBODY) -> list[Row[Any]]:
    """Live filters with what waits and what is in work, the age of the oldest card, and whether they deal now."""
    closed = claiming.closed_filters(session, now, zone)
    return list(
        session.execute(
            text("""
            SELECT f.id, f.name, f.priority, COALESCE(g.name, u.first_name || ' ' || u.last_name) AS target,
                   COALESCE(c.pool, 0) AS pool, COALESCE(c.work, 0) AS work, c.oldest, f.open_cap, f.open_n, f.day_cap,
                   CASE WHEN f.day_on = :day THEN f.day_n ELSE 0 END AS day_n,
                   f.id = ANY(CAST(:closed AS int[])) AS is_closed
            FROM ad_filter f LEFT JOIN operator_group g ON g.id = f.group_id LEFT JOIN ab_user u ON u.id = f.operator_id
            LEFT JOIN (SELECT filter_id, count(*) FILTER (WHERE stage = 0) AS pool,
                              count(*) FILTER (WHERE stage IN (1,2,3)) AS work,
                              min(opened_at) FILTER (WHERE stage = 0) AS oldest
                       FROM card WHERE filter_id IS NOT NULL AND stage < 9 GROUP BY filter_id) c ON c.filter_id = f.id
            WHERE f.is_enabled AND (:all OR f.id = ANY(CAST(:seen AS int[]))) ORDER BY f.priority DESC, f.id
            """),
            {
                "closed": closed,
                "day": counters.company_day(now, zone),
                "all": sight.is_whole,
                "seen": sorted(sight.filters),
            },
        )
    )


def unwanted(session: Session) -> int:
    """Cards of the pool that no filter wants; those that have not been matched yet are not among them."""
    return int(
        session.execute(
            text("SELECT count(*) FROM card WHERE stage = 0 AND filter_id IS NULL AND match_revision > 0")
        ).scalar_one()
    )


def groups(session: Session, sight: Sight = EVERYBODY) -> list[Row[Any]]:
    """Groups with what waits for each of them."""
    return list(
        session.execute(
            text("""
            SELECT g.id, g.name, g.is_enabled, g.is_push, COALESCE(c.pool, 0) AS pool, c.oldest
            FROM operator_group g
            LEFT JOIN (SELECT group_id, count(*) AS pool, min(opened_at) AS oldest FROM card
                       WHERE stage = 0 AND filter_id IS NOT NULL GROUP BY group_id) c ON c.group_id = g.id
            WHERE :all OR g.id = ANY(CAST(:seen AS int[])) ORDER BY g.name
            """),
            {"all": sight.is_whole, "seen": sorted(sight.groups)},
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


# --- handing over


@dataclass(frozen=True, slots=True)
class Choice:
    """Which cards: of these operators or a group's, of a filter, in these stages, with a status."""

    operator_id: int | None = None
    group_id: int | None = None
    filter_id: int | None = None
    status_id: int | None = None
    stages: Collection[int] = field(default_factory=lambda: (1,))
    sight: Sight = EVERYBODY

    def values(self) -> dict[str, Any]:
        return {
            "stages": [stage for stage in self.stages if stage in (0, 1, 2, 3)] or [1],
            "operator": self.operator_id,
            "group": self.group_id,
            "filter": self.filter_id,
            "status": self.status_id,
            "all": self.sight.is_whole,
            "seen": sorted(self.sight.operators or ()),
            "seen_filters": sorted(self.sight.filters),
        }


_CHOSEN = """
  c.stage = ANY(CAST(:stages AS int[])) AND c.stage < 9
  AND (CAST(:operator AS int) IS NULL OR c.operator_id = :operator)
  AND (CAST(:filter AS int) IS NULL OR c.filter_id = :filter)
  AND (CAST(:status AS int) IS NULL OR c.status_id = :status)
  AND (CAST(:group AS int) IS NULL OR (c.stage = 0 AND c.group_id = :group) OR (c.stage > 0 AND EXISTS
       (SELECT 1 FROM operator_profile p WHERE p.user_id = c.operator_id AND p.group_id = :group)))
  AND (:all OR c.operator_id = ANY(CAST(:seen AS int[]))
       OR (c.stage = 0 AND c.filter_id = ANY(CAST(:seen_filters AS int[]))))
"""


def to_move(session: Session, choice: Choice) -> list[Row[Any]]:
    """The cards that a hand-over could take, the best first."""
    return list(
        session.execute(
            text(f"""
            SELECT c.id, c.stage, c.next_call_at, v.title, v.price, s.name AS status, s.color, f.name AS filter_name,
                   u.first_name || ' ' || u.last_name AS operator_name
            FROM card c JOIN vehicle v ON v.id = c.vehicle_id LEFT JOIN status s ON s.id = c.status_id
            LEFT JOIN ad_filter f ON f.id = c.filter_id LEFT JOIN ab_user u ON u.id = c.operator_id
            WHERE {_CHOSEN} ORDER BY c.rank DESC, c.id LIMIT :n
            """),  # noqa: S608
            choice.values() | {"n": SHOWN},
        )
    )


def ids_to_move(session: Session, choice: Choice) -> list[int]:
    """All of them, to hand over more than the page lists."""
    return list(
        session.execute(
            text(f"SELECT c.id FROM card c WHERE {_CHOSEN} ORDER BY c.rank DESC, c.id LIMIT :n"),  # noqa: S608
            choice.values() | {"n": MOVED_AT_ONCE},
        ).scalars()
    )


def seen_cards(session: Session, cards: Sequence[int], sight: Sight) -> list[int]:
    """Those of the cards that this person may hand over, in their order."""
    if sight.is_whole or not cards:
        return list(cards)
    found = session.execute(
        text("""
        SELECT id FROM card WHERE id = ANY(:cards) AND (operator_id = ANY(CAST(:seen AS int[]))
          OR (stage = 0 AND filter_id = ANY(CAST(:filters AS int[]))))
        """),
        {"cards": list(cards), "seen": sorted(sight.operators or ()), "filters": sorted(sight.filters)},
    )
    known = set(found.scalars())
    return [card for card in cards if card in known]


def count_to_move(session: Session, choice: Choice) -> int:
    found = session.execute(
        text(f"SELECT count(*) FROM (SELECT 1 FROM card c WHERE {_CHOSEN} LIMIT :n) x"),  # noqa: S608
        choice.values() | {"n": MOVED_AT_ONCE + 1},
    )
    return int(found.scalar_one())


def members(session: Session, group_ids: Sequence[int]) -> list[int]:
    """The active operators of the groups."""
    return list(
        session.execute(
            text("""
            SELECT p.user_id FROM operator_profile p JOIN ab_user u ON u.id = p.user_id AND u.active
            WHERE p.group_id = ANY(CAST(:ids AS int[])) ORDER BY p.user_id
            """),
            {"ids": list(group_ids)},
        ).scalars()
    )


def statuses(session: Session) -> list[Row[Any]]:
    """Working statuses: a card with a closing one is with nobody."""
    return list(
        session.execute(text("SELECT id, name FROM status WHERE is_enabled AND NOT is_closing ORDER BY position, id"))
    )


def moves(session: Session) -> list[Row[Any]]:
    """The last hand-overs, to be undone."""
    return list(
        session.execute(
            text("""
            SELECT m.id, m.at, m.why, m.undone_at, jsonb_array_length(m.cards) AS n,
                   u.first_name || ' ' || u.last_name AS by_name
            FROM mass_move m LEFT JOIN ab_user u ON u.id = m.by_id ORDER BY m.id DESC LIMIT 20
            """)
        )
    )
