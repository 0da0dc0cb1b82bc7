"""An incoming call that nobody answered becomes a call-back that is overdue at once: one per card."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.phones import show_phone
from app.models import Call, Card
from app.services import caller_cards, stop_list
from app.services.callbacks import seller_zone

# What is written on the card: text of a Russian company, as its operators write it.
NOTE = "Пропущенный звонок {time}, номер {phone}"
AGAIN = ", ещё раз {time}"
HIDDEN = "скрыт"
LONGEST = 1000


def to_callback(session: Session, call: Call, now: datetime, zone: str) -> bool:
    """The card's call-back is due now, with the number and the time in its note. False: there is nothing to call."""
    if call.card_id is None:
        return False
    at = call.created_at.astimezone(ZoneInfo(zone)).strftime("%d.%m %H:%M")
    note = NOTE.format(time=at, phone=show_phone(call.phone) or HIDDEN)
    owner = _owner(session, call)
    is_stopped = bool(stop_list.stopped(session, [call.phone], now))
    if owner is None or is_stopped or not caller_cards.give(session, call.card_id, owner, now, zone):
        session.execute(
            text("INSERT INTO note (card_id, text, at) VALUES (:card, :note, :now)"),
            {"card": call.card_id, "note": note, "now": now},
        )
        return False
    card = session.get_one(Card, call.card_id)
    if not _added(session, card, AGAIN.format(time=at), now):
        _plan(session, card, call, note, now)
    return True


def _added(session: Session, card: Card, words: str, now: datetime) -> bool:
    """He has rung before and nobody has called back since: the same call-back tells of this time too."""
    changed = session.execute(
        text("""
        UPDATE callback SET note = left(note || :words, :most)
        WHERE card_id = :card AND done_at IS NULL AND call_id IS NOT NULL AND at <= :now RETURNING id
        """),
        {"card": card.id, "words": words, "now": now, "most": LONGEST},
    ).first()
    return changed is not None


def _plan(session: Session, card: Card, call: Call, note: str, now: datetime) -> None:
    """In place of what was planned: the seller wants to talk now. What a person had noted there is kept."""
    old = session.execute(
        text("UPDATE callback SET done_at = :now WHERE card_id = :card AND done_at IS NULL RETURNING note"),
        {"card": card.id, "now": now},
    ).scalar()
    session.execute(
        text("""
        INSERT INTO callback (card_id, operator_id, at, timezone, note, is_automatic, created_at, call_id)
        VALUES (:card, :operator, :now, :zone, left(:note, :most), true, :now, :call)
        """),
        {
            "card": card.id,
            "operator": card.operator_id,
            "now": now,
            "zone": str(seller_zone(session, card)),
            "note": f"{note}. {old}" if old else note,
            "most": LONGEST,
            "call": call.id,
        },
    )
    session.execute(
        text("UPDATE card SET stage = 3, next_call_at = :now, version = version + 1 WHERE id = :id"),
        {"id": card.id, "now": now},
    )
    session.refresh(card)


def _owner(session: Session, call: Call) -> int | None:
    """Whose call-back: the card's operator; else who called last; else the group's member with the most room."""
    return session.execute(
        text("""
        SELECT p.user_id FROM card c JOIN operator_profile p ON true JOIN ab_user u ON u.id = p.user_id AND u.active
        LEFT JOIN LATERAL (
          SELECT operator_id FROM call WHERE card_id = c.id AND operator_id IS NOT NULL ORDER BY created_at DESC LIMIT 1
        ) q ON true
        WHERE c.id = :card AND (c.for_operator_id IS NULL OR c.for_operator_id = p.user_id)
          AND (p.user_id = c.operator_id OR p.user_id = q.operator_id OR c.group_id IS NULL OR p.group_id = c.group_id)
        ORDER BY p.user_id = c.operator_id DESC NULLS LAST, p.user_id = q.operator_id DESC NULLS LAST,
                 p.presence IN ('ready', 'wrap_up', 'talking') DESC, p.max_open - p.open_n DESC, p.user_id LIMIT 1
        """),
        {"card": call.card_id},
    ).scalar()
