"""An operator takes the best card of the pool: one statement, exact by locks however many ask at once."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.services.distribution import Place, refuse_when_full

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
CLOSED_NOW = """
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
_LET_GO = """
  SELECT card_id FROM assignment
  WHERE operator_id = :operator_id AND until_at > :let_go_since AND ended_why IN ('timeout', 'untouched', 'skipped')
"""

_CLAIM_SQL = f"""
  WITH o AS (
    SELECT p.user_id FROM operator_profile p WHERE p.user_id = :operator_id AND {HAS_ROOM} FOR UPDATE
  ), no_room AS (
    SELECT id FROM ad_filter WHERE open_n >= open_cap OR (CASE WHEN day_on = :day THEN day_n ELSE 0 END) >= day_cap
    UNION ALL {CLOSED_NOW} UNION ALL SELECT unnest(CAST(:left_out AS int[]))
  ), let_go AS ({_LET_GO}), {", ".join(_pool_sql(name) for name in _POOLS)}, c AS (
    {" UNION ALL ".join(f"SELECT id, filter_id FROM {name}" for name in _POOLS)}
  ), n AS (
    UPDATE operator_profile p SET {COUNT_ONE} WHERE p.user_id = :operator_id AND EXISTS (SELECT 1 FROM c)
  ), a AS (
    INSERT INTO assignment (card_id, operator_id, group_id, from_at, taken_at, by_id, why)
    SELECT c.id, :operator_id, :group_id, :now, :now, :operator_id, 'taken' FROM c
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
    return list(session.execute(text(CLOSED_NOW), Place(0, None, now, zone).values()).scalars())


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
