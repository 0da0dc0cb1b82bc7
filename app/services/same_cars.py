"""A person decides doubtful pairs: join two vehicles, keep them apart, split an ad off; every step can be undone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Ad, SamePair, Vehicle, VehicleMove
from app.services import cards
from app.services.audit import note_event


def decide(session: Session, pair_id: int, *, same: bool, actor_id: int, now: datetime) -> SamePair:
    """Join the vehicles of a doubtful pair, or say that they are two cars. A decided pair never comes back."""
    pair = session.get(SamePair, pair_id, with_for_update=True)
    if pair is None:
        raise Refused("pair_gone")
    if pair.state != "waiting":
        raise Refused("pair_decided")
    pair.state, pair.decided_by_id, pair.decided_at = ("joined" if same else "apart"), actor_id, now
    if same:
        join_vehicles(session, pair.other_ad_id, pair.ad_id, actor_id=actor_id, now=now, why="reviewed")
    note_event(session, f"pair_{pair.state}", actor_id=actor_id, subject="same_pair", subject_id=pair_id)
    session.flush()
    return pair


def undo_apart(session: Session, pair_id: int, *, actor_id: int) -> SamePair:
    """The pair waits for a decision again. What was joined is taken apart by undo_moves()."""
    pair = session.get(SamePair, pair_id, with_for_update=True)
    if pair is None:
        raise Refused("pair_gone")
    if pair.state == "joined":
        raise Refused("pair_joined")
    if pair.state != "apart":
        raise Refused("move_already_undone")
    pair.state, pair.decided_by_id, pair.decided_at = "waiting", None, None
    note_event(session, "pair_undone", actor_id=actor_id, subject="same_pair", subject_id=pair_id)
    session.flush()
    return pair


def join_vehicles(
    session: Session, ad_id: int, other_ad_id: int, *, actor_id: int | None, now: datetime, why: str
) -> int:
    """All ads of the other ad's vehicle go to the first one's. Returns the vehicle that stays."""
    first, second = _vehicle_of(session, ad_id), _vehicle_of(session, other_ad_id)
    if first == second:
        return first
    # The car that somebody works on stays: the operator must not lose the card under the hand.
    if _is_worked_on(session, second) and not _is_worked_on(session, first):
        first, second = second, first
    if _is_worked_on(session, second):
        raise Refused("both_in_work")
    moved = session.execute(select(Ad.id).where(Ad.vehicle_id == second)).scalars().all()
    _move_ads(session, list(moved), first, actor_id=actor_id, now=now, why=why)
    cards.settle(session, {first, second}, now)
    return first


def split_ad(session: Session, ad_id: int, *, actor_id: int, now: datetime) -> int:
    """The ad shows another car: it gets a vehicle of its own. Returns the new vehicle."""
    old = _vehicle_of(session, ad_id)
    if session.execute(text("SELECT count(*) FROM ad WHERE vehicle_id = :id"), {"id": old}).scalar() == 1:
        raise Refused("only_ad_of_vehicle")
    vehicle = Vehicle()
    session.add(vehicle)
    session.flush()
    _move_ads(session, [ad_id], vehicle.id, actor_id=actor_id, now=now, why="split")
    cards.settle(session, {old, vehicle.id}, now)
    note_event(session, "ad_split", actor_id=actor_id, subject="ad", subject_id=ad_id)
    return vehicle.id


def undo_moves(session: Session, move_id: int, *, actor_id: int, now: datetime) -> int:
    """Take back a join or a split: all ads that went together go back together. Returns how many ads."""
    one = session.get(VehicleMove, move_id, with_for_update=True)
    if one is None or one.undone_at is not None:
        raise Refused("move_already_undone")
    together = (
        session.execute(
            select(VehicleMove)
            .where(
                VehicleMove.at == one.at,
                VehicleMove.to_vehicle_id == one.to_vehicle_id,
                VehicleMove.undone_at.is_(None),
            )
            .with_for_update()
        )
        .scalars()
        .all()
    )
    back = [
        move
        for move in together
        if move.from_vehicle_id is not None and _vehicle_of(session, move.ad_id) == move.to_vehicle_id
    ]
    if not back:
        raise Refused("move_already_undone")
    if _would_empty(session, one.to_vehicle_id, len(back)) and _is_worked_on(session, one.to_vehicle_id):
        raise Refused("both_in_work")  # the operator must not lose the card under the hand
    for move in together:
        move.undone_at = now
    for move in back:
        session.execute(
            text("UPDATE ad SET vehicle_id = :to WHERE id = :ad"), {"to": move.from_vehicle_id, "ad": move.ad_id}
        )
    touched = {one.to_vehicle_id} | {move.from_vehicle_id for move in back if move.from_vehicle_id is not None}
    session.flush()
    _let_pairs_wait(session, one.at, [move.ad_id for move in back])
    cards.settle(session, touched, now, reopen_gone=True)
    note_event(session, "vehicle_move_undone", actor_id=actor_id, subject="vehicle", subject_id=one.to_vehicle_id)
    return len(back)


def _would_empty(session: Session, vehicle_id: int, leaving: int) -> bool:
    return (
        session.execute(text("SELECT count(*) FROM ad WHERE vehicle_id = :id"), {"id": vehicle_id}).scalar() == leaving
    )


def _let_pairs_wait(session: Session, decided_at: datetime, ad_ids: list[int]) -> None:
    """The pair whose decision has just been taken back is undecided again."""
    session.execute(
        update(SamePair)
        .where(SamePair.state == "joined", SamePair.decided_at == decided_at)
        .where(SamePair.ad_id.in_(ad_ids) | SamePair.other_ad_id.in_(ad_ids))
        .values(state="waiting", decided_by_id=None, decided_at=None)
    )


def _move_ads(
    session: Session, ad_ids: list[int], vehicle_id: int, *, actor_id: int | None, now: datetime, why: str
) -> None:
    for ad_id in ad_ids:
        session.add(
            VehicleMove(
                ad_id=ad_id,
                from_vehicle_id=_vehicle_of(session, ad_id),
                to_vehicle_id=vehicle_id,
                why=why,
                by_id=actor_id,
                at=now,
            )
        )
    session.flush()
    session.execute(
        text("UPDATE ad SET vehicle_id = :to WHERE id = ANY(:ids)"), {"to": vehicle_id, "ids": sorted(ad_ids)}
    )


def _vehicle_of(session: Session, ad_id: int) -> int:
    found = session.execute(text("SELECT vehicle_id FROM ad WHERE id = :id"), {"id": ad_id}).scalar()
    if found is None:
        raise Refused("ad_not_joined")
    return int(found)


def _is_worked_on(session: Session, vehicle_id: int) -> bool:
    return bool(
        session.execute(
            text("SELECT 1 FROM card WHERE vehicle_id = :id AND stage IN (1,2,3) FOR UPDATE"), {"id": vehicle_id}
        ).scalar()
    )
