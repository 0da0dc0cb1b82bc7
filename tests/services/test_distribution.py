"""Who gets which card: claims in a crowd, caps and quotas to the last card, handing over and taking it back."""

from __future__ import annotations

import threading
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.schedule import Window, is_open
from app.errors import Refused
from app.extensions import db
from app.models import Assignment, Callback, Card, MassMove
from app.services import card_form, counters, dealing, distribution
from app.services.distribution import Place
from tests.factories import NOON, get_user, make_card, make_filter, make_group, make_operator, make_vehicle

ZONE = "Europe/Moscow"


def place(operator: Any, at: datetime = NOON) -> Place:
    return Place(operator.user_id, operator.group_id, at, ZONE)


def claim(session: Session, operator: Any, at: datetime = NOON) -> int | None:
    return distribution.claim_next(session, place(operator, at))


def pool_of(session: Session, ad_filter: Any, n: int) -> list[Card]:
    return [make_card(session, ad_filter=ad_filter, rank=n - i) for i in range(n)]


def open_n(session: Session, *rows: Any) -> list[int]:
    for row in rows:
        session.refresh(row)
    return [row.open_n for row in rows]


# --- in a crowd


def crowd(app: Flask, operators: list[int], group_id: int, each: int) -> tuple[list[int], list[str]]:
    """Everybody takes `each` times at once, every claim a transaction of its own."""
    taken: list[int] = []
    refused: list[str] = []
    start = threading.Barrier(len(operators))

    def work(operator_id: int) -> None:
        with app.app_context():
            start.wait()
            for _ in range(each):
                try:
                    card = distribution.claim_next(db.session(), Place(operator_id, group_id, NOON, ZONE))
                    db.session.commit()
                    if card is not None:
                        taken.append(card)
                except Refused as refusal:
                    db.session.rollback()
                    refused.append(refusal.reason.code)
            db.session.remove()

    threads = [threading.Thread(target=work, args=(operator,)) for operator in operators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)
    return taken, refused


