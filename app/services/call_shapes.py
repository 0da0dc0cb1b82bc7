"""How calls of a day or of a campaign went: rings, talks, finishing, answers; what a simulated shift is made of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

MOST = 5000  # the latest so many calls tell enough of a campaign


@dataclass(frozen=True, slots=True)
class CallShapes:
    """In seconds; each list is what was measured, in no order."""

    rings: list[float]
    silences: list[float]
    talks: list[float]
    wraps: list[float]
    machines_n: int
    operators_n: int

    @property
    def calls_n(self) -> int:
        return len(self.rings) + len(self.silences) + self.machines_n

    @property
    def answer_rate(self) -> float:
        return len(self.rings) / self.calls_n if self.calls_n else 0.0


def of_day(session: Session, day: date, zone: str) -> CallShapes:
    """All outgoing calls of a day of the company's time."""
    since = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))
    return _shapes(session, since=since, until=since + timedelta(days=1), campaign_id=None)


def of_campaign(session: Session, campaign_id: int, now: datetime) -> CallShapes:
    """The campaign's own last calls, of two weeks at most."""
    return _shapes(session, since=now - timedelta(days=14), until=now, campaign_id=campaign_id)


def _shapes(session: Session, *, since: datetime, until: datetime, campaign_id: int | None) -> CallShapes:
    values = {"since": since, "until": until, "campaign_id": campaign_id, "most": MOST}
    calls = session.execute(_CALLS, values).all()
    people = {row.operator_id for row in calls if row.operator_id is not None}
    wraps = session.execute(_WRAPS, {"since": since, "until": until, "people": list(people), "most": MOST}).scalars()
    persons = [row for row in calls if row.outcome == "answered"]
    return CallShapes(
        rings=[row.ring_s for row in persons],
        silences=[row.ring_s for row in calls if row.outcome not in ("answered", "machine")],
        talks=[row.talk_s for row in persons],
        wraps=[float(seconds) for seconds in wraps],
        machines_n=sum(row.outcome == "machine" for row in calls),
        operators_n=len(people),
    )


# What failed by our own fault, or was called off before it rang, says nothing of sellers.
_CALLS = text("""
  SELECT outcome, operator_id, COALESCE(ring_ms, 0) / 1000.0::float AS ring_s,
         COALESCE(talk_ms, 0) / 1000.0::float AS talk_s
  FROM call c
  WHERE created_at >= :since AND created_at < :until AND state = 'ended' AND type NOT IN ('incoming', 'internal')
    AND outcome NOT IN ('failed', 'cancelled')
    AND (CAST(:campaign_id AS int) IS NULL
         OR EXISTS (SELECT 1 FROM campaign_dial d WHERE d.call_id = c.id AND d.campaign_id = :campaign_id))
  ORDER BY created_at DESC LIMIT :most
""")
_WRAPS = text("""
  SELECT extract(epoch FROM until - since)::float FROM operator_state
  WHERE state = 'wrap_up' AND until IS NOT NULL AND since >= :since AND since < :until AND user_id = ANY(:people)
  ORDER BY since DESC LIMIT :most
""")
