"""Whom a campaign calls next: the best who may be called, for one operator only, never against a rule."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from app.domain.calling_rules import EVERY_DAY, CallRules, may_person_be_called
from app.extensions import db
from app.models import CALLBACK, IN_WORK, CampaignTarget
from app.services import campaign_targets, stop_list
from app.services.calls import attempts
from app.services.distribution import Place
from tests.factories import NOON, fictional_phone, make_city, make_filter, make_group, make_operator
from tests.services.calls_made import make_asterisk, make_call
from tests.services.campaigns_made import make_campaign, make_target
from tests.services.pools import ZONE, open_n, place

RULES = CallRules()


def give(session: Session, campaign: Any, operator: Any, rules: CallRules = RULES, **more: Any) -> int | None:
    values = {"from_pool": True} | more
    return campaign_targets.give_next(session, campaign.id, place(operator, values.pop("at", NOON)), rules, **values)


@pytest.fixture
def group(session: Session) -> Any:
    return make_group(session)


@pytest.fixture
def operator(session: Session, group: Any) -> Any:
    return make_operator(session, group)


def test_the_best_card_of_all_the_pools_is_given_and_counted(session: Session, group: Any, operator: Any) -> None:
    filters = [make_filter(session, group=group) for _ in range(2)]
    campaign = make_campaign(session, group=group, filters=filters)
    low = make_target(session, campaign, rank=1)
    campaign.filters.reverse()
    high = make_target(session, campaign, rank=2)
    assert [give(session, campaign, operator) for _ in range(3)] == [high.id, low.id, None]
    session.refresh(high)
    assert (high.stage, high.operator_id) == (IN_WORK, operator.user_id)
    given = session.get(CampaignTarget, high.id)
    assert given is not None and (given.campaign_id, given.operator_id) == (campaign.id, operator.user_id)
    assert open_n(session, operator) == [2]


def test_the_operators_own_due_call_back_goes_before_anything_new(session: Session, group: Any, operator: Any) -> None:
    campaign = make_campaign(session, group=group)
    first = make_target(session, campaign, rank=5)
    assert give(session, campaign, operator) == first.id
    session.refresh(first)
    first.stage, first.next_call_at = CALLBACK, NOON - timedelta(minutes=1)
    make_target(session, campaign, rank=9)
    session.flush()
    assert give(session, campaign, operator) == first.id


def test_a_draining_campaign_gives_only_what_was_promised(session: Session, group: Any, operator: Any) -> None:
    campaign = make_campaign(session, group=group)
    make_target(session, campaign)
    assert give(session, campaign, operator, from_pool=False) is None


def test_who_must_not_be_called_is_passed_over(session: Session, group: Any, operator: Any) -> None:
    campaign, server = make_campaign(session, group=group), make_asterisk(session)
    stopped, busy = fictional_phone(), fictional_phone()
    stop_list.add(session, stopped, reason="", actor_id=None, now=NOON)
    make_call(session, server, phone=busy, state="ringing")
    make_target(session, campaign, rank=9, phone=stopped)
    make_target(session, campaign, rank=8, phone=busy)
    make_target(session, campaign, rank=7, city=make_city(session, timezone="Asia/Kamchatka"))  # nine in the evening
    make_target(session, campaign, rank=6, ad_state="gone")
    assert give(session, campaign, operator) is None
    last = make_target(session, campaign, rank=1)
    assert give(session, campaign, operator) == last.id


def test_a_filter_that_is_full_gives_nothing(session: Session, group: Any, operator: Any) -> None:
    campaign = make_campaign(session, group=group, filters=[make_filter(session, group=group, open_cap=1)])
    best, _second = make_target(session, campaign, rank=2), make_target(session, campaign, rank=1)
    assert [give(session, campaign, operator) for _ in range(2)] == [best.id, None]


rules_of = st.builds(
    CallRules,
    hours=st.tuples(st.integers(0, 12), st.integers(13, 24)),
    day_cap=st.integers(0, 3),
    life_cap=st.integers(0, 4),
    gap=st.integers(0, 600).map(lambda n: timedelta(minutes=n)),
    weekdays=st.frozensets(st.integers(0, 6), min_size=4) | st.just(EVERY_DAY),
    holidays=st.frozensets(st.tuples(st.just(3), st.integers(20, 31)), max_size=3),
    is_spread=st.booleans(),
)
# Around a change of the clocks in two of the zones.
moments = st.datetimes(datetime(2021, 3, 25), datetime(2021, 4, 5)).map(lambda at: at.replace(tzinfo=UTC))
tries = st.lists(st.tuples(st.integers(1, 3000), st.booleans()), max_size=5, unique_by=lambda one: one[0])


@settings(max_examples=150, deadline=None)
@given(rules_of, st.sampled_from(("Europe/Moscow", "Asia/Kamchatka", "Europe/Berlin", "Australia/Lord_Howe")),
       moments, tries)  # fmt: skip
def test_the_choice_reads_the_rules_as_the_domain_does(
    session: Session, rules: CallRules, zone: str, now: datetime, ago: list[tuple[int, bool]]
) -> None:
    asked = session.begin_nested()
    group = make_group(session)
    operator, campaign, server = (
        make_operator(session, group),
        make_campaign(session, group=group),
        make_asterisk(session),
    )
    phone = fictional_phone()
    make_target(session, campaign, phone=phone, city=make_city(session, timezone=zone))
    for minutes, is_answered in ago:
        at = now - timedelta(minutes=minutes)
        make_call(session, server, phone=phone, created_at=at, outcome="answered" if is_answered else "no_answer")
    told = may_person_be_called(attempts(session, phone), now=now, zone=ZoneInfo(zone), rules=rules)
    assert (give(session, campaign, operator, rules, at=now) is not None) is told.passed
    asked.rollback()


@pytest.mark.usefixtures("own_database")
def test_fifty_operators_at_once_share_no_target(app: Flask, session: Session) -> None:
    group = make_group(session)
    campaign, city = make_campaign(session, group=group), make_city(session)
    operators = [make_operator(session, group, max_open=50).user_id for _ in range(50)]
    cards = {make_target(session, campaign, rank=n, city=city).id for n in range(150)}
    session.commit()
    campaign_id, group_id = campaign.id, group.id
    taken: list[int] = []
    start = threading.Barrier(len(operators))

    def work(operator_id: int) -> None:
        with app.app_context():
            start.wait()
            for _ in range(4):
                at = Place(operator_id, group_id, NOON, ZONE)
                card = campaign_targets.give_next(db.session(), campaign_id, at, RULES, from_pool=True)
                db.session.commit()
                if card is not None:
                    taken.append(card)
            db.session.remove()

    threads = [threading.Thread(target=work, args=(one,)) for one in operators]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)
    assert not any(thread.is_alive() for thread in threads)
    assert len(taken) == len(set(taken)) == len(cards) and set(taken) == cards