@pytest.mark.usefixtures("own_database")
def test_twenty_people_at_once_share_no_card_and_break_no_cap(app: Flask, session: Session) -> None:
    group = make_group(session)
    free, scarce = make_filter(session, group=group), make_filter(session, group=group, open_cap=7, priority=5)
    operators = [make_operator(session, group, max_open=4 if n < 5 else 60, hour_cap=3 if n > 17 else 30).user_id
                 for n in range(20)]  # fmt: skip
    pool_of(session, scarce, 20)
    pool_of(session, free, 100)
    session.commit()

    taken, refused = crowd(app, operators, group.id, each=6)

    assert len(taken) == len(set(taken)) == 15 * 6 - 2 * 3 + 5 * 4
    assert refused.count("cap_open") == 5 * 2
    assert refused.count("cap_hour") == 2 * 3
    of_scarce = session.scalar(text("SELECT count(*) FROM card WHERE filter_id = :id AND stage = 2"), {"id": scarce.id})
    assert (of_scarce, *open_n(session, scarce)) == (7, 7)
    rows = session.execute(
        text("""
        SELECT p.open_n, p.hour_n, p.day_n, count(c.id) AS cards, count(a.id) AS assigned FROM operator_profile p
        JOIN card c ON c.operator_id = p.user_id JOIN assignment a ON a.card_id = c.id AND a.operator_id = p.user_id
        WHERE p.group_id = :id AND a.until_at IS NULL GROUP BY p.user_id
        """),
        {"id": group.id},
    ).all()
    assert len(rows) == 20
    assert all(row.open_n == row.hour_n == row.day_n == row.cards == row.assigned for row in rows)
    assert counters.count_anew(session) == 0


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
        record = distribution.move(
            session, ids[:25], people[turn % 6 : turn % 6 + 2], Place(0, None, NOON, ZONE), actor_id=people[0], why="x"
        )
        if turn % 3 == 0:
            distribution.undo_move(session, record.id, Place(0, None, NOON, ZONE), actor_id=people[0])

    def give_back(session: Session, turn: int) -> None:
        ids = session.scalars(select(Card.id).where(Card.stage.in_((1, 2))).order_by(Card.id).limit(9)).all()
        distribution.to_pool(session, _locked(session, ids), NOON, why="timeout")

    steps = [
        lambda session, turn: dealing.deal_cards(session, NOON, ZONE),
        lambda session, turn: distribution.claim_next(session, Place(people[turn % 6], group.id, NOON, ZONE)),
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


# --- taking


def test_a_full_filter_is_passed_over_for_the_next_best_card(session: Session) -> None:
    operator = make_operator(session, make_group(session))
    full = make_filter(session, group=operator.group, open_cap=1)
    other = make_filter(session, group=operator.group)
    best, second = pool_of(session, full, 2)
    last = make_card(session, ad_filter=other, rank=-5)
    assert [claim(session, operator) for _ in range(3)] == [best.id, last.id, None]
    assert open_n(session, operator, full) == [2, 1]
    session.refresh(second)
    assert second.stage == 0


def test_the_day_of_a_quota_ends_at_the_companys_midnight(session: Session) -> None:
    operator = make_operator(session, make_group(session))
    quota = make_filter(session, group=operator.group, day_cap=1)
    pool_of(session, quota, 3)
    evening = datetime.fromisoformat("2026-11-20T23:59:00+03:00")
    assert claim(session, operator, evening) is not None
    assert claim(session, operator, evening) is None
    assert claim(session, operator, evening + timedelta(minutes=2)) is not None


def test_a_card_of_a_filter_that_is_closed_at_this_hour_is_not_taken(session: Session) -> None:
    operator = make_operator(session, make_group(session))
    closed = make_filter(session, group=operator.group, schedule=[{"days": [4], "from": "18:00", "to": "20:00"}])
    card = make_card(session, ad_filter=closed, rank=9)
    assert claim(session, operator, NOON) is None
    assert claim(session, operator, NOON + timedelta(hours=6)) == card.id  # 18:00 in Moscow


clocks = st.times().map(lambda at: at.replace(second=0, microsecond=0))
windows = st.builds(Window, clocks | st.just(time(0)), clocks | st.just(time(0)), st.frozensets(st.integers(0, 6)))


@settings(max_examples=120)
@given(schedule=st.lists(windows, min_size=1, max_size=3), at=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)))
def test_the_claim_reads_a_schedule_as_the_domain_does(session: Session, schedule: Any, at: datetime) -> None:
    schedule = [Window(one.start, one.end, one.weekdays or frozenset(range(7))) for one in schedule]
    local = at.replace(tzinfo=ZoneInfo(ZONE))
    row = make_filter(session, schedule=[
        {"days": sorted(one.weekdays), "from": f"{one.start:%H:%M}", "to": f"{one.end:%H:%M}"} for one in schedule
    ])  # fmt: skip
    assert (row.id in distribution.closed_filters(session, local, ZONE)) is not is_open(tuple(schedule), local)
    session.delete(row)
    session.flush()


def test_who_let_a_card_go_is_not_given_it_again_at_once(session: Session) -> None:
    operator = make_operator(session, make_group(session))
    other = make_operator(session, operator.group)
    wanted = make_filter(session, group=operator.group)
    first, second = pool_of(session, wanted, 2)
    assert claim(session, operator) == first.id
    card_form.skip(session, first.id, "битая", actor_id=operator.user_id, now=NOON)
    assert claim(session, operator) == second.id
    assert claim(session, operator) is None
    assert claim(session, operator, NOON + timedelta(hours=13)) == first.id
    distribution.to_pool(session, [first.id], NOON, why="timeout")
    assert claim(session, other) == first.id


def test_a_private_card_comes_first_and_to_nobody_else(session: Session) -> None:
    group = make_group(session)
    mine, other = make_operator(session, group), make_operator(session, group)
    shared = make_card(session, ad_filter=make_filter(session, group=group), rank=100)
    private = make_card(
        session, filter_id=make_filter(session, operator_id=mine.user_id).id, for_operator_id=mine.user_id, rank=1
    )
    assert claim(session, other) == shared.id
    assert claim(session, other) is None
    assert claim(session, mine) == private.id


