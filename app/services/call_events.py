"""What Asterisk told, folded into the rows of calls: each event once, in any order, a batch in one transaction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.domain.call_outcomes import fold
from app.models import Call, CallEvent
from app.services import call_closing, devices, incoming, wrap_up
from app.services.devices import TRUE_STATE
from app.services.line_choice import MOSCOW

ARRIVED, DEVICE = "IncomingArrived", "DeviceChanged"
MISSED = ("IncomingMissed", "IncomingNotAnswered")
LONGEST = 64  # of a link and of a digest


class Told(Protocol):
    """One event as app.telephony.events reads it."""

    @property
    def name(self) -> str: ...
    @property
    def link(self) -> str: ...
    @property
    def channel(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def details(self) -> dict[str, str]: ...
    @property
    def once(self) -> str: ...


def handle(session: Session, asterisk_id: int, told: Iterable[Told] | Told, now: datetime, zone: str = MOSCOW) -> int:
    """Take a batch of events (or one); returns how many were new. What concerns no call of ours is passed over."""
    events: list[Any] = list(told) if isinstance(told, Iterable) else [told]
    for one in sorted(events, key=lambda one: one.at):
        if one.name == DEVICE:
            _device(session, asterisk_id, one)
        elif one.name == ARRIVED and one.link:
            incoming.arrived(session, asterisk_id, one.link, _lowered(one.details), now)
    calls = _locked(session, asterisk_id, sorted({one.link for one in events if one.link}))
    fresh = _kept(session, calls, events)
    if not fresh:
        return 0
    written = call_closing.happenings(session, sorted({call_id for call_id, _once in fresh}))
    by_link = {call.link: call for call in calls}
    for call in calls:
        if call.id in written:
            _follow(session, call, [one for one in events if by_link.get(one.link) is call], fresh, now)
            call_closing.write(session, call, fold(written[call.id], incoming=call.type == "incoming"), now, zone)
    _ring_others(session, events, by_link, fresh, now)
    return len(fresh)


def _lowered(details: dict[str, str]) -> dict[str, str]:
    return {key.lower(): value for key, value in details.items()}


def _locked(session: Session, asterisk_id: int, links: list[str]) -> list[Call]:
    if not links:
        return []
    return list(
        session.scalars(
            select(Call)
            .where(Call.asterisk_id == asterisk_id, Call.link.in_(links))
            .order_by(Call.id)
            .with_for_update(of=Call)
            .execution_options(populate_existing=True)
        )
    )


def _kept(session: Session, calls: list[Call], events: list[Any]) -> set[tuple[int, str]]:
    """Write the events down; those that were there already are not told of."""
    ids = {call.link: call.id for call in calls}
    rows = {
        (ids[one.link], one.once[:LONGEST]): {
            "call_id": ids[one.link],
            "at": one.at,
            "name": one.name[:32],
            "channel": one.channel[:200],
            "details": dict(one.details),
            "once": one.once[:LONGEST],
        }
        for one in events
        if one.link in ids
    }
    if not rows:
        return set()
    written = session.execute(
        insert(CallEvent)
        .values(list(rows.values()))
        .on_conflict_do_nothing(index_elements=["call_id", "once"])
        .returning(CallEvent.call_id, CallEvent.once)
    )
    return {(row.call_id, row.once) for row in written}


def _follow(session: Session, call: Call, events: list[Any], fresh: set[tuple[int, str]], now: datetime) -> None:
    """Whose talk it is now: it may have been handed to a colleague or taken over by a supervisor."""
    for one in sorted(events, key=lambda one: one.at):
        extension = _lowered(one.details).get("extension", "")
        if one.name != "IncomingAnswered" or not extension or (call.id, one.once[:LONGEST]) not in fresh:
            continue
        owner = session.execute(
            text("SELECT user_id FROM phone_account WHERE asterisk_id = :server AND extension = :extension"),
            {"server": call.asterisk_id, "extension": extension},
        ).scalar()
        if owner is not None and owner != call.operator_id and call.state != "ended":
            if call.operator_id is not None:
                wrap_up.end_talk(session, call.operator_id, now)
            if call.answered_at is not None:
                wrap_up.begin_talk(session, owner, now)
            call.operator_id = owner


def _ring_others(
    session: Session, events: list[Any], by_link: dict[str, Call], fresh: set[tuple[int, str]], now: datetime
) -> None:
    """The telephone did not take the incoming call: the next one may."""
    for one in events:
        call = by_link.get(one.link)
        if one.name in MISSED and call is not None and (call.id, one.once[:LONGEST]) in fresh:
            incoming.order_to_somebody(session, call, now)


_STATE = TRUE_STATE.format(state="CAST(:state AS text)")


def _device(session: Session, asterisk_id: int, told: Any) -> None:
    """The latest word of a telephone's own state; an older one that comes late changes nothing."""
    said = _lowered(told.details)
    extension, state = said.get("extension", ""), said.get("state", "")
    is_late = session.execute(
        text("""
        SELECT 1 FROM phone_account WHERE asterisk_id = :server AND extension = :extension AND device_since > :at
        """),
        {"server": asterisk_id, "extension": extension, "at": told.at},
    ).first()
    if is_late is None:
        devices.changed(session, asterisk_id, f"PJSIP/{extension}", state, told.at)
