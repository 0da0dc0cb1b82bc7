"""By which line a call goes out, with which prefix and which number of ours: rules, the last answer, the order.

The limits of lines are counted under a lock per server, so that two askers never see the same last free channel.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.dialling import dialled
from app.domain.schedule import is_open
from app.errors import Refused
from app.services.filters import schedule_of

# Two askers of one server wait for each other; a number of our own beside the server's id.
LINE_LOCK = 724_301
MOSCOW = "Europe/Moscow"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the rules look at."""

    asterisk_id: int
    phone: str
    city_id: int | None = None
    region_id: int | None = None
    group_id: int | None = None
    campaign_id: int | None = None  # one with lines of its own takes no other


@dataclass(frozen=True, slots=True)
class Line:
    trunk_id: int
    prefix_id: int | None
    caller_number: str
    dialled: str


def choose(session: Session, wanted: Wanted, now: datetime, zone: str = MOSCOW) -> Line:
    """The first line that is open and has room. Refused: no_line, or line_full when they are only busy.

    The lock is held until the caller commits the call that takes the channel.
    """
    session.execute(
        text("SELECT pg_advisory_xact_lock(:key, :server)"), {"key": LINE_LOCK, "server": wanted.asterisk_id}
    )
    last = _last_answered(session, wanted.phone)
    rows = session.execute(_LINES, _values(wanted, now, last)).all()
    local = now.astimezone(ZoneInfo(zone))
    opened = [row for row in rows if is_open(schedule_of(row.schedule), local)]
    if not opened:
        raise Refused("no_line" if not rows else "no_line_now")
    chosen = next((row for row in opened if _has_room(row)), None)
    if chosen is None:
        raise Refused("line_full")
    prefix_id, digits = _prefix(session, chosen, wanted.phone, last)
    return Line(
        trunk_id=chosen.id,
        prefix_id=prefix_id,
        caller_number=_caller_number(session, chosen.id, wanted.phone),
        dialled=dialled(wanted.phone, chosen.number_format, digits),
    )


def _values(wanted: Wanted, now: datetime, last: Row[Any] | None) -> dict[str, Any]:
    return {
        "asterisk": wanted.asterisk_id,
        "city": wanted.city_id,
        "region": wanted.region_id,
        "group": wanted.group_id,
        "campaign": wanted.campaign_id,
        "now": now,
        "last": last.trunk_id if last is not None else None,
    }


# Lines that are on and not stopped, in the order in which they are tried, each with how full it is. A line that takes
# less than one call a second is looked at over a longer while.
_LINES = text("""
  SELECT t.id, t.schedule, t.number_format, t.max_channels, t.calls_per_second, r.prefix_id,
         (SELECT count(*) FROM call c WHERE c.trunk_id = t.id AND c.state <> 'ended') AS live_n,
         (SELECT count(*) FROM call c WHERE c.trunk_id = t.id AND c.type <> 'incoming'
             AND c.created_at > :now - make_interval(secs => GREATEST(1, 1 / t.calls_per_second))) AS second_n
  FROM trunk t
  LEFT JOIN LATERAL (
    SELECT l.position, l.id, l.prefix_id FROM line_rule l
    WHERE l.trunk_id = t.id AND l.is_enabled AND (l.city_id IS NULL OR l.city_id = :city)
      AND (l.region_id IS NULL OR l.region_id = :region) AND (l.group_id IS NULL OR l.group_id = :group)
    ORDER BY l.position, l.id LIMIT 1
  ) r ON true
  WHERE t.asterisk_id = :asterisk AND t.is_enabled AND t.stopped_at IS NULL
    AND (NOT EXISTS (SELECT 1 FROM campaign_trunk WHERE campaign_id = CAST(:campaign AS int))
         OR EXISTS (SELECT 1 FROM campaign_trunk x WHERE x.campaign_id = :campaign AND x.trunk_id = t.id))
  ORDER BY r.position NULLS LAST, r.id NULLS LAST, t.id = CAST(:last AS int) DESC NULLS LAST, t.position, t.id
""")


def _has_room(row: Row[Any]) -> bool:
    return row.live_n < row.max_channels and row.second_n < max(1, int(row.calls_per_second))


def _last_answered(session: Session, phone: str) -> Row[Any] | None:
    return session.execute(
        text("""
        SELECT trunk_id, prefix_id FROM call
        WHERE phone = :phone AND outcome = 'answered' AND type <> 'incoming' AND trunk_id IS NOT NULL
        ORDER BY created_at DESC LIMIT 1
        """),
        {"phone": phone},
    ).first()


def _prefix(session: Session, trunk: Row[Any], phone: str, last: Row[Any] | None) -> tuple[int | None, str]:
    """The rule's, else that by which the seller answered, else sellers are spread over all: reports compare them."""
    rows = session.execute(
        text("SELECT id, digits FROM dial_prefix WHERE trunk_id = :id AND is_enabled ORDER BY id"), {"id": trunk.id}
    ).all()
    if not rows:
        return None, ""
    known = {row.id: row for row in rows}
    for wanted in (trunk.prefix_id, last.prefix_id if last is not None else None):
        if wanted in known:
            return wanted, known[wanted].digits
    row = rows[_spread(phone, len(rows))]
    return row.id, row.digits


def _caller_number(session: Session, trunk_id: int, phone: str) -> str:
    """The one that this seller has seen before, while the line has it; else sellers are spread over the pool."""
    pool = list(
        session.execute(
            text("SELECT phone FROM caller_number WHERE trunk_id = :id AND is_enabled ORDER BY id"), {"id": trunk_id}
        ).scalars()
    )
    if not pool:
        return ""
    seen = session.execute(
        text("""
        SELECT caller_number FROM call WHERE phone = :phone AND type <> 'incoming' AND caller_number = ANY(:pool)
        ORDER BY created_at DESC LIMIT 1
        """),
        {"phone": phone, "pool": pool},
    ).scalar()
    return str(seen or pool[_spread(phone, len(pool))])


def _spread(phone: str, n: int) -> int:
    return zlib.crc32(phone.encode()) % n
