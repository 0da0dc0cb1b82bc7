"""The choice of a campaign's next target, as a function of the database: there its plans are kept.

The pools of the filters are merged from their heads: a few of the best of each are looked at, in the order of their
ranks, and judged one by one until one may be called. Only when none may is more of each pool looked at.
"""

from __future__ import annotations

import hashlib
import re

from app.services.claiming import CLOSED_NOW, COUNT_ONE, HAS_ROOM

# The seller's clock is that of the ad's city; a phone tells nothing about where its owner is.
LOCAL = "(:now AT TIME ZONE COALESCE(city.timezone, NULLIF(region.timezone, ''), 'Europe/Moscow'))"
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
MAY_BE_CALLED = f"""
  COALESCE((
    SELECT true FROM vehicle v LEFT JOIN city ON city.id = v.city_id LEFT JOIN region ON region.id = v.region_id,
      LATERAL (SELECT COALESCE(city.timezone, NULLIF(region.timezone, ''), 'Europe/Moscow') AS name,
                      {LOCAL} AS local) z
    WHERE v.id = k.vehicle_id
      AND extract(hour FROM z.local) >= :hours_from AND extract(hour FROM z.local) < :hours_to
      AND extract(isodow FROM z.local)::int - 1 = ANY(CAST(:weekdays AS int[]))
      AND NOT (to_char(z.local, 'MM-DD') = ANY(CAST(:holidays AS text[])))
      AND EXISTS (
        SELECT 1 FROM ad a, unnest(a.phones) AS p(phone), LATERAL ({_TRIES}) n
        WHERE a.vehicle_id = v.id AND a.state = 'active'
          AND (SELECT 1 FROM call WHERE phone = p.phone AND state <> 'ended'
               AND type NOT IN ('incoming', 'internal') LIMIT 1) IS NULL
          AND (SELECT 1 FROM do_not_call d WHERE d.phone = p.phone AND (d.until IS NULL OR d.until > :now)
               LIMIT 1) IS NULL
          AND (:day_cap = 0 OR n.day_n < :day_cap) AND (:life_cap = 0 OR n.vain_n < :life_cap)
          AND (n.last_at IS NULL OR n.last_at <= :now - make_interval(secs => :gap_s))
          AND NOT (:is_spread AND n.part_tried)) LIMIT 1), false)
"""  # noqa: S608  the parts are the constants above

CHOICE_VALUES = {
    "campaign_id": "int", "operator_id": "int", "now": "timestamptz", "hour": "timestamptz", "day": "date",
    "let_go_since": "timestamptz", "weekday": "int", "clock": "time", "from_pool": "boolean", "hours_from": "int",
    "hours_to": "int", "weekdays": "int[]", "holidays": "text[]", "day_cap": "int", "life_cap": "int",
    "gap_s": "float8", "is_spread": "boolean",
}  # fmt: skip

