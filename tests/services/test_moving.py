"""Handing many cards over and taking it back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import Callback, MassMove
from app.services import counters, distribution, moving, returning
from tests.factories import NOON, get_user, make_filter, make_group, make_operator
from tests.services.pools import claim, open_n, place, pool_of


@pytest.fixture
def company(session: Session) -> dict[str, Any]:
    """Two operators and a filter with a quota; the first has taken two cards and plans to call one again."""
    group = make_group(session)
    first, second = make_operator(session, group), make_operator(session, group)
    quota = make_filter(session, group=group, open_cap=100, day_cap=100)
    cards = pool_of(session, quota, 3)
    for _ in range(2):
        claim(session, first)
    again = cards[0]
    session.add(Callback(card_id=again.id, operator_id=first.user_id, at=NOON + timedelta(hours=1)))
    session.execute(
        text("UPDATE card SET stage = 3, next_call_at = :at WHERE id = :id"),
        {"id": again.id, "at": NOON + timedelta(hours=1)},
    )
    session.expire_all()
    return {"first": first, "second": second, "quota": quota, "cards": cards}


def state_of(session: Session, company: dict[str, Any]) -> Any:
    session.expire_all()
    cards = [(card.stage, card.operator_id) for card in company["cards"]]
    people = [(one.open_n, one.new_n, one.hour_n, one.day_n) for one in (company["first"], company["second"])]
    callbacks = session.scalars(select(Callback.operator_id)).all()
    return cards, people, company["quota"].open_n, company["quota"].day_n, callbacks


def hand_over(session: Session, company: dict[str, Any]) -> MassMove:
    ids = [card.id for card in company["cards"]]
    boss = get_user(session, "supervisor").id
    return moving.move(session, ids, [company["second"].user_id], place(company["first"]), actor_id=boss, why="заболел")


def test_cards_and_their_call_backs_go_over_and_come_back_as_they_were(session: Session, company: Any) -> None:
    before = state_of(session, company)
    boss = get_user(session, "supervisor").id
    record = hand_over(session, company)
    to = company["second"].user_id
    cards, people, open_of_filter, day_of_filter, callbacks = state_of(session, company)
    assert cards == [(3, to), (2, to), (1, to)]
    assert people == [(0, 0, 2, 2), (3, 1, 3, 3)]
    assert (open_of_filter, day_of_filter) == (3, 3)  # one more left the pool; the other two were given out before
    assert callbacks == [to]
    assert counters.count_anew(session) == 0

    assert moving.undo_move(session, record.id, place(company["first"]), actor_id=boss) == 3
    after = state_of(session, company)
    assert (after[0], after[1], after[2], after[4]) == (before[0], before[1], before[2], before[4])
    assert counters.count_anew(session) == 0
    with pytest.raises(Refused, match="move_already_undone"):
        moving.undo_move(session, record.id, place(company["first"]), actor_id=boss)


def test_what_the_receiver_has_worked_on_stays_with_him_when_the_move_is_undone(session: Session, company: Any) -> None:
    record = hand_over(session, company)
    new = company["cards"][2]
    distribution.take(session, new.id, place(company["second"]))
    assert moving.undo_move(session, record.id, place(company["first"]), actor_id=company["first"].user_id) == 2
    session.expire_all()
    assert [card.operator_id for card in company["cards"]] == [
        company["first"].user_id, company["first"].user_id, company["second"].user_id
    ]  # fmt: skip
    assert counters.count_anew(session) == 0


def test_the_receivers_caps_hold_and_what_finds_no_room_stays(session: Session, company: Any) -> None:
    company["second"].max_open = 2
    session.flush()
    ids = [card.id for card in company["cards"]]
    plan = moving.plan_move(session, ids, [company["second"].user_id], place(company["first"]))
    assert (len(plan.cards), len(plan.left), plan.room) == (2, 1, {company["second"].user_id: 2})
    hand_over(session, company)
    assert open_n(session, company["second"]) == [2]
    with pytest.raises(Refused, match="move_no_room"):
        hand_over(session, company)


def test_a_taken_card_is_not_returned_the_minute_after_it_was_handed_over(session: Session, company: Any) -> None:
    session.execute(text("UPDATE card SET taken_at = :at WHERE stage = 2"), {"at": NOON - timedelta(days=1)})
    hand_over(session, company)
    assert returning.return_overdue(session, NOON + timedelta(minutes=1))["untouched"] == 0
