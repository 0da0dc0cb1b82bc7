"""Who works which card: taking from the pool, dealing, returning, moving. Caps and counters are exact by locks."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import settings
from app.errors import Refused
from app.models import CLOSED, IN_WORK, NEW, POOL, MassMove
from app.services import counters
from app.services.audit import note_event

# An operator may get a card when every cap leaves room. Hour and day counters of a past hour or day count as zero.
HAS_ROOM = """
  p.open_n < p.max_open
  AND (CASE WHEN p.hour_at = :hour THEN p.hour_n ELSE 0 END) < p.hour_cap
  AND (CASE WHEN p.day_on = :day THEN p.day_n ELSE 0 END) < p.day_cap
"""
COUNT_ONE = """
  open_n = p.open_n + 1,
  hour_n = CASE WHEN p.hour_at = :hour THEN p.hour_n + 1 ELSE 1 END, hour_at = :hour,
  day_n = CASE WHEN p.day_on = :day THEN p.day_n + 1 ELSE 1 END, day_on = :day
"""

# Many at once, by the counts in `n`.
OPERATOR_GETS = """
  open_n = p.open_n + n.open_n, new_n = p.new_n + n.new_n,
  hour_n = (CASE WHEN p.hour_at = :hour THEN p.hour_n ELSE 0 END) + n.counted, hour_at = :hour,
  day_n = (CASE WHEN p.day_on = :day THEN p.day_n ELSE 0 END) + n.counted, day_on = :day
"""
FILTER_GETS = """
  open_n = f.open_n + n.n, day_on = :day, day_n = (CASE WHEN f.day_on = :day THEN f.day_n ELSE 0 END) + n.fresh
"""

# One statement, one round trip: the operator's row is locked and its caps are read under that lock; the pools are
# looked through in turn, each only when the one before gave nothing; the card is locked past others'; nothing is
# counted when all are empty. The conditions of the pools are literal, as the partial indexes need them.
_POOLS = {
    "private": "stage = 0 AND for_operator_id IS NOT NULL AND for_operator_id = :operator_id",
    "shared": "stage = 0 AND filter_id IS NOT NULL AND group_id = :group_id AND for_operator_id IS NULL",
    "anyones": "stage = 0 AND filter_id IS NOT NULL AND group_id IS NULL AND for_operator_id IS NULL",
}


def _pool_sql(name: str) -> str:
    before = list(_POOLS)[: list(_POOLS).index(name)]
    none_yet = " AND ".join(f"NOT EXISTS (SELECT 1 FROM {other})" for other in before) or "true"  # noqa: S608
    return f"""{name} AS (
    SELECT id, filter_id FROM card
    WHERE {_POOLS[name]} AND EXISTS (SELECT 1 FROM o) AND {none_yet}
      AND NOT (filter_id = ANY(ARRAY(SELECT id FROM no_room))) AND NOT (id = ANY(ARRAY(SELECT card_id FROM let_go)))
    ORDER BY rank DESC, id LIMIT 1 FOR UPDATE SKIP LOCKED
  )"""  # noqa: S608  the names are the constants above


# As domain.schedule says it, for the filters that are dealt at certain hours only.
_CLOSED_NOW = """
  SELECT f.id FROM ad_filter f WHERE f.schedule <> '[]'::jsonb AND NOT EXISTS (
    SELECT 1 FROM jsonb_to_recordset(f.schedule) AS w(days jsonb, "from" text, "to" text),
      LATERAL (SELECT COALESCE(NULLIF(w."from", ''), '00:00')::time AS since,
                      COALESCE(NULLIF(w."to", ''), '00:00')::time AS till,
                      COALESCE(jsonb_array_length(w.days), 0) = 0 OR w.days @> to_jsonb(CAST(:weekday AS int)) AS today,
                      COALESCE(jsonb_array_length(w.days), 0) = 0
                        OR w.days @> to_jsonb((CAST(:weekday AS int) + 6) % 7) AS yesterday) x
    WHERE CASE WHEN since < till THEN today AND CAST(:clock AS time) >= since AND CAST(:clock AS time) < till
               ELSE today AND CAST(:clock AS time) >= since OR yesterday AND CAST(:clock AS time) < till END)
"""
# A card that somebody let go or left lying is for others first. The reasons are literal for the index of just these.
LET_GO_FOR = timedelta(hours=12)
_LET_GO = """
  SELECT card_id FROM assignment
  WHERE operator_id = :operator_id AND until_at > :let_go_since AND ended_why IN ('timeout', 'untouched', 'skipped')
