"""A supervisor hands many cards over at once, within everybody's caps, and can take the step back as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import CLOSED, POOL, MassMove
from app.services import counters
from app.services.audit import note_event
from app.services.distribution import Place, enter
from app.services.returning import end_assignments, to_pool


@dataclass(frozen=True, slots=True)
class MovePlan:
    """What a reassignment would do: card ids to the operator who would get them; `left` stay for lack of room."""

    cards: list[tuple[int, int]]
    left: list[int]
    room: dict[int, int]


def plan_move(session: Session, card_ids: Sequence[int], operator_ids: Sequence[int], place: Place) -> MovePlan:
    """Spread the cards evenly over the operators within their caps; nothing is written."""
    rows = session.execute(
        text("""
        SELECT p.user_id, LEAST(p.max_open - p.open_n,
               p.day_cap - (CASE WHEN p.day_on = :day THEN p.day_n ELSE 0 END)) AS room
        FROM operator_profile p JOIN ab_user u ON u.id = p.user_id
        WHERE p.user_id = ANY(:ids) AND u.active ORDER BY p.user_id
        """),
        {"ids": list(operator_ids), "day": place.values()["day"]},
    )
    room = {row.user_id: max(0, row.room) for row in rows}
    left_room = dict(room)
    owners: dict[int, int | None] = dict(
        session.execute(
            text("SELECT id, operator_id FROM card WHERE id = ANY(:ids) AND stage < 9"), {"ids": list(card_ids)}
        )
        .tuples()
        .all()
    )
    plan, left = [], []
    for card_id in card_ids:
        if card_id not in owners:
            continue
        free = [user for user, n in left_room.items() if n > 0 and user != owners[card_id]]
        if not free:
            left.append(card_id)
            continue
        chosen = max(free, key=lambda user: (left_room[user], -user))
        left_room[chosen] -= 1
        plan.append((card_id, chosen))
    return MovePlan(plan, left, room)


def move(
    session: Session, card_ids: Sequence[int], operator_ids: Sequence[int], place: Place, *, actor_id: int, why: str
) -> MassMove:
    """Carry out a reassignment as one undoable step. Callbacks and texts go along; the caps of the receivers hold."""
    session.execute(text("SELECT 1 FROM card WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"), {"ids": sorted(card_ids)})
    counters.lock_counters(session, card_ids, operator_ids)
    plan = plan_move(session, card_ids, operator_ids, place)
    if not plan.cards:
        raise Refused("move_no_room")
    before = session.execute(
        text("SELECT id, operator_id, stage, version FROM card WHERE id = ANY(:ids)"),
        {"ids": [card for card, _ in plan.cards]},
    ).all()
    was = {row.id: (row.operator_id, row.stage) for row in before}
    version = {row.id: row.version + 1 for row in before}  # as this move leaves them: who works on a card raises it
    record = MassMove(
        at=place.now,
        by_id=actor_id,
        why=why[:200],
        cards=[[card, *was[card], target, version[card]] for card, target in plan.cards],
    )
    session.add(record)
    session.flush()
    hand_over(session, plan.cards, was, place, actor_id=actor_id, move_id=record.id)
    note_event(
        session, "cards_moved", actor_id=actor_id, subject="mass_move", subject_id=record.id, n=len(plan.cards), why=why
    )
    return record


def hand_over(
    session: Session,
    targets: Sequence[tuple[int, int]],
    was: dict[int, tuple[int | None, int]],
    place: Place,
    *,
    actor_id: int | None = None,
    move_id: int | None = None,
    why: str = "moved",
) -> None:
    """Cards go over to operators, (card, operator) each. The counters of both sides must be locked already."""
    ids = [card for card, _ in targets]
    counters.leave(session, ids)
    end_assignments(session, ids, place.now, why)
    values = place.values(ids=ids, users=[user for _, user in targets], actor=actor_id, move=move_id, why=why)
    session.execute(
        text("""
        UPDATE card c SET operator_id = n.user_id, stage = CASE WHEN c.stage = 0 THEN 1 ELSE c.stage END,
               assigned_at = :now, taken_at = CASE WHEN c.stage = 2 THEN :now ELSE c.taken_at END,
               version = c.version + 1
        FROM unnest(CAST(:ids AS bigint[]), CAST(:users AS int[])) AS n(id, user_id) WHERE c.id = n.id
        """),
        values,
    )
    session.execute(
        text("""
        INSERT INTO assignment (card_id, operator_id, from_at, by_id, why, move_id)
        SELECT n.id, n.user_id, :now, :actor, :why, :move
        FROM unnest(CAST(:ids AS bigint[]), CAST(:users AS int[])) AS n(id, user_id)
        """),
        values,
    )
    session.execute(
        text("""
        UPDATE callback b SET operator_id = n.user_id
        FROM unnest(CAST(:ids AS bigint[]), CAST(:users AS int[])) AS n(id, user_id)
        WHERE b.card_id = n.id AND b.done_at IS NULL AND b.operator_id IS NOT NULL
        """),
        values,
    )
    enter(session, ids, place, by_day=True, from_pool=[card for card in ids if was[card][1] == POOL])


def to_undo(session: Session, move_id: int | None) -> Row[Any] | None:
    """A hand-over that can still be taken back, with the number of its cards."""
    return session.execute(
        text("SELECT id, jsonb_array_length(cards) AS n FROM mass_move WHERE id = :id AND undone_at IS NULL"),
        {"id": move_id},
    ).one_or_none()


def undo_move(session: Session, move_id: int, place: Place, *, actor_id: int) -> int:
    """Give the cards back as they were. Those that were worked on since stay; returns how many went back."""
    record = session.get(MassMove, move_id, with_for_update=True)
    if record is None or record.undone_at is not None:
        raise Refused("move_already_undone")
    moved = {card: _Moved(*rest) for card, *rest in record.cards}
    rows = session.execute(
        text("SELECT id, operator_id, stage, version FROM card WHERE id = ANY(:ids) ORDER BY id FOR UPDATE"),
        {"ids": sorted(moved)},
    ).all()
    back = [row.id for row in rows if row.stage < CLOSED and moved[row.id].is_untouched(row)]
    to_owner = [card for card in back if moved[card].owner is not None]
    counters.lock_counters(session, back, [int(moved[card].owner or 0) for card in to_owner])
    _uncount(session, Counter(moved[card].target for card in back), place, record.at)
    to_pool(session, [card for card in back if moved[card].owner is None], place.now, why="undone")
    if to_owner:
        _give_back(session, {card: moved[card] for card in to_owner}, place, actor_id)
    record.undone_at = place.now
    note_event(session, "move_undone", actor_id=actor_id, subject="mass_move", subject_id=move_id, n=len(back))
    session.flush()
    return len(back)


@dataclass(frozen=True, slots=True)
class _Moved:
    """One card of a MassMove: whose it was and at which stage, who got it, the version that the move gave it."""

    owner: int | None
    stage: int
    target: int
    version: int = 0

    def is_untouched(self, card: Any) -> bool:
        return bool(card.operator_id == self.target and card.version == self.version)


def _give_back(session: Session, cards: dict[int, _Moved], place: Place, actor_id: int) -> None:
    """The cards and their call-backs return to those who had them; the counters follow."""
    ids = list(cards)
    values = {
        "ids": ids,
        "owners": [cards[card].owner for card in ids],
        "stages": [cards[card].stage for card in ids],
        "now": place.now,
        "actor": actor_id,
    }
    counters.leave(session, ids)
    end_assignments(session, ids, place.now, "undone")
    session.execute(
        text("""
        UPDATE card c SET operator_id = n.owner, stage = n.stage, assigned_at = :now, version = c.version + 1
        FROM unnest(CAST(:ids AS bigint[]), CAST(:owners AS int[]), CAST(:stages AS int[])) AS n(id, owner, stage)
        WHERE c.id = n.id
        """),
        values,
    )
    session.execute(
        text("""
        INSERT INTO assignment (card_id, operator_id, from_at, by_id, why)
        SELECT n.id, n.owner, :now, :actor, 'undone'
        FROM unnest(CAST(:ids AS bigint[]), CAST(:owners AS int[])) AS n(id, owner)
        """),
        values,
    )
    session.execute(
        text("""
        UPDATE callback b SET operator_id = n.owner
        FROM unnest(CAST(:ids AS bigint[]), CAST(:owners AS int[])) AS n(id, owner)
        WHERE b.card_id = n.id AND b.done_at IS NULL AND b.operator_id IS NOT NULL
        """),
        values,
    )
    enter(session, ids, place, by_day=False)


def _uncount(session: Session, gone: Counter[int], place: Place, moved_at: datetime) -> None:
    """What was undone was never given: the receivers' hour and day have their room back."""
    session.execute(
        text("""
        UPDATE operator_profile p
        SET hour_n = CASE WHEN p.hour_at = :hour THEN GREATEST(p.hour_n - n.n, 0) ELSE p.hour_n END,
            day_n = CASE WHEN p.day_on = :day THEN GREATEST(p.day_n - n.n, 0) ELSE p.day_n END
        FROM unnest(CAST(:users AS int[]), CAST(:counts AS int[])) AS n(user_id, n) WHERE p.user_id = n.user_id
        """),
        {
            "users": list(gone),
            "counts": list(gone.values()),
            "hour": counters.company_hour(moved_at),
            "day": counters.company_day(moved_at, place.zone),
        },
    )
