"""The operator's result: a status on a card, with what follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain import callbacks as callback_rules
from app.domain.statuses import (
    StatusKind,
    StatusSpec,
    closes_with,
    is_sound,
    may_change,
    may_end_tries,
    may_follow,
    repeat_at,
)
from app.errors import Refused, refuse_unless
from app.models import (
    CALLBACK,
    CLOSED,
    IN_WORK,
    Assignment,
    Callback,
    Card,
    Note,
    Status,
    StatusChange,
    StatusRule,
)
from app.services import callbacks, counters, leads, returning, sms, stop_list
from app.services.audit import note_event
from app.services.callbacks import call_hours, seller_zone
from app.services.ingest import storable


@dataclass(frozen=True, slots=True)
class Result:
    """What the operator pressed: the status, when to call again, a note."""

    status_id: int
    callback_at: datetime | None = None
    anyones: bool = False  # anybody of the group may make the call
    note: str = ""


def specs(session: Session) -> dict[int, StatusSpec]:
    """All statuses by id, with the transitions that lead to them."""
    rules: dict[int, set[int]] = {}
    for rule in session.execute(select(StatusRule)).scalars():
        rules.setdefault(rule.to_id, set()).add(rule.from_id)
    rows = session.execute(select(Status).order_by(Status.position, Status.id)).scalars()
    return {row.id: spec_of(row, frozenset(rules.get(row.id, ()))) for row in rows}


def spec_of(row: Status, allowed_from: frozenset[int] = frozenset()) -> StatusSpec:
    return StatusSpec(
        id=row.id,
        code=row.code,
        kind=StatusKind.CLOSING if row.is_closing else StatusKind.WORKING,
        is_enabled=row.is_enabled is not False,
        is_reached=bool(row.is_reached),
        makes_lead=bool(row.makes_lead),
        is_refusal=bool(row.is_refusal),
        is_sold=bool(row.is_sold),
        is_wrong_number=bool(row.is_wrong_number),
        is_do_not_call=bool(row.is_do_not_call),
        needs_callback=bool(row.needs_callback),
        repeat_after_min=row.repeat_after_min,
        repeat_growth_pct=row.repeat_growth_pct or 0,
        attempts_cap=row.attempts_cap,
        at_cap_id=row.at_cap.id if row.at_cap is not None else row.at_cap_id,
        allowed_from=allowed_from,
    )


def choices(session: Session, current_id: int | None) -> list[StatusSpec]:
    """The result buttons to show."""
    known = specs(session)
    return may_follow(known.get(current_id) if current_id else None, list(known.values()))


def set_status(
    session: Session,
    card_id: int,
    result: Result,
    *,
    actor_id: int,
    now: datetime,
    version: int | None = None,
    is_supervisor: bool = False,
) -> Card:
    """Record the result of a card in work. Refused: not yours, changed meanwhile, transition not allowed, bad time."""
    card = _locked(session, card_id)
    if card.operator_id != actor_id and not is_supervisor:
        raise Refused("card_not_yours")
    if version is not None and card.version != version:
        raise Refused("card_changed_meanwhile")
    known = specs(session)
    if result.status_id not in known:
        raise Refused("status_unknown")
    old, new = known.get(card.status_id or 0), known[result.status_id]
    refuse_unless(
        may_change(
            old,
            new,
            is_taken=card.stage in (IN_WORK, CALLBACK),
            may_reopen=is_supervisor,
            callback_at=result.callback_at,
        )
    )
    if result.callback_at is not None and not new.is_closing:  # a closing button may find a time left in the form
        callbacks.check_plan(session, card, result.callback_at, now=now, bound=not is_supervisor)
    was_closed = card.stage == CLOSED
    _record(session, card, new, result, actor_id, now)
    if new.is_closing:
        _close(session, card, new, actor_id, now)
    else:
        if was_closed:
            _open_again(session, card, actor_id, now)
        card.attempts_n += 1
        _go_on(session, card, new, result, actor_id, now, known)
    session.flush()
    return card


def _go_on(
    session: Session,
    card: Card,
    new: StatusSpec,
    result: Result,
    actor_id: int,
    now: datetime,
    known: dict[int, StatusSpec],
) -> None:
    """The card stays and is called again: when a person said, or by itself, until its tries are used up."""
    last = closes_with(new, card.attempts_n, known) if result.callback_at is None else None
    if last is not None:
        _record(session, card, last, Result(last.id), actor_id, now, at_cap=card.attempts_n)
        _close(session, card, last, actor_id, now)
        return
    by_itself = repeat_at(new, card.attempts_n, now) if result.callback_at is None else None
    if by_itself is not None:
        hours = call_hours(session)
        by_itself = callback_rules.next_open(by_itself, seller_zone(session, card), hours)
    plan_again(
        session, card, result.callback_at or by_itself, result, actor_id, now, is_automatic=by_itself is not None
    )


def _open_again(session: Session, card: Card, actor_id: int, now: datetime) -> None:
    """The card returns to whom it was closed by, with an assignment and counted, as if it had never left."""
    if session.execute(select(Card.id).where(Card.vehicle_id == card.vehicle_id, Card.stage < CLOSED)).first():
        raise Refused("card_open_already")
    if not card.vehicle.on_sale:
        raise Refused("car_not_on_sale")  # nothing would ever take the card out of the list again
    card.stage, card.closed_why = IN_WORK, ""
    session.add(Assignment(card_id=card.id, operator_id=card.operator_id, from_at=now, by_id=actor_id, why="reopened"))
    session.flush()
    counters.come_back(session, [card.id])


def _record(
    session: Session, card: Card, new: StatusSpec, result: Result, actor_id: int, now: datetime, **more: Any
) -> None:
    note = storable(result.note).strip()[:5000]
    session.add(StatusChange(card_id=card.id, old_id=card.status_id, new_id=new.id, by_id=actor_id, at=now, note=note))
    if note:
        session.add(Note(card_id=card.id, text=note, by_id=actor_id, at=now))
    card.status_id = new.id
    card.processed_at = now
    card.version += 1
    session.flush()
    note_event(session, "status_set", actor_id=actor_id, subject="card", subject_id=card.id, status=new.code, **more)
    sms.after_status(session, card.id, new.id, now)


def _close(session: Session, card: Card, new: StatusSpec, actor_id: int, now: datetime) -> None:
    if new.makes_lead:
        leads.enqueue(session, card, new.id, actor_id=actor_id)
    if new.is_do_not_call:
        _stop_calling(session, card, actor_id, now)
    session.flush()
    returning.close(session, [card.id], now, why="status")
    session.refresh(card)


def _stop_calling(session: Session, card: Card, actor_id: int, now: datetime) -> None:
    phones = (
        session.execute(text("SELECT DISTINCT unnest(phones) FROM ad WHERE vehicle_id = :id"), {"id": card.vehicle_id})
        .scalars()
        .all()
    )
    for phone in phones:
        stop_list.add(session, phone, reason="status", actor_id=actor_id, now=now)


def plan_again(
    session: Session,
    card: Card,
    at: datetime | None,
    result: Result,
    actor_id: int,
    now: datetime,
    *,
    is_automatic: bool = False,
) -> None:
    """One open call-back per card: a new one replaces it; without a time the card is plainly in work."""
    session.execute(
        text("UPDATE callback SET done_at = :now WHERE card_id = :id AND done_at IS NULL"), {"id": card.id, "now": now}
    )
    card.next_call_at = at
    card.stage = CALLBACK if at is not None else IN_WORK
    if at is not None:
        zone = seller_zone(session, card)
        session.add(
            Callback(
                card_id=card.id,
                operator_id=None if result.anyones else card.operator_id,
                at=at,
                timezone=str(zone),
                note=storable(result.note).strip()[:1000],
                is_automatic=is_automatic,
                by_id=actor_id,
                created_at=now,
            )
        )
    session.flush()


def _locked(session: Session, card_id: int) -> Card:
    card = session.execute(
        select(Card).where(Card.id == card_id).with_for_update(of=Card).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if card is None:
        raise Refused("card_gone")
    return card


def check_status(row: Status) -> None:
    """Refuse a status whose flags contradict each other; asked when a supervisor saves it."""
    refuse_unless(is_sound(spec_of(row)))
    if row.at_cap is not None:
        refuse_unless(may_end_tries(spec_of(row.at_cap)))


# code, name, colour, icon, key, flags
SEED: tuple[tuple[str, str, str, str, str, dict[str, Any]], ...] = (
    ("no_answer", "Нет ответа", "yellow", "phone-x", "1",
     {"repeat_after_min": 120, "attempts_cap": 6, "suggested_by": "no_answer"}),
    ("busy", "Занято", "yellow", "phone-pause", "2",
     {"repeat_after_min": 20, "attempts_cap": 8, "suggested_by": "busy"}),
    ("unavailable", "Недоступен", "yellow", "phone-off", "3",
     {"repeat_after_min": 240, "attempts_cap": 6, "suggested_by": "unavailable"}),
    ("call_later", "Просит перезвонить", "azure", "clock", "4", {"needs_callback": True, "is_reached": True}),
    ("thinking", "Думает", "azure", "message-2", "5", {"needs_callback": True, "is_reached": True}),
    ("inspection", "Записан на осмотр", "green", "calendar-event", "6",
     {"is_closing": True, "makes_lead": True, "is_reached": True}),
    ("refused", "Отказ", "red", "x", "7", {"is_closing": True, "is_refusal": True, "is_reached": True}),
    ("sold", "Продано", "secondary", "car", "8", {"is_closing": True, "is_sold": True, "is_reached": True}),
    ("wrong_number", "Неверный номер", "secondary", "phone-off", "9",
     {"is_closing": True, "is_wrong_number": True, "suggested_by": "wrong_number"}),
    ("reseller", "Перекупщик", "secondary", "users", "", {"is_closing": True, "is_refusal": True, "is_reached": True}),
    ("do_not_call", "Не звонить", "dark", "phone-off", "",
     {"is_closing": True, "is_do_not_call": True, "is_reached": True}),
)  # fmt: skip


def seed(session: Session) -> int:
    """The first statuses of a new installation; a list that has any is the supervisor's own."""
    if session.execute(select(Status.id).limit(1)).scalar():
        return 0
    for position, (code, name, color, icon, hotkey, flags) in enumerate(SEED):
        session.add(
            Status(code=code, name=name, color=color, icon=icon, hotkey=hotkey, position=position * 10, **flags)
        )
    session.flush()
    return len(SEED)


def rows(session: Session) -> list[Status]:
    """The statuses in the order of the buttons."""
    return list(session.execute(select(Status).order_by(Status.position, Status.id)).scalars())