# --- dealing


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


# --- returning and closing


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

    assert distribution.return_overdue(session, NOON) == {"timeout": 1, "absent": 1, "untouched": 1}
    for card in (late, fresh, absent, untouched, touched, later):
        session.refresh(card)
    assert [card.stage for card in (late, absent, untouched)] == [0, 0, 0]
    assert [card.stage for card in (fresh, touched, later)] == [1, 2, 3]
    assert open_n(session, here, gone, wanted) == [2, 1, 3]
    assert counters.count_anew(session) == 0
    ended = session.scalars(select(Assignment.ended_why).where(Assignment.until_at.is_not(None)))
    assert sorted(ended) == ["absent", "timeout", "untouched"]
    assert distribution.return_overdue(session, NOON) == {"timeout": 0, "absent": 0, "untouched": 0}


def test_closing_frees_the_operator_and_the_quota_and_keeps_the_price(session: Session) -> None:
    operator = make_operator(session, make_group(session))
    quota = make_filter(session, group=operator.group, open_cap=1)
    card = make_card(session, make_vehicle(session, price=777), ad_filter=quota)
    spare = make_card(session, ad_filter=quota, rank=-1)
    claim(session, operator)
    session.add(Callback(card_id=card.id, operator_id=operator.user_id, at=NOON))
    session.flush()
    distribution.close(session, [card.id], NOON, why="status")
    session.refresh(card)
    assert (card.stage, card.closed_price, card.closed_why) == (9, 777, "status")
    assert open_n(session, operator, quota) == [0, 0]
    assert session.scalars(select(Callback.done_at)).one() == NOON
    assert claim(session, operator) == spare.id


# --- handing over


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
    return distribution.move(
        session, ids, [company["second"].user_id], place(company["first"]), actor_id=boss, why="заболел"
    )


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

    assert distribution.undo_move(session, record.id, place(company["first"]), actor_id=boss) == 3
    after = state_of(session, company)
    assert (after[0], after[1], after[2], after[4]) == (before[0], before[1], before[2], before[4])
    assert counters.count_anew(session) == 0
    with pytest.raises(Refused, match="move_already_undone"):
        distribution.undo_move(session, record.id, place(company["first"]), actor_id=boss)


def test_what_the_receiver_has_worked_on_stays_with_him_when_the_move_is_undone(session: Session, company: Any) -> None:
    record = hand_over(session, company)
    new = company["cards"][2]
    distribution.take(session, new.id, place(company["second"]))
    assert distribution.undo_move(session, record.id, place(company["first"]), actor_id=company["first"].user_id) == 2
    session.expire_all()
    assert [card.operator_id for card in company["cards"]] == [
        company["first"].user_id, company["first"].user_id, company["second"].user_id
    ]  # fmt: skip
    assert counters.count_anew(session) == 0


def test_the_receivers_caps_hold_and_what_finds_no_room_stays(session: Session, company: Any) -> None:
    company["second"].max_open = 2
    session.flush()
    ids = [card.id for card in company["cards"]]
    plan = distribution.plan_move(session, ids, [company["second"].user_id], place(company["first"]))
    assert (len(plan.cards), len(plan.left), plan.room) == (2, 1, {company["second"].user_id: 2})
    hand_over(session, company)
    assert open_n(session, company["second"]) == [2]
    with pytest.raises(Refused, match="move_no_room"):
        hand_over(session, company)


def test_a_taken_card_is_not_returned_the_minute_after_it_was_handed_over(session: Session, company: Any) -> None:
    session.execute(text("UPDATE card SET taken_at = :at WHERE stage = 2"), {"at": NOON - timedelta(days=1)})
    hand_over(session, company)
    assert distribution.return_overdue(session, NOON + timedelta(minutes=1))["untouched"] == 0
