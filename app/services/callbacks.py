"""Planned call-backs: how many one may plan, whose they are, and how a supervisor changes many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app import settings
from app.domain import callbacks as rules
from app.errors import Refused, refuse_unless
from app.models import Card
from app.services.audit import note_event


def seller_zone(session: Session, card: Card) -> ZoneInfo:
    """The zone of the ad's city; a phone tells nothing about where its owner is."""
    name = session.execute(
        text("""
        SELECT COALESCE(c.timezone, NULLIF(r.timezone, ''), 'Europe/Moscow') FROM vehicle v
        LEFT JOIN city c ON c.id = v.city_id LEFT JOIN region r ON r.id = v.region_id WHERE v.id = :id
        """),
        {"id": card.vehicle_id},
    ).scalar()
    return ZoneInfo(name or "Europe/Moscow")


def call_hours(session: Session) -> tuple[int, int]:
    known = settings.all_of(session)
    return known["call_hours_from"], known["call_hours_to"]


def check_plan(session: Session, card: Card, at: datetime, *, now: datetime, bound: bool) -> None:
    """Refuse a time that cannot be. `bound` asks the caps too: who steers the work knows what he overloads."""
    known = settings.all_of(session)
    zone = seller_zone(session, card)
    refuse_unless(rules.may_plan(at, now, zone, (known["call_hours_from"], known["call_hours_to"])))
    if bound:
        _check_caps(session, card, at.astimezone(zone), known["callback_hour_cap"], known["callback_day_cap"])


def _check_caps(session: Session, card: Card, local: datetime, hour_cap: int, day_cap: int) -> None:
    if not hour_cap and not day_cap:
        return
    hour = local.replace(minute=0, second=0, microsecond=0)
    planned = session.execute(
        text("""
        SELECT count(*) AS day_n,
               count(*) FILTER (WHERE c.next_call_at >= :hour AND c.next_call_at < :next_hour) AS hour_n
        FROM card c JOIN callback b ON b.card_id = c.id AND b.done_at IS NULL AND NOT b.is_automatic
        WHERE c.stage = 3 AND c.operator_id = :operator AND c.id <> :card
          AND c.next_call_at >= :day AND c.next_call_at < :next_day
        """),
        {
            "operator": card.operator_id,
            "card": card.id,
            "hour": hour,
            "next_hour": hour + timedelta(hours=1),
            "day": datetime.combine(local.date(), time(), local.tzinfo),
            "next_day": datetime.combine(local.date() + timedelta(days=1), time(), local.tzinfo),
        },
    ).one()
    if hour_cap and planned.hour_n >= hour_cap:
        raise Refused("callback_hour_full", n=planned.hour_n, cap=hour_cap, hour=f"{hour:%H}:00")
    if day_cap and planned.day_n >= day_cap:
        raise Refused("callback_day_full", n=planned.day_n, cap=day_cap, day=f"{local:%d.%m}")


def make_common(session: Session, card_ids: Sequence[int], *, actor_id: int, now: datetime) -> int:
    """Anyone of the group may make these calls from now on; returns how many were personal until now."""
    return _set_owner(session, card_ids, common=True, what="callbacks_made_common", actor_id=actor_id)


def make_personal(session: Session, card_ids: Sequence[int], *, actor_id: int, now: datetime) -> int:
    """Only the card's operator makes these calls."""
    return _set_owner(session, card_ids, common=False, what="callbacks_made_personal", actor_id=actor_id)


def _set_owner(session: Session, card_ids: Sequence[int], *, common: bool, what: str, actor_id: int) -> int:
    changed = session.execute(
        text("""
        UPDATE callback b SET operator_id = CASE WHEN :common THEN NULL ELSE c.operator_id END
        FROM card c WHERE c.id = b.card_id AND c.id = ANY(:ids) AND c.stage = 3 AND b.done_at IS NULL
          AND (b.operator_id IS NOT NULL) = :common RETURNING c.id
        """),
        {"ids": sorted(card_ids), "common": common},
    ).all()
    if changed:
        note_event(session, what, actor_id=actor_id, subject="callback", n=len(changed))
    return len(changed)


@dataclass(frozen=True, slots=True)
class Replanned:
    n: int
    at_night: int  # of them outside the seller's calling hours: allowed, and said


def replan(session: Session, card_ids: Sequence[int], at: datetime, *, actor_id: int, now: datetime) -> Replanned:
    """Another time for these call-backs. An open card on somebody's screen notices by its version."""
    rows = session.execute(
        text("""
        SELECT c.id, b.timezone FROM card c JOIN callback b ON b.card_id = c.id AND b.done_at IS NULL
        WHERE c.id = ANY(:ids) AND c.stage = 3 ORDER BY c.id FOR UPDATE OF c
        """),
        {"ids": sorted(card_ids)},
    ).all()
    hours, late = call_hours(session), 0
    for row in rows:
        verdict = rules.may_plan(at, now, ZoneInfo(row.timezone or "Europe/Moscow"), hours)
        refuse_unless(verdict)
        late += rules.is_warning(verdict)
    values = {"ids": [row.id for row in rows], "at": at}
    session.execute(
        text("UPDATE callback SET at = :at, is_automatic = false WHERE card_id = ANY(:ids) AND done_at IS NULL"), values
    )
    session.execute(text("UPDATE card SET next_call_at = :at, version = version + 1 WHERE id = ANY(:ids)"), values)
    if rows:
        note_event(session, "callbacks_replanned", actor_id=actor_id, subject="callback", n=len(rows), until=str(at))
    return Replanned(len(rows), late)
