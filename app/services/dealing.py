"""Dealing: cards of the pool go to the operators who are present, by weight, within every cap and quota."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import settings
from app.domain.distribution import DealRules, Decision, FilterQuota, GroupLoad, OperatorLoad, WaitingCard, deal
from app.errors import Reason
from app.services import counters
from app.services.distribution import FILTER_GETS, LET_GO_FOR, OPERATOR_GETS, Place
from app.services.filters import schedule_of

PRESENT = ("ready", "wrap_up", "talking")

# One statement for each kind of pool, and inside it one walk along the index for each pool. The conditions of the
# partial indexes stand there literally.
_POOLS = (
    """
    SELECT c.* FROM operator_group g, LATERAL (
      SELECT id, rank, filter_id, group_id, for_operator_id FROM card
      WHERE stage = 0 AND filter_id IS NOT NULL AND group_id = g.id AND for_operator_id IS NULL
      ORDER BY rank DESC, id LIMIT :n {lock}) c
    WHERE g.is_enabled AND g.is_push
    """,
    """
    SELECT id, rank, filter_id, group_id, for_operator_id FROM card
    WHERE stage = 0 AND filter_id IS NOT NULL AND group_id IS NULL AND for_operator_id IS NULL
    ORDER BY rank DESC, id LIMIT :n {lock}
    """,
    """
    SELECT c.* FROM operator_profile p, LATERAL (
      SELECT id, rank, filter_id, group_id, for_operator_id FROM card
      WHERE stage = 0 AND for_operator_id IS NOT NULL AND for_operator_id = p.user_id
      ORDER BY rank DESC, id LIMIT :n {lock}) c
    """,
)


@dataclass(slots=True)
class Dealt:
    """One pass: how many cards went to whom, and why the others wait."""

    given: int = 0
    by_operator: Counter[int] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    decisions: list[Decision] = field(default_factory=list)


def deal_cards(session: Session, now: datetime, zone: str, *, dry_run: bool = False) -> Dealt:
    """Deal what can be dealt now, in one transaction of the caller. `dry_run` locks and writes nothing."""
    operators = _operators(session, now, zone, lock=not dry_run)
    quotas = _quotas(session, now, zone, lock=not dry_run)
    room = sum(max(0, min(load.max_new or 0, load.max_open or 0) - load.new_n) for load in operators if load.is_present)
    batch = settings.get(session, "deal_batch")
    cards = _waiting(session, min(batch, max(room * 2, 50)), now, lock=not dry_run)
    decisions = deal(cards, _groups(session), operators, quotas, now.astimezone(ZoneInfo(zone)), DealRules())
    done = Dealt(decisions=decisions)
    for decision in decisions:
        if decision.operator_id is None:
            done.waiting[decision.reason.code] += 1
        else:
            done.given += 1
            done.by_operator[decision.operator_id] += 1
    if not dry_run:
        write_back(session, decisions, Place(0, None, now, zone))
    return done


def _operators(session: Session, now: datetime, zone: str, *, lock: bool) -> list[OperatorLoad]:
    """Everybody who could be given a card. Locked, so that a claim at the same time waits for our counters."""
    absent_after = timedelta(minutes=settings.get(session, "absent_after_min"))
    rows = session.execute(
        text(f"""
        SELECT p.user_id, p.group_id, p.weight, p.max_new, p.max_open, p.hour_cap, p.day_cap, p.new_n, p.open_n,
               CASE WHEN p.hour_at = :hour THEN p.hour_n ELSE 0 END AS hour_n,
               CASE WHEN p.day_on = :day THEN p.day_n ELSE 0 END AS day_n,
               (u.active AND p.presence = ANY(:present) AND p.seen_at > :seen_after) AS is_present
        FROM operator_profile p JOIN ab_user u ON u.id = p.user_id ORDER BY p.user_id
        {"FOR NO KEY UPDATE OF p" if lock else ""}
        """),  # noqa: S608
        {
            "hour": counters.company_hour(now),
            "day": counters.company_day(now, zone),
            "present": list(PRESENT),
            "seen_after": now - absent_after,
        },
    )
    return [
        OperatorLoad(
            id=row.user_id,
            weight=row.weight,
            max_new=row.max_new,
            max_open=row.max_open,
            hour_cap=row.hour_cap,
            day_cap=row.day_cap,
            new_n=row.new_n,
            open_n=row.open_n,
            hour_n=row.hour_n,
            day_n=row.day_n,
            is_present=bool(row.is_present),
            groups=frozenset({row.group_id} - {None}),
        )
        for row in rows
    ]


def _groups(session: Session) -> list[GroupLoad]:
    rows = session.execute(text("SELECT id, is_enabled, is_push, schedule FROM operator_group"))
    return [
        GroupLoad(id=row.id, is_enabled=row.is_enabled, is_push=row.is_push, schedule=schedule_of(row.schedule or []))
        for row in rows
    ]


def _quotas(session: Session, now: datetime, zone: str, *, lock: bool) -> list[FilterQuota]:
    rows = session.execute(
        text(f"""
        SELECT id, open_cap, day_cap, open_n, CASE WHEN day_on = :day THEN day_n ELSE 0 END AS day_n, schedule
        FROM ad_filter WHERE open_cap IS NOT NULL OR day_cap IS NOT NULL OR schedule <> '[]'::jsonb
        ORDER BY id {"FOR NO KEY UPDATE" if lock else ""}
        """),  # noqa: S608
        {"day": counters.company_day(now, zone)},
    )
    return [
        FilterQuota(
            filter_id=row.id,
            open_cap=row.open_cap,
            day_cap=row.day_cap,
            open_n=row.open_n,
            day_n=row.day_n,
            schedule=schedule_of(row.schedule or []),
        )
        for row in rows
    ]


def _waiting(session: Session, limit: int, now: datetime, *, lock: bool) -> list[WaitingCard]:
    """The head of every pool that is dealt: one pool full of undealable cards must not hide another."""
    lock_them = "FOR UPDATE SKIP LOCKED" if lock else ""
    found: list[WaitingCard] = []
    for pool in _POOLS:
        rows = session.execute(text(pool.format(lock=lock_them)), {"n": limit})
        found += [
            WaitingCard(
                id=row.id,
                rank=row.rank,
                filter_id=row.filter_id,
                operator_id=row.for_operator_id,
                group_id=row.group_id,
            )
            for row in rows
        ]
    return _without_who_let_go(session, found, now)


def _without_who_let_go(session: Session, cards: list[WaitingCard], now: datetime) -> list[WaitingCard]:
    """A card that somebody let go or left lying is offered to others first."""
    rows = session.execute(
        text("""
        SELECT card_id, array_agg(DISTINCT operator_id) AS operators FROM assignment
        WHERE card_id = ANY(:ids) AND operator_id IS NOT NULL AND ended_why IN ('timeout', 'untouched', 'skipped')
          AND until_at > :since
        GROUP BY card_id
        """),
        {"ids": [card.id for card in cards], "since": now - LET_GO_FOR},
    )
    not_for = {row.card_id: frozenset(row.operators) for row in rows}
    if not not_for:
        return cards
    return [
        WaitingCard(
            id=card.id,
            rank=card.rank,
            filter_id=card.filter_id,
            operator_id=card.operator_id,
            group_id=card.group_id,
            not_for=not_for.get(card.id, frozenset()),
        )
        for card in cards
    ]


def write_back(session: Session, decisions: Sequence[Decision], place: Place) -> int:
    """Hand the cards over: cards, assignments and counters in one statement."""
    given = [
        (d.card_id, d.operator_id, json.dumps({"code": d.reason.code, "args": d.reason.args}))
        for d in decisions
        if d.operator_id is not None
    ]
    if not given:
        return 0
    cards, operators, reasons = (list(column) for column in zip(*given, strict=True))
    session.execute(_WRITE_BACK, place.values(cards=cards, operators=operators, reasons=reasons))
    return len(cards)


_WRITE_BACK = text(f"""
  WITH given AS (
    SELECT * FROM unnest(CAST(:cards AS bigint[]), CAST(:operators AS int[]), CAST(:reasons AS text[]))
                  AS g(card_id, operator_id, reason)
  ), u AS (
    UPDATE card c SET stage = 1, operator_id = g.operator_id, assigned_at = :now, version = c.version + 1
    FROM given g WHERE c.id = g.card_id AND c.id = ANY(ARRAY(SELECT card_id FROM given)) AND c.stage = 0
    RETURNING c.id, c.operator_id, c.group_id, c.filter_id, g.reason
  ), a AS (
    INSERT INTO assignment (card_id, operator_id, group_id, from_at, why, reason)
    SELECT id, operator_id, group_id, :now, 'dealt', reason::jsonb FROM u
  ), p AS (
    UPDATE operator_profile p SET {OPERATOR_GETS}
    FROM (SELECT operator_id, count(*) AS open_n, count(*) AS new_n, count(*) AS counted FROM u GROUP BY operator_id) n
    WHERE p.user_id = n.operator_id
  )
  UPDATE ad_filter f SET {FILTER_GETS} FROM (SELECT filter_id, count(*) AS n, count(*) AS fresh FROM u GROUP BY 1) n
  WHERE f.id = n.filter_id AND (f.open_cap IS NOT NULL OR f.day_cap IS NOT NULL)