# The most of one filter's pool that one question looks through: a night is no reason to judge a million sellers.
DEEPEST = 16_384
# The operator's own call-back that is due goes first; it is in his hands already, so that nothing is counted. A target
# below the last one seen of some longer pool is not yet known to be the best: then more of the pools is looked at.
_BODY = f"""
#variable_conflict use_column
DECLARE
  its_group int; its_card bigint; its_filter int; its_pools int[]; its_let_go bigint[];
  its_depth int := 8; its_floor bigint; its_spot record;
BEGIN
  SELECT p.group_id INTO its_group FROM operator_profile p WHERE p.user_id = :operator_id AND {HAS_ROOM} FOR UPDATE;
  its_pools := CASE WHEN FOUND AND :from_pool THEN ARRAY(
    SELECT w.id FROM campaign_filter f JOIN ad_filter w ON w.id = f.filter_id
    WHERE f.campaign_id = :campaign_id AND (w.open_cap IS NULL OR w.open_n < w.open_cap)
      AND (w.day_cap IS NULL OR (CASE WHEN w.day_on = :day THEN w.day_n ELSE 0 END) < w.day_cap)
      AND NOT (w.id = ANY(ARRAY({CLOSED_NOW})))) END;
  SELECT k.id INTO its_card FROM card k JOIN campaign_target t ON t.card_id = k.id AND t.campaign_id = :campaign_id
  WHERE k.operator_id = :operator_id AND k.stage = 3 AND k.next_call_at <= :now AND {MAY_BE_CALLED}
  ORDER BY k.next_call_at LIMIT 1;
  IF FOUND THEN RETURN QUERY SELECT its_card, NULL::int; RETURN; END IF;
  its_let_go := ARRAY(SELECT card_id FROM assignment WHERE operator_id = :operator_id AND until_at > :let_go_since
                      AND ended_why IN ('timeout', 'untouched', 'skipped'));
  LOOP
    its_floor := NULL;
    FOR its_spot IN
      SELECT x.id, x.rank, max(x.rank) FILTER (WHERE x.n = its_depth) OVER () AS floor
      FROM unnest(its_pools) AS f(filter), LATERAL (
        SELECT k.id, k.rank, row_number() OVER (ORDER BY k.rank DESC, k.id) AS n FROM card k
        WHERE k.filter_id = f.filter AND k.stage = 0 AND k.filter_id IS NOT NULL AND k.for_operator_id IS NULL
        ORDER BY k.rank DESC, k.id LIMIT its_depth) x
      ORDER BY x.rank DESC, x.id
    LOOP
      its_floor := its_spot.floor;
      EXIT WHEN its_spot.rank < its_floor;
      CONTINUE WHEN its_spot.id = ANY(its_let_go);
      SELECT k.id, k.filter_id INTO its_card, its_filter FROM card k
      WHERE k.id = its_spot.id AND k.stage = 0 AND k.for_operator_id IS NULL AND k.filter_id = ANY(its_pools)
        AND {MAY_BE_CALLED} FOR UPDATE SKIP LOCKED;
      EXIT WHEN FOUND;
    END LOOP;
    EXIT WHEN its_card IS NOT NULL OR its_floor IS NULL OR its_depth >= {DEEPEST};
    its_depth := its_depth * 8;
  END LOOP;
  IF its_card IS NULL THEN RETURN; END IF;
  UPDATE operator_profile p SET {COUNT_ONE} WHERE p.user_id = :operator_id;
  INSERT INTO assignment (card_id, operator_id, group_id, from_at, taken_at, by_id, why)
    VALUES (its_card, :operator_id, its_group, :now, :now, :operator_id, 'taken');
  INSERT INTO campaign_target (card_id, campaign_id, operator_id, given_at)
    VALUES (its_card, :campaign_id, :operator_id, :now)
    ON CONFLICT (card_id) DO UPDATE SET campaign_id = EXCLUDED.campaign_id, operator_id = EXCLUDED.operator_id,
      given_at = EXCLUDED.given_at, called_at = NULL;
  UPDATE card SET stage = 2, operator_id = :operator_id, assigned_at = :now, taken_at = :now, version = version + 1
    WHERE card.id = its_card;
  RETURN QUERY SELECT its_card, its_filter;
END
"""  # noqa: S608  the parts are the constants above


def _choice() -> tuple[str, str]:
    """The name carries a digest, so that processes of two releases can work side by side on one database."""
    told = re.sub(rf"(?<!:):({'|'.join(CHOICE_VALUES)})\b", r"its_\1", _BODY)
    name = f"give_target_{hashlib.sha256(told.encode()).hexdigest()[:8]}"
    arguments = ", ".join(f"its_{value} {kind}" for value, kind in CHOICE_VALUES.items())
    # A plan made for any values serves all: one made for each question would cost more than the question.
    return name, (
        f"CREATE FUNCTION {name}({arguments}) RETURNS TABLE (id bigint, filter_id int) LANGUAGE plpgsql "
        f"SET plan_cache_mode = force_generic_plan AS $choice${told}$choice$"
    )


CHOICE_NAME, CHOICE_FUNCTION = _choice()
CHOICE = (
    f"SELECT id, filter_id FROM {CHOICE_NAME}"  # noqa: S608  the name is made above
    f"({', '.join(f'CAST(:{value} AS {kind})' for value, kind in CHOICE_VALUES.items())})"
)
