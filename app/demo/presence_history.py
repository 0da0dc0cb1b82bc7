"""Who was at work in the month before the demonstration began, told by the calls: talking, wrap-up, ready, lunch."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

# A talk, the time to finish it, and the line until the next call; a wait longer than that was lunch. Evenings are away.
_STATES = """
  WITH told AS (
    SELECT operator_id, created_at, ended_at,
           ended_at + (20 + id % 90) * interval '1 second' AS finished_at,
           lead(created_at) OVER (PARTITION BY operator_id, (created_at AT TIME ZONE :zone)::date ORDER BY created_at)
             AS next_at
    FROM call WHERE state = 'ended' AND operator_id IS NOT NULL)
  INSERT INTO operator_state (user_id, state, reason, since, until)
  SELECT t.operator_id, s.state, s.reason, s.since, s.until
  FROM told t, LATERAL (VALUES
    ('talking', '', t.created_at, t.ended_at),
    ('wrap_up', '', t.ended_at, least(t.finished_at, coalesce(t.next_at, t.finished_at))),
    (CASE WHEN t.next_at > t.finished_at + interval '22 minutes' THEN 'paused' ELSE 'ready' END,
     CASE WHEN t.next_at > t.finished_at + interval '22 minutes' THEN 'Обед' ELSE '' END, t.finished_at, t.next_at)
  ) AS s(state, reason, since, until)
  WHERE s.until > s.since
"""


def install(session: Session, zone: str) -> int:
    """Once, after the month of calls. Returns how many were written."""
    if session.execute(text("SELECT 1 FROM operator_state WHERE until IS NOT NULL LIMIT 1")).first() is not None:
        return 0
    return int(session.execute(text(_STATES), {"zone": zone}).rowcount)  # type: ignore[attr-defined]
