"""Whom does an operator call next in a campaign: one statement over the pool, without a list made beforehand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.calling_rules import CallRules
from app.services.claiming import CLOSED_NOW, COUNT_ONE, HAS_ROOM, count_for_filter
from app.services.distribution import Place

# The seller's clock is that of the ad's city; a phone tells nothing about where its owner is.
_LOCAL = "(:now AT TIME ZONE COALESCE(city.timezone, NULLIF(region.timezone, ''), 'Europe/Moscow'))"
# As domain.calling_rules says it; the dial itself asks that once more, so this only spares the operator a refusal.
_TRIES = """
  SELECT count(*) FILTER (WHERE (t.created_at AT TIME ZONE z.name)::date = z.local::date) AS day_n,
         count(*) FILTER (WHERE t.in_vain) AS vain_n, max(t.created_at) FILTER (WHERE t.in_vain) AS last_at,
         COALESCE(bool_or(t.in_vain AND (t.created_at AT TIME ZONE z.name)::date = z.local::date
           AND width_bucket(extract(hour FROM t.created_at AT TIME ZONE z.name)::int, ARRAY[12, 17])
             = width_bucket(extract(hour FROM z.local)::int, ARRAY[12, 17])), false) AS part_tried
  FROM (SELECT c.created_at, c.outcome <> 'answered' AND NOT COALESCE(bool_or(c.outcome = 'answered') OVER (
            ORDER BY c.created_at DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), false) AS in_vain
        FROM call c WHERE c.phone = p.phone AND c.type NOT IN ('incoming', 'internal') AND c.state = 'ended'
          AND c.outcome <> 'failed' AND (c.outcome <> 'cancelled' OR c.ringing_at IS NOT NULL)) t
"""
# A value and no EXISTS: that would be made a join, and the whole pool be judged before the best of it is taken.
_MAY_BE_CALLED = f"""
  COALESCE((
    SELECT true FROM vehicle v LEFT JOIN city ON city.id = v.city_id LEFT JOIN region ON region.id = v.region_id,
      LATERAL (SELECT COALESCE(city.timezone, NULLIF(region.timezone, ''), 'Europe/Moscow') AS name,
                      {_LOCAL} AS local) z
    WHERE v.id = k.vehicle_id
      AND extract(hour FROM z.local) >= :hours_from AND extract(hour FROM z.local) < :hours_to
      AND extract(isodow FROM z.local)::int - 1 = ANY(CAST(:weekdays AS int[]))
      AND NOT (to_char(z.local, 'MM-DD') = ANY(CAST(:holidays AS text[])))
      AND EXISTS (
        SELECT 1 FROM ad a, unnest(a.phones) AS p(phone), LATERAL ({_TRIES}) n
        WHERE a.vehicle_id = v.id AND a.state = 'active'
          AND NOT EXISTS (SELECT 1 FROM call WHERE phone = p.phone AND state <> 'ended'
                          AND type NOT IN ('incoming', 'internal'))
          AND NOT EXISTS (SELECT 1 FROM do_not_call d WHERE d.phone = p.phone AND (d.until IS NULL OR d.until > :now))
          AND (:day_cap = 0 OR n.day_n < :day_cap) AND (:life_cap = 0 OR n.vain_n < :life_cap)
          AND (n.last_at IS NULL OR n.last_at <= :now - make_interval(secs => :gap_s))
          AND NOT (:is_spread AND n.part_tried)) LIMIT 1), false)
