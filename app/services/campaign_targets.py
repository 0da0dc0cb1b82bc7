"""Whom does an operator call next in a campaign: one question to the pool, without a list made beforehand."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.calling_rules import CallRules
from app.services.campaign_choice import CHOICE, DEEPEST, LOCAL, MAY_BE_CALLED
from app.services.claiming import count_for_filter
from app.services.distribution import Place

_GIVE = text(CHOICE)


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
    """Is anything left in the pool, and may any of it be called now? Looks as deep as the choice does."""
    row = session.execute(_WAITING, {"campaign_id": campaign_id, "now": now, **_values(rules)}).one()
    return row.any_left, row.any_now


_WAITING = text(f"""
  SELECT EXISTS (SELECT 1 FROM campaign_filter f JOIN card k ON k.filter_id = f.filter_id AND k.stage = 0
                 AND k.for_operator_id IS NULL WHERE f.campaign_id = :campaign_id) AS any_left,
         EXISTS (SELECT 1 FROM campaign_filter f, LATERAL (
                   SELECT k.id, k.vehicle_id FROM card k
                   WHERE k.filter_id = f.filter_id AND k.stage = 0 AND k.filter_id IS NOT NULL
                     AND k.for_operator_id IS NULL
                   ORDER BY k.rank DESC, k.id LIMIT {DEEPEST}) k
                 WHERE f.campaign_id = :campaign_id AND {MAY_BE_CALLED}) AS any_now
""")  # noqa: S608  the parts are constants


def what_stands_in_the_way(session: Session, campaign_id: int, now: datetime, rules: CallRules) -> dict[str, int]:
    """Of the best in the pools: how many each rule keeps from being called. What is left has been called enough."""
    row = session.execute(_IN_THE_WAY, {"campaign_id": campaign_id, "now": now, **_values(rules)}).one()
    return {name: int(value) for name, value in row._mapping.items()}


SAMPLE = 200
_IN_THE_WAY = text(f"""
  SELECT count(*) AS n, count(*) FILTER (WHERE why = 1) AS hours, count(*) FILTER (WHERE why = 2) AS gone,
         count(*) FILTER (WHERE why = 3) AS stopped, count(*) FILTER (WHERE why = 4) AS busy,
         count(*) FILTER (WHERE why = 5) AS often
  FROM (
    SELECT CASE
      WHEN extract(hour FROM local) < :hours_from OR extract(hour FROM local) >= :hours_to
        OR extract(isodow FROM local)::int - 1 <> ALL(CAST(:weekdays AS int[]))
        OR to_char(local, 'MM-DD') = ANY(CAST(:holidays AS text[])) THEN 1
      WHEN p.n = 0 THEN 2 WHEN p.stopped_n = p.n THEN 3 WHEN p.busy_n > 0 THEN 4 ELSE 5 END AS why
    FROM (
      SELECT k.vehicle_id FROM campaign_filter f, LATERAL (
        SELECT k.vehicle_id, k.rank, k.id FROM card k
        WHERE k.filter_id = f.filter_id AND k.stage = 0 AND k.filter_id IS NOT NULL AND k.for_operator_id IS NULL
        ORDER BY k.rank DESC, k.id LIMIT {SAMPLE}) k
      WHERE f.campaign_id = :campaign_id ORDER BY k.rank DESC, k.id LIMIT {SAMPLE}
    ) k JOIN vehicle v ON v.id = k.vehicle_id LEFT JOIN city ON city.id = v.city_id
    LEFT JOIN region ON region.id = v.region_id, LATERAL (SELECT {LOCAL} AS local) z, LATERAL (
      SELECT count(*) AS n,
             count(*) FILTER (WHERE EXISTS (SELECT 1 FROM do_not_call d
               WHERE d.phone = p.phone AND (d.until IS NULL OR d.until > :now))) AS stopped_n,
             count(*) FILTER (WHERE EXISTS (SELECT 1 FROM call WHERE phone = p.phone AND state <> 'ended'
               AND type NOT IN ('incoming', 'internal'))) AS busy_n
      FROM ad a, unnest(a.phones) AS p(phone) WHERE a.vehicle_id = v.id AND a.state = 'active') p
  ) t
""")  # noqa: S608  the parts are constants
