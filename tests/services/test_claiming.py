"""Who gets the next card: claims in a crowd, caps and quotas to the last card."""

from __future__ import annotations

import threading
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.schedule import Window, is_open
from app.errors import Refused
from app.extensions import db
from app.services import card_form, claiming, counters, returning
from app.services.distribution import Place
from tests.factories import NOON, make_card, make_filter, make_group, make_operator
from tests.services.pools import ZONE, claim, open_n, pool_of


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
                    card = claiming.claim_next(db.session(), Place(operator_id, group_id, NOON, ZONE))
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
    assert (row.id in claiming.closed_filters(session, local, ZONE)) is not is_open(tuple(schedule), local)
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
    returning.to_pool(session, [first.id], NOON, why="timeout")
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