"""

_CLAIM_SQL = f"""
  WITH o AS (
    SELECT p.user_id FROM operator_profile p WHERE p.user_id = :operator_id AND {HAS_ROOM} FOR UPDATE
  ), no_room AS (
    SELECT id FROM ad_filter WHERE open_n >= open_cap OR (CASE WHEN day_on = :day THEN day_n ELSE 0 END) >= day_cap
    UNION ALL {_CLOSED_NOW} UNION ALL SELECT unnest(CAST(:left_out AS int[]))
  ), let_go AS ({_LET_GO}), {", ".join(_pool_sql(name) for name in _POOLS)}, c AS (
    {" UNION ALL ".join(f"SELECT id, filter_id FROM {name}" for name in _POOLS)}
  ), n AS (
    UPDATE operator_profile p SET {COUNT_ONE} WHERE p.user_id = :operator_id AND EXISTS (SELECT 1 FROM c)
  ), a AS (
    INSERT INTO assignment (card_id, operator_id, group_id, from_at, by_id, why)
    SELECT c.id, :operator_id, :group_id, :now, :operator_id, 'taken' FROM c
  )
  UPDATE card SET stage = 2, operator_id = :operator_id, assigned_at = :now, taken_at = :now, version = version + 1
  FROM c WHERE card.id = c.id RETURNING card.id, card.filter_id,
    (SELECT f.open_cap IS NOT NULL OR f.day_cap IS NOT NULL FROM ad_filter f WHERE f.id = card.filter_id) AS is_capped
"""  # noqa: S608  the parts are the constants above
_CLAIM_VALUES = {
    "operator_id": "int", "group_id": "int", "now": "timestamptz", "hour": "timestamptz", "day": "date",
    "let_go_since": "timestamptz", "weekday": "int", "clock": "time", "left_out": "int[]",
}  # fmt: skip


def _claim_function() -> tuple[str, str]:
    """The statement as a function of the database: there its plan is kept, and planning it costs twice its run.

    The name carries a digest, so that processes of two releases can work side by side on one database.
    """
    told = re.sub(rf"(?<!:):({'|'.join(_CLAIM_VALUES)})\b", r"its_\1", _CLAIM_SQL)
    name = f"claim_card_{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    arguments = ", ".join(f"its_{value} {kind}" for value, kind in _CLAIM_VALUES.items())
    return (
        name,
        f"""
    CREATE FUNCTION {name}({arguments}) RETURNS TABLE (id bigint, filter_id int, is_capped boolean)
    LANGUAGE plpgsql AS $claim$
    #variable_conflict use_column
    BEGIN RETURN QUERY {told}; END $claim$
    """,
    )


CLAIM_NAME, CLAIM_FUNCTION = _claim_function()
_CLAIM = text(f"""
  SELECT id, filter_id, is_capped
  FROM {CLAIM_NAME}({", ".join(f"CAST(:{value} AS {kind})" for value, kind in _CLAIM_VALUES.items())})
""")  # noqa: S608  the parts are the constants above


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


def claim_next(session: Session, place: Place) -> int | None:
    """Take the best card of the pool for the operator; None when there is none. Refused: a cap is reached."""
    left_out: list[int] = []
    for _ in range(20):  # a filter may fill up between the look and the claim; then it is left out and we look again
        row = session.execute(_CLAIM, place.values(left_out=left_out)).one_or_none()
        if row is None:
            refuse_when_full(session, place)
            return None
        if not row.is_capped or count_for_filter(session, row.filter_id, place):
            return int(row.id)
        _undo_claim(session, row.id, place)
        left_out.append(row.filter_id)
    return None


def closed_filters(session: Session, now: datetime, zone: str) -> list[int]:
    """Filters whose schedule says: not at this hour of the company."""
    return list(session.execute(text(_CLOSED_NOW), Place(0, None, now, zone).values()).scalars())


def count_for_filter(session: Session, filter_id: int, place: Place, n: int = 1) -> bool:
    """Count against the filter's quota under its row lock; False when there is no room. No cap: one look."""
    capped = session.execute(
        text("SELECT 1 FROM ad_filter WHERE id = :id AND (open_cap IS NOT NULL OR day_cap IS NOT NULL)"),
        {"id": filter_id},
    ).scalar()
    if not capped:
        return True
    done = session.execute(
        text("""
        UPDATE ad_filter SET open_n = open_n + :n, day_on = :day,
               day_n = (CASE WHEN day_on = :day THEN day_n ELSE 0 END) + :n
        WHERE id = :id AND (open_cap IS NULL OR open_n + :n <= open_cap)
          AND (day_cap IS NULL OR (CASE WHEN day_on = :day THEN day_n ELSE 0 END) + :n <= day_cap)
        """),
        {"id": filter_id, "n": n, "day": place.values()["day"]},
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def _undo_claim(session: Session, card_id: int, place: Place) -> None:
    """The claim of this very transaction is taken back: the filter had no room."""
    session.execute(text("DELETE FROM assignment WHERE card_id = :id AND until_at IS NULL"), {"id": card_id})
    session.execute(
        text("UPDATE card SET stage = 0, operator_id = NULL, assigned_at = NULL, taken_at = NULL WHERE id = :id"),
        {"id": card_id},
    )
    session.execute(
        text("""
        UPDATE operator_profile SET open_n = open_n - 1, hour_n = hour_n - 1, day_n = day_n - 1 WHERE user_id = :id
        """),
        {"id": place.operator_id},
    )


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
        text("UPDATE card SET stage = 2, taken_at = :now, version = version + 1 WHERE id = :id"),
        {"id": card_id, "now": place.now},
    )
    note_event(session, "card_taken", actor_id=place.operator_id, subject="card", subject_id=card_id)


