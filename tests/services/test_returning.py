"""What nobody works on goes back to the pool; what is closed frees its operator."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Assignment, Callback, Card
from app.services import counters, returning
from tests.factories import NOON, make_card, make_filter, make_group, make_operator, make_vehicle
from tests.services.pools import claim, open_n


def test_what_nobody_opens_or_touches_goes_back_and_the_rest_stays(session: Session) -> None:
    group = make_group(session, return_after_min=60)
    here = make_operator(session, group, seen_at=NOON)
    gone = make_operator(session, group, seen_at=NOON - timedelta(hours=2))
    wanted = make_filter(session, group=group, open_cap=50)

    def of(operator: Any, stage: int, minutes: int, **more: Any) -> Card:
        at = NOON - timedelta(minutes=minutes)
        card = make_card(
            session,
            operator=operator,
            ad_filter=wanted,
            stage=stage,
            assigned_at=at,
            taken_at=at if stage > 1 else None,
        )
        for name, value in more.items():
            setattr(card, name, value)
        session.add(Assignment(card_id=card.id, operator_id=operator.user_id, why="dealt", from_at=at))
        session.flush()
        return card

    late, fresh, absent = of(here, 1, 61), of(here, 1, 59), of(gone, 1, 5)
    untouched, touched = of(here, 2, 481), of(here, 2, 481, form={"year": 2018})
    later = of(gone, 3, 900, next_call_at=NOON)
    counters.count_anew(session)

    assert returning.return_overdue(session, NOON) == {"timeout": 1, "absent": 1, "untouched": 1}
    for card in (late, fresh, absent, untouched, touched, later):
        session.refresh(card)
    assert [card.stage for card in (late, absent, untouched)] == [0, 0, 0]
    assert [card.stage for card in (fresh, touched, later)] == [1, 2, 3]
    assert open_n(session, here, gone, wanted) == [2, 1, 3]
    assert counters.count_anew(session) == 0
    ended = session.scalars(select(Assignment.ended_why).where(Assignment.until_at.is_not(None)))
    assert sorted(ended) == ["absent", "timeout", "untouched"]
    assert returning.return_overdue(session, NOON) == {"timeout": 0, "absent": 0, "untouched": 0}


def test_closing_frees_the_operator_and_the_quota_and_keeps_the_price(session: Session) -> None:
    operator = make_operator(session, make_group(session))
    quota = make_filter(session, group=operator.group, open_cap=1)
    card = make_card(session, make_vehicle(session, price=777), ad_filter=quota)
    spare = make_card(session, ad_filter=quota, rank=-1)
    claim(session, operator)
    session.add(Callback(card_id=card.id, operator_id=operator.user_id, at=NOON))
    session.flush()
    returning.close(session, [card.id], NOON, why="status")
    session.refresh(card)
    assert (card.stage, card.closed_price, card.closed_why) == (9, 777, "status")
    assert open_n(session, operator, quota) == [0, 0]
    assert session.scalars(select(Callback.done_at)).one() == NOON
    assert claim(session, operator) == spare.id
