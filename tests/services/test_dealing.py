"""Dealing: tried out and done, beside everything else that happens to cards at the same time."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.errors import Refused
from app.extensions import db
from app.models import Card
from app.services import claiming, counters, dealing, moving, returning
from app.services.distribution import Place
from tests.factories import NOON, make_card, make_filter, make_group, make_operator
from tests.services.pools import ZONE, open_n, pool_of


@pytest.mark.usefixtures("own_database")
def test_dealing_taking_moving_and_returning_at_once_neither_stick_nor_miscount(app: Flask, session: Session) -> None:
    group = make_group(session)
    filters = [make_filter(session, group=group, open_cap=200) for _ in range(4)]
    people = [make_operator(session, group, max_new=40).user_id for _ in range(6)]
    for ad_filter in filters:
        pool_of(session, ad_filter, 40)
    session.commit()
    troubles: list[BaseException] = []
    start = threading.Barrier(4)

    def often(step: Any) -> None:
        with app.app_context():
            start.wait()
            for turn in range(12):
                try:
                    step(db.session(), turn)
                    db.session.commit()
                except Refused:
                    db.session.rollback()
                except BaseException as trouble:  # a deadlock ends up here
                    db.session.rollback()
                    troubles.append(trouble)
            db.session.remove()

    def move(session: Session, turn: int) -> None:
        ids = session.scalars(select(Card.id).where(Card.stage < 9).order_by(-Card.id if turn % 2 else Card.id)).all()
        record = moving.move(
            session, ids[:25], people[turn % 6 : turn % 6 + 2], Place(0, None, NOON, ZONE), actor_id=people[0], why="x"
        )
        if turn % 3 == 0:
            moving.undo_move(session, record.id, Place(0, None, NOON, ZONE), actor_id=people[0])

    def give_back(session: Session, turn: int) -> None:
        ids = session.scalars(select(Card.id).where(Card.stage.in_((1, 2))).order_by(Card.id).limit(9)).all()
        returning.to_pool(session, _locked(session, ids), NOON, why="timeout")

    steps = [
        lambda session, turn: dealing.deal_cards(session, NOON, ZONE),
        lambda session, turn: claiming.claim_next(session, Place(people[turn % 6], group.id, NOON, ZONE)),
        move,
        give_back,
    ]
    threads = [threading.Thread(target=often, args=(step,)) for step in steps]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=90)
    assert not troubles
    assert counters.count_anew(session) == 0


def _locked(session: Session, ids: Any) -> list[int]:
    rows = session.execute(
        text("SELECT id FROM card WHERE id = ANY(:ids) AND stage IN (1,2) ORDER BY id FOR UPDATE SKIP LOCKED"),
        {"ids": list(ids)},
    )
    return list(rows.scalars())


def test_a_deal_that_is_only_tried_out_changes_nothing(session: Session) -> None:
    group = make_group(session)
    operator = make_operator(session, group, max_new=2)
    pool_of(session, make_filter(session, group=group), 5)
    told = dealing.preview(session, NOON, ZONE)
    assert told["by_operator"] == {operator.user_id: 2}
    assert told["waiting"] == {"all_full": 3}
    assert open_n(session, operator) == [0]
    done = dealing.deal_cards(session, NOON, ZONE)
    assert dict(done.by_operator) == told["by_operator"]
    session.refresh(operator)
    assert (operator.new_n, operator.open_n, operator.day_n) == (2, 2, 2)


def test_a_pool_full_of_cards_that_wait_hides_no_other_pool(session: Session) -> None:
    stuck, works = make_group(session), make_group(session)
    operator = make_operator(session, works)
    pool_of(session, make_filter(session, group=stuck), 80)
    card = make_card(session, ad_filter=make_filter(session, group=works), rank=-1000)
    dealing.deal_cards(session, NOON, ZONE)
    session.refresh(card)
    assert (card.stage, card.operator_id) == (1, operator.user_id)