# --- leaving


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


# --- moving


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What a reassignment would do: card ids to the operator who would get them; `left` stay for lack of room."""

    cards: list[tuple[int, int]]
    left: list[int]
    room: dict[int, int]


def plan_move(session: Session, card_ids: Sequence[int], operator_ids: Sequence[int], place: Place) -> MovePlan:
    """Spread the cards evenly over the operators within their caps; nothing is written."""
    rows = session.execute(
        text("""
        SELECT p.user_id, LEAST(p.max_open - p.open_n,
               p.day_cap - (CASE WHEN p.day_on = :day THEN p.day_n ELSE 0 END)) AS room
        FROM operator_profile p JOIN ab_user u ON u.id = p.user_id
        WHERE p.user_id = ANY(:ids) AND u.active ORDER BY p.user_id
        """),
        {"ids": list(operator_ids), "day": place.values()["day"]},
    )
    room = {row.user_id: max(0, row.room) for row in rows}
    left_room = dict(room)
    owners: dict[int, int | None] = dict(
        session.execute(
            text("SELECT id, operator_id FROM card WHERE id = ANY(:ids) AND stage < 9"), {"ids": list(card_ids)}
        )
        .tuples()
        .all()
    )
    plan, left = [], []
    for card_id in card_ids:
        if card_id not in owners:
            continue
        free = [user for user, n in left_room.items() if n > 0 and user != owners[card_id]]
        if not free:
            left.append(card_id)
            continue
        chosen = max(free, key=lambda user: (left_room[user], -user))
        left_room[chosen] -= 1
        plan.append((card_id, chosen))
    return MovePlan(plan, left, room)


def move(
    session: Session, card_ids: Sequence[int], operator_ids: Sequence[int], place: Place, *, actor_id: int, why: str
) -> MassMove:
    """Carry out a reassignment as one undoable step. Callbacks and texts go along; the caps of the receivers hold."""
    session.execute(text("SELECT 1 FROM card WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), {"ids": sorted(card_ids)})
    counters.lock_counters(session, card_ids, operator_ids)
    plan = plan_move(session, card_ids, operator_ids, place)
    if not plan.cards:
        raise Refused("move_no_room")
    before = session.execute(
        text("SELECT id, operator_id, stage, version FROM card WHERE id = ANY(:ids)"),
        {"ids": [card for card, _ in plan.cards]},
    ).all()
    was = {row.id: (row.operator_id, row.stage) for row in before}
    version = {row.id: row.version + 1 for row in before}  # as this move leaves them: who works on a card raises it
    record = MassMove(
        at=place.now,
        by_id=actor_id,
        why=why[:200],
        cards=[[card, *was[card], target, version[card]] for card, target in plan.cards],
    )
    session.add(record)
    session.flush()
    _hand_over(session, plan.cards, was, place, actor_id, record.id)
    note_event(
        session, "cards_moved", actor_id=actor_id, subject="mass_move", subject_id=record.id, n=len(plan.cards), why=why
    )
    return record


def _hand_over(
    session: Session,
    targets: Sequence[tuple[int, int]],
    was: dict[int, tuple[int | None, int]],
    place: Place,
    actor_id: int,
    move_id: int,
) -> None:
    ids = [card for card, _ in targets]
    counters.leave(session, ids)
    end_assignments(session, ids, place.now, "moved")
    values = place.values(ids=ids, users=[user for _, user in targets], actor=actor_id, move=move_id)
    session.execute(
        text("""
        UPDATE card c SET operator_id = n.user_id, stage = CASE WHEN c.stage = 0 THEN 1 ELSE c.stage END,
               assigned_at = :now, taken_at = CASE WHEN c.stage = 2 THEN :now ELSE c.taken_at END,
               version = c.version + 1
        FROM unnest(CAST(:ids AS bigint[]), CAST(:users AS int[])) AS n(id, user_id) WHERE c.id = n.id
        """),
        values,
    )
    session.execute(
        text("""
        INSERT INTO assignment (card_id, operator_id, from_at, by_id, why, move_id)
        SELECT n.id, n.user_id, :now, :actor, 'moved', :move
        FROM unnest(CAST(:ids AS bigint[]), CAST(:users AS int[])) AS n(id, user_id)
        """),
        values,
    )
    session.execute(
        text("""
        UPDATE callback b SET operator_id = n.user_id
        FROM unnest(CAST(:ids AS bigint[]), CAST(:users AS int[])) AS n(id, user_id)
        WHERE b.card_id = n.id AND b.done_at IS NULL AND b.operator_id IS NOT NULL
        """),
        values,
    )
    enter(session, ids, place, by_day=True, from_pool=[card for card in ids if was[card][1] == POOL])


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


def undo_move(session: Session, move_id: int, place: Place, *, actor_id: int) -> int:
    """Give the cards back as they were. Those that were worked on since stay; returns how many went back."""
    record = session.get(MassMove, move_id, with_for_update=True)
    if record is None or record.undone_at is not None:
        raise Refused("move_already_undone")
    moved = {card: _Moved(*rest) for card, *rest in record.cards}
    rows = session.execute(
        text("SELECT id, operator_id, stage, version FROM card WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"),
        {"ids": sorted(moved)},
    ).all()
    back = [row.id for row in rows if row.stage < CLOSED and moved[row.id].is_untouched(row)]
    to_owner = [card for card in back if moved[card].owner is not None]
    counters.lock_counters(session, back, [int(moved[card].owner or 0) for card in to_owner])
    _uncount(session, Counter(moved[card].target for card in back), place, record.at)
    to_pool(session, [card for card in back if moved[card].owner is None], place.now, why="undone")
    if to_owner:
        _give_back(session, {card: moved[card] for card in to_owner}, place, actor_id)
    record.undone_at = place.now
    note_event(session, "move_undone", actor_id=actor_id, subject="mass_move", subject_id=move_id, n=len(back))
    session.flush()
    return len(back)


@dataclass(frozen=True, slots=True)
class _Moved:
    """One card of a MassMove: whose it was and at which stage, who got it, the version that the move gave it."""

    owner: int | None
    stage: int
    target: int
    version: int = 0

    def is_untouched(self, card: Any) -> bool:
        return bool(card.operator_id == self.target and card.version == self.version)


def _give_back(session: Session, cards: dict[int, _Moved], place: Place, actor_id: int) -> None:
    """The cards and their call-backs return to those who had them; the counters follow."""
    ids = list(cards)
    values = {
        "ids": ids,
        "owners": [cards[card].owner for card in ids],
        "stages": [cards[card].stage for card in ids],
        "now": place.now,
        "actor": actor_id,
    }
    counters.leave(session, ids)
    end_assignments(session, ids, place.now, "undone")
    session.execute(
        text("""
        UPDATE card c SET operator_id = n.owner, stage = n.stage, assigned_at = :now, version = c.version + 1
        FROM unnest(CAST(:ids AS bigint[]), CAST(:owners AS int[]), CAST(:stages AS int[])) AS n(id, owner, stage)
        WHERE c.id = n.id
        """),
        values,
    )
    session.execute(
        text("""
        INSERT INTO assignment (card_id, operator_id, from_at, by_id, why)
        SELECT n.id, n.owner, :now, :actor, 'undone'
        FROM unnest(CAST(:ids AS bigint[]), CAST(:owners AS int[])) AS n(id, owner)
        """),
        values,
    )
    session.execute(
        text("""
        UPDATE callback b SET operator_id = n.owner
        FROM unnest(CAST(:ids AS bigint[]), CAST(:owners AS int[])) AS n(id, owner)
        WHERE b.card_id = n.id AND b.done_at IS NULL AND b.operator_id IS NOT NULL
        """),
        values,
    )
    enter(session, ids, place, by_day=False)


def _uncount(session: Session, gone: Counter[int], place: Place, moved_at: datetime) -> None:
    """What was undone was never given: the receivers' hour and day have their room back."""
    session.execute(
        text("""
        UPDATE operator_profile p
        SET hour_n = CASE WHEN p.hour_at = :hour THEN GREATEST(p.hour_n - n.n, 0) ELSE p.hour_n END,
            day_n = CASE WHEN p.day_on = :day THEN GREATEST(p.day_n - n.n, 0) ELSE p.day_n END
        FROM unnest(CAST(:users AS int[]), CAST(:counts AS int[])) AS n(user_id, n) WHERE p.user_id = n.user_id
        """),
        {
            "users": list(gone),
            "counts": list(gone.values()),
            "hour": counters.company_hour(moved_at),
            "day": counters.company_day(moved_at, place.zone),
        },
    )


__all__ = ["IN_WORK", "Place", "claim_next", "close", "move", "plan_move", "return_overdue", "take", "to_pool"]
