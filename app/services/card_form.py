"""The operator's own words on a card: seller and car form with autosave, notes, the number on demand, skipping."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app import settings
from app.domain.cars import Body, Drive, Fuel, Gearbox, Wheel
from app.errors import Refused
from app.models import Card, Note
from app.services import cards, returning, stop_list
from app.services.audit import note_event
from app.services.ingest import storable

# Form field -> what it may hold. Numbers: (low, high); words: the allowed codes; text: the longest length.
NUMBERS = {
    "mileage_km": (0, 2_000_000),
    "year": (1900, 2100),
    "owners": (0, 20),
    "power_hp": (1, 3000),
    "engine_cc": (50, 12_000),
    "asked_price": (1, 1_000_000_000),
    "our_price": (1, 1_000_000_000),
}
WORDS = {
    "body": {item.value for item in Body},
    "fuel": {item.value for item in Fuel},
    "gearbox": {item.value for item in Gearbox},
    "drive": {item.value for item in Drive},
    "wheel": {item.value for item in Wheel},
    "haggle": {"yes", "no", "little"},
    "documents": {"original", "duplicate", "electronic", "none"},
}
TEXTS = {
    "seller_name": 200,
    "seller_note": 2000,
    "vin": 17,
    "plate": 12,
    "condition": 4000,
    "comment": 4000,
    "where": 500,
}
FIELDS = {*NUMBERS, *WORDS, *TEXTS}
SELLER_NOTE = "seller_note"
TO_VEHICLE = ("mileage_km", "year", "owners", "power_hp", "engine_cc", "body", "fuel", "gearbox", "drive", "wheel",
              "vin", "plate")  # fmt: skip


def save(
    session: Session, card_id: int, values: dict[str, str], *, version: int, actor_id: int, now: datetime
) -> tuple[Card, dict[str, str]]:
    """Autosave. Good fields are kept, bad ones returned as {field: code}. Refused: not yours, stale.

    What stands there already may come with an old version: the answer to its first saving was lost on the way.
    """
    card = session.execute(
        select(Card).where(Card.id == card_id).with_for_update(of=Card).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if card is None or card.operator_id != actor_id or card.stage not in (1, 2, 3):
        raise Refused("card_not_yours")
    good, bad = read_form(values)
    if good == stored(session, card, good):
        return card, bad
    if card.version != version:
        raise Refused("card_changed_meanwhile")
    if SELLER_NOTE in good:
        _note_seller(session, card, good.pop(SELLER_NOTE) or "")
    form = {**(card.form or {}), **good}
    card.form = {name: value for name, value in form.items() if value is not None}
    card.version += 1
    session.flush()
    _correct_vehicle(session, card, good, now)
    return card, bad


def stored(session: Session, card: Card, names: Collection[str]) -> dict[str, Any]:
    """What these fields hold now."""
    form = card.form or {}
    held = {name: form.get(name) for name in names if name in FIELDS}
    if SELLER_NOTE in held:
        held[SELLER_NOTE] = _seller_note(session, card) or None
    return held


def _seller_note(session: Session, card: Card) -> str:
    return str(
        session.execute(text("SELECT note FROM seller WHERE id = :id"), {"id": card.vehicle.seller_id}).scalar() or ""
    )


def _note_seller(session: Session, card: Card, words: str) -> None:
    """It belongs to the person: whoever opens another car of the same seller reads it too."""
    session.execute(
        text("UPDATE seller SET note = :words WHERE id = :id"), {"words": words, "id": card.vehicle.seller_id}
    )


def read_form(values: dict[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Typed values and troubles. An emptied field becomes None; a field that nobody knows is left out."""
    good: dict[str, Any] = {}
    bad: dict[str, str] = {}
    for name, raw in values.items():
        value = raw.strip()
        if name in NUMBERS:
            _read_number(name, value, good, bad)
        elif name in WORDS:
            if value in WORDS[name] or not value:
                good[name] = value or None
            else:
                bad[name] = "field_choice"
        elif name in TEXTS:
            if storable(value) != value:
                bad[name] = "field_text"
            elif len(value) > TEXTS[name]:
                bad[name] = "field_long"
            else:
                good[name] = value or None
    return good, bad


def _read_number(name: str, value: str, good: dict[str, Any], bad: dict[str, str]) -> None:
    digits = value.replace("\u00a0", "").replace("\u202f", "").replace(" ", "")
    if not digits:
        good[name] = None
    elif not (digits.isascii() and digits.isdigit() and len(digits) <= 10):
        bad[name] = "field_number"
    else:
        low, high = NUMBERS[name]
        if low <= int(digits) <= high:
            good[name] = int(digits)
        else:
            bad[name] = "field_range"


def _correct_vehicle(session: Session, card: Card, good: dict[str, Any], now: datetime) -> None:
    """What the operator heard from the seller outweighs the ad: it becomes the vehicle's fact, also for matching."""
    edits = {name: good[name] for name in TO_VEHICLE if name in good}
    if not edits:
        return
    vehicle = card.vehicle
    merged = {**(vehicle.edits or {}), **edits}
    merged = {name: value for name, value in merged.items() if value is not None}
    if merged != vehicle.edits:
        vehicle.edits = merged
        session.flush()
        cards.settle(session, [vehicle.id], now)


def add_note(session: Session, card_id: int, words: str, *, actor_id: int, now: datetime) -> Note:
    words = storable(words).strip()
    if not words:
        raise Refused("note_empty")
    note = Note(card_id=card_id, text=words[:5000], by_id=actor_id, at=now)
    session.add(note)
    session.flush()
    return note


def reveal(session: Session, card_id: int, *, actor_id: int, now: datetime, address: str) -> list[str]:
    """The seller's numbers, counted and audited. Refused over the hourly limit or on the do-not-call list."""
    cap = settings.get(session, "reveals_per_hour")
    shown = session.execute(
        text("SELECT count(*) FROM audit_event WHERE actor_id = :id AND what = 'phone_shown' AND at > :since"),
        {"id": actor_id, "since": now - timedelta(hours=1)},
    ).scalar()
    if (shown or 0) >= cap:
        raise Refused("reveal_limit", cap=cap)
    phones = (
        session.execute(
            text("""
            SELECT p FROM (SELECT unnest(a.phones) AS p, a.state, a.published_at FROM ad a JOIN card c
                           ON c.vehicle_id = a.vehicle_id WHERE c.id = :id) q
            GROUP BY p ORDER BY min(CASE state WHEN 'active' THEN 0 ELSE 1 END), max(published_at) DESC NULLS LAST, p
            """),
            {"id": card_id},
        )
        .scalars()
        .all()
    )
    forbidden = stop_list.stopped(session, phones, now)
    note_event(session, "phone_shown", actor_id=actor_id, subject="card", subject_id=card_id, address=address)
    return [phone for phone in phones if phone not in forbidden]


def skip(session: Session, card_id: int, reason: str, *, actor_id: int, now: datetime) -> None:
    """The operator lets the card go, with a reason; others are offered it first."""
    reason = reason.strip()
    if not reason:
        raise Refused("skip_needs_reason")
    row = session.execute(
        text("SELECT operator_id, stage FROM card WHERE id = :id FOR UPDATE"), {"id": card_id}
    ).one_or_none()
    if row is None or row.operator_id != actor_id or row.stage not in (1, 2, 3):
        raise Refused("card_not_yours")
    add_note(session, card_id, reason, actor_id=actor_id, now=now)
    returning.to_pool(session, [card_id], now, why="skipped")
    note_event(session, "card_skipped", actor_id=actor_id, subject="card", subject_id=card_id)