"""  # noqa: S608  the parts are the constants above

# The operator's own call-back that is due goes first. Of each filter's pool the best card is locked past others'; the
# best of these is taken. The conditions of the pool are literal, as its index needs them.
_GIVE = text(f"""
  WITH o AS (
    SELECT p.user_id, p.group_id FROM operator_profile p WHERE p.user_id = :operator_id AND {HAS_ROOM} FOR UPDATE
  ), due AS (
    SELECT k.id FROM card k JOIN campaign_target t ON t.card_id = k.id AND t.campaign_id = :campaign_id
    WHERE k.operator_id = :operator_id AND k.stage = 3 AND k.next_call_at <= :now AND {_MAY_BE_CALLED}
    ORDER BY k.next_call_at LIMIT 1
  ), best AS (
    SELECT pool.id FROM campaign_filter f JOIN ad_filter w ON w.id = f.filter_id, LATERAL (
      SELECT k.id, k.rank FROM card k
      WHERE k.filter_id = f.filter_id AND k.stage = 0 AND k.filter_id IS NOT NULL AND k.for_operator_id IS NULL
        AND NOT (k.id = ANY(ARRAY(
          SELECT card_id FROM assignment WHERE operator_id = :operator_id AND until_at > :let_go_since
            AND ended_why IN ('timeout', 'untouched', 'skipped'))))
        AND {_MAY_BE_CALLED}
      ORDER BY k.rank DESC, k.id LIMIT 1 FOR UPDATE OF k SKIP LOCKED) pool
    WHERE f.campaign_id = :campaign_id AND EXISTS (SELECT 1 FROM o) AND NOT EXISTS (SELECT 1 FROM due) AND :from_pool
      AND (w.open_cap IS NULL OR w.open_n < w.open_cap)
      AND (w.day_cap IS NULL OR (CASE WHEN w.day_on = :day THEN w.day_n ELSE 0 END) < w.day_cap)
      AND NOT (w.id = ANY(ARRAY({CLOSED_NOW})))
    ORDER BY pool.rank DESC, pool.id LIMIT 1
  ), n AS (
    UPDATE operator_profile p SET {COUNT_ONE} WHERE p.user_id = :operator_id AND EXISTS (SELECT 1 FROM best)
  ), a AS (
    INSERT INTO assignment (card_id, operator_id, group_id, from_at, taken_at, by_id, why)
    SELECT best.id, :operator_id, (SELECT group_id FROM o), :now, :now, :operator_id, 'taken' FROM best
  ), g AS (
    INSERT INTO campaign_target (card_id, campaign_id, operator_id, given_at)
    SELECT best.id, :campaign_id, :operator_id, :now FROM best
    ON CONFLICT (card_id) DO UPDATE SET campaign_id = EXCLUDED.campaign_id, operator_id = EXCLUDED.operator_id,
      given_at = EXCLUDED.given_at, called_at = NULL
  ), taken AS (
    UPDATE card SET stage = 2, operator_id = :operator_id, assigned_at = :now, taken_at = :now, version = version + 1
    FROM best WHERE card.id = best.id RETURNING card.id, card.filter_id
  )
  SELECT id, NULL AS filter_id FROM due UNION ALL SELECT id, filter_id FROM taken
""")  # noqa: S608  the parts are the constants above


def give_next(session: Session, campaign_id: int, place: Place, rules: CallRules, *, from_pool: bool) -> int | None:
    """The card to call now, in the operator's work; None when nobody may be called."""
    values = place.values(campaign_id=campaign_id, from_pool=from_pool, **_values(rules))
    for _ in range(20):  # a filter may fill up between the look and the claim; then the next look leaves it out
        attempt = session.begin_nested()
        row = session.execute(_GIVE, values).one_or_none()
        if row is None or row.filter_id is None or count_for_filter(session, row.filter_id, place):
            attempt.commit()
            return int(row.id) if row is not None else None
        attempt.rollback()
    return None


def _values(rules: CallRules) -> dict[str, object]:
    return {
        "hours_from": rules.hours[0],
        "hours_to": rules.hours[1],
        "day_cap": rules.day_cap,
        "life_cap": rules.life_cap,
        "gap_s": rules.gap.total_seconds(),
        "is_spread": rules.is_spread,
        "weekdays": sorted(rules.weekdays),
        "holidays": [f"{month:02d}-{day:02d}" for month, day in rules.holidays],
    }


def waiting(session: Session, campaign_id: int, now: datetime, rules: CallRules) -> tuple[bool, bool]:
    """Is anything left in the pool of the campaign, and may any of it be called now?"""
    row = session.execute(
        text(f"""
        SELECT EXISTS (SELECT 1 FROM campaign_filter f JOIN card k ON k.filter_id = f.filter_id AND k.stage = 0
                       AND k.for_operator_id IS NULL WHERE f.campaign_id = :campaign_id) AS any_left,
               EXISTS (SELECT 1 FROM campaign_filter f JOIN card k ON k.filter_id = f.filter_id AND k.stage = 0
                       AND k.for_operator_id IS NULL WHERE f.campaign_id = :campaign_id AND {_MAY_BE_CALLED}) AS any_now
        """),  # noqa: S608  the condition is the constant above
        {"campaign_id": campaign_id, "now": now, **_values(rules)},
    ).one()
    return row.any_left, row.any_now
