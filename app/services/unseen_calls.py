"""Calls that rang while our own process was away, found in the records of the exchange: nobody's call is lost."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.phones import read_phone
from app.models import Call
from app.services import caller_cards, missed_calls
from app.services.callers import number_of, seller_of, whose_call

SETTLED = timedelta(minutes=1)  # the process may yet tell of the call itself
LOOKED_BACK = timedelta(days=2)
AT_ONCE = 200


def write_down(session: Session, now: datetime, zone: str) -> dict[str, int]:
    """One batch. A link that has a call already was seen; a caller whom nobody answered becomes a call-back."""
    rows = session.execute(
        text("""
        SELECT d.linkedid AS link, min(d.src) AS caller, max(d.pz_called) AS called, min(d.start) AS began,
               max(d."end") AS ended, COALESCE(max(d.pz_talk_ms), 0) AS talk_ms, max(d.pz_rec) AS recording
        FROM cdr d WHERE d.pz_kind = 'in' AND d.stored_at > :since AND d.stored_at < :settled
          AND d.linkedid <> '' AND NOT EXISTS (SELECT 1 FROM call c WHERE c.link = d.linkedid)
        GROUP BY d.linkedid ORDER BY min(d.start) LIMIT :n
        """),
        {"since": now - LOOKED_BACK, "settled": now - SETTLED, "n": AT_ONCE},
    ).all()
    missed = 0
    for row in rows:
        call = _call_of(session, row, now)
        if call is not None and call.outcome == "no_answer":
            missed += missed_calls.to_callback(session, call, now, zone)
    return {"found": len(rows), "missed": missed}


def _call_of(session: Session, row: Row[tuple[object, ...]], now: datetime) -> Call | None:
    phone, called = number_of(row.caller or ""), number_of(row.called or "")
    server = _server_of(session, called)
    if server is None:
        return None
    card_id = whose_call(session, phone, called, row.began).card_id
    if card_id is None and (ours := read_phone(phone).number) is not None:
        card_id = caller_cards.open_for(session, ours, now)
    answered = row.talk_ms > 0
    call = Call(
        link=row.link, type="incoming", state="ended", asterisk_id=server, phone=phone, caller_number=called,
        card_id=card_id, seller_id=seller_of(session, card_id), created_at=row.began, ringing_at=row.began,
        ended_at=row.ended, outcome="answered" if answered else "no_answer", talk_ms=row.talk_ms if answered else None,
        answered_at=row.ended - timedelta(milliseconds=row.talk_ms) if answered else None,
        recording=row.recording or "",
    )  # fmt: skip
    session.add(call)
    session.flush()
    return call


def _server_of(session: Session, called: str) -> int | None:
    """The server whose line has the number that was rung; the records themselves do not name theirs."""
    return session.execute(
        text("""
        SELECT a.id FROM asterisk a ORDER BY EXISTS (
          SELECT 1 FROM caller_number n JOIN trunk t ON t.id = n.trunk_id
          WHERE t.asterisk_id = a.id AND n.phone = :called) DESC, a.is_enabled DESC, a.id LIMIT 1
        """),
        {"called": called},
    ).scalar()
