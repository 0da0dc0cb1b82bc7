"""Orders on their way to telephony: each is handed over once, and none that has waited too long."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app import settings
from app.domain.call_outcomes import Folded
from app.domain.dialling import dialled
from app.models import Call
from app.services import call_closing, recordings, stop_list
from app.services.line_choice import MOSCOW
from app.telephony.orders import ClickOrder, LiveOrder

# Nobody wants to be rung back by a call that he asked for and forgot.
STALE = timedelta(seconds=15)
AT_ONCE = 100


def claim_orders(session: Session, asterisk_id: int, now: datetime, zone: str = MOSCOW) -> list[ClickOrder | LiveOrder]:
    """What telephony does next. The caller commits first and acts then; a lost claim is nobody's call."""
    expire(session, now, zone, asterisk_id=asterisk_id)
    return [*_calls(session, asterisk_id, now, zone), *_of_live_calls(session, asterisk_id, now)]


def expire(session: Session, now: datetime, zone: str, *, asterisk_id: int | None = None) -> int:
    """End what nobody has fetched in time: it is never dialled late. Returns how many calls."""
    values = {"server": asterisk_id, "before": now - STALE, "now": now}
    session.execute(
        text("""
        UPDATE call_order SET claimed_at = :now, done_at = :now, trouble = 'telephony_down'
        WHERE done_at IS NULL AND claimed_at IS NULL AND asked_at < :before
          AND (CAST(:server AS int) IS NULL OR asterisk_id = :server)
        """),
        values,
    )
    stale = session.execute(
        text("""
        SELECT id FROM call WHERE state = 'asked' AND created_at < :before
          AND (CAST(:server AS int) IS NULL OR asterisk_id = :server) ORDER BY id FOR UPDATE SKIP LOCKED
        """),
        values,
    ).scalars()
    ids = list(stale)
    for call_id in ids:
        _fail(session, call_id, "telephony_down", now, zone)
    return len(ids)


def _calls(session: Session, asterisk_id: int, now: datetime, zone: str) -> list[ClickOrder]:
    rows = session.execute(_ASKED, {"server": asterisk_id, "n": AT_ONCE}).all()
    if not rows:
        return []
    # The last look at the stop list, a moment before the number is dialled.
    stopped = stop_list.stopped(session, [row.phone for row in rows], now)
    good = []
    for row in rows:
        if row.phone in stopped:
            _fail(session, row.id, "do_not_call", now, zone)
        elif row.extension is None:
            _fail(session, row.id, "phone_none", now, zone)
        elif row.endpoint is None:
            _fail(session, row.id, "no_line", now, zone)
        else:
            good.append(row)
    session.execute(
        text("UPDATE call SET state = 'sent', sent_at = :now WHERE id = ANY(:ids)"),
        {"now": now, "ids": [row.id for row in good]},
    )
    is_recorded, notice = recordings.is_on(session, asterisk_id), recordings.has_notice(session)
    operator_ring_s = int(settings.get(session, "operator_ring_s"))
    return [_click(row, is_recorded, notice and is_recorded, operator_ring_s) for row in good]


_ASKED = text("""
  SELECT c.id, c.link, c.phone, c.caller_number, a.extension, t.endpoint, t.number_format, t.ring_s,
         COALESCE(d.digits, '') AS digits
  FROM call c LEFT JOIN phone_account a ON a.user_id = c.operator_id AND a.asterisk_id = c.asterisk_id
  LEFT JOIN trunk t ON t.id = c.trunk_id AND t.asterisk_id = c.asterisk_id LEFT JOIN dial_prefix d ON d.id = c.prefix_id
  WHERE c.asterisk_id = :server AND c.state = 'asked' AND c.type NOT IN ('incoming', 'internal')
  ORDER BY c.id LIMIT :n FOR UPDATE OF c SKIP LOCKED
""")


def _click(row: Row[Any], is_recorded: bool, notice: bool, operator_ring_s: int) -> ClickOrder:
    return ClickOrder(
        link=row.link,
        extension=row.extension,
        phone=row.phone,
        trunk_endpoint=row.endpoint,
        dialled=dialled(row.phone, row.number_format, row.digits),
        caller_number=row.caller_number,
        ring_s=row.ring_s,
        operator_ring_s=operator_ring_s,
        is_recorded=is_recorded,
        notice=notice,
    )


def _fail(session: Session, call_id: int, trouble: str, now: datetime, zone: str) -> None:
    """The number was not dialled: no failure of a line, no try of a seller."""
    call = session.get_one(Call, call_id, populate_existing=True)
    call_closing.write(session, call, Folded(state="ended", ended_at=now, outcome="failed", trouble=trouble), now, zone)


def _of_live_calls(session: Session, asterisk_id: int, now: datetime) -> list[LiveOrder]:
    rows = session.execute(
        text("""
        UPDATE call_order o SET claimed_at = :now FROM (
          SELECT id FROM call_order WHERE asterisk_id = :server AND done_at IS NULL AND claimed_at IS NULL
          ORDER BY id LIMIT :n FOR UPDATE SKIP LOCKED) mine
        WHERE o.id = mine.id
        RETURNING o.id, o.verb, o.args, COALESCE((SELECT link FROM call WHERE id = o.call_id), '') AS link
        """),
        {"server": asterisk_id, "now": now, "n": AT_ONCE},
    ).all()
    return [LiveOrder(row.id, row.verb, row.link, dict(row.args)) for row in sorted(rows, key=lambda row: row.id)]


def finish_order(session: Session, order_id: int, now: datetime, *, trouble: str = "", answer: str = "") -> None:
    """What became of an order, told once."""
    session.execute(
        text("""
        UPDATE call_order SET done_at = :now, trouble = :trouble, answer = :answer
        WHERE id = :id AND done_at IS NULL
        """),
        {"id": order_id, "now": now, "trouble": trouble[:64], "answer": answer[:500]},
    )