""")  # noqa: S608  the parts are constants


def why_not_dealt(session: Session, card_id: int, now: datetime, zone: str) -> Reason:
    """Why this card is (not) with whom it is: the reason that a deal of this moment would give."""
    card = session.execute(
        text("""
        SELECT c.id, c.stage, c.rank, c.filter_id, c.group_id, c.for_operator_id, c.operator_id, c.match_revision,
               c.closed_why, v.on_sale, v.is_reserved
        FROM card c JOIN vehicle v ON v.id = c.vehicle_id WHERE c.id = :id
        """),
        {"id": card_id},
    ).one()
    if card.stage == 9:
        return Reason("card_closed_why", {"why": card.closed_why})
    if card.stage in (1, 2, 3):
        row = session.execute(
            text("SELECT why, reason FROM assignment WHERE card_id = :id AND until_at IS NULL"), {"id": card_id}
        ).one_or_none()
        return Reason("with_operator", {"operator_id": card.operator_id, "why": row.why if row else ""})
    if card.is_reserved:
        return Reason("ad_reserved")
    if card.filter_id is None:
        return Reason("no_filter_wants_it" if card.match_revision else "not_matched_yet")
    waiting = WaitingCard(
        id=card.id, rank=card.rank, filter_id=card.filter_id, operator_id=card.for_operator_id, group_id=card.group_id
    )
    decision = deal(
        _without_who_let_go(session, [waiting], now),
        _groups(session),
        _operators(session, now, zone, lock=False),
        _quotas(session, now, zone, lock=False),
        now.astimezone(ZoneInfo(zone)),
        DealRules(),
    )[0]
    return Reason("waits_its_turn") if decision.operator_id is not None else decision.reason


def preview(session: Session, now: datetime, zone: str) -> dict[str, Any]:
    """What the next deal would do: for the supervisor's screen; nothing is written."""
    done = deal_cards(session, now, zone, dry_run=True)
    return {"given": done.given, "by_operator": dict(done.by_operator), "waiting": dict(done.waiting)}
