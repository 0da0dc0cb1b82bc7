"""A result moves the card by its rules: plans the call back, makes one lead, stops calling, frees the operator."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import models
from app.errors import Refused
from app.extensions import db
from app.models import CALLBACK, CLOSED, IN_WORK, NEW
from app.services import counters, distribution, statuses
from app.services.statuses import Result
from tests import factories
from tests.factories import NOON
from tests.services.adverts import PHONE, bring_in, press, said, status_named, take_next

SOON = NOON + timedelta(hours=2)


@pytest.fixture
def operator(session):
    factories.make_filter(session, open_cap=100)
    return factories.make_operator(session)


@pytest.fixture
def card(session, operator):
    bring_in(session, factories.make_source(session), said(phones=(PHONE, "79020000002")))
    return take_next(session, operator)


def refusal(session, card, result, **more) -> str:
    with pytest.raises(Refused) as refused:
        statuses.set_status(session, card.id, result, now=NOON, **more)
    return refused.value.reason.code


def changes(session) -> list[tuple]:
    rows = session.execute(
        select(models.StatusChange.old_id, models.StatusChange.new_id).order_by(models.StatusChange.id)
    )
    return [tuple(row) for row in rows]


# --- transitions


def test_a_working_result_keeps_the_card_and_counts_the_attempt(session, card, operator):
    before = card.version
    press(session, card, "no_answer", operator)
    assert (card.stage, card.attempts_n, card.processed_at) == (CALLBACK, 1, NOON)
    assert card.next_call_at == NOON + timedelta(minutes=120)
    assert card.version > before
    assert changes(session) == [(None, status_named(session, "no_answer"))]


def test_every_status_may_follow_every_working_one(session, card, operator):
    codes = [row.code for row in statuses.rows(session) if not row.is_closing]
    for code in [*codes, *reversed(codes)]:
        press(session, card, code, operator, callback_at=SOON)
    assert len(changes(session)) == 2 * len(codes)
    assert card.attempts_n == 2 * len(codes)


@pytest.mark.parametrize("code", ["inspection", "refused", "sold", "wrong_number", "reseller", "do_not_call"])
def test_a_closing_result_ends_the_card_and_frees_its_operator(session, card, operator, code):
    press(session, card, code, operator)
    session.refresh(operator)
    assert (card.stage, card.closed_why, card.closed_price) == (CLOSED, "status", 1_000_000)
    assert card.next_call_at is None
    assert (operator.open_n, operator.new_n) == (0, 0)
    assert session.scalars(select(models.Assignment.ended_why)).all() == ["status"]
    assert session.get_one(models.AdFilter, card.filter_id).open_n == 0
    assert (
        refusal(session, card, Result(status_named(session, "no_answer")), actor_id=operator.user_id) == "card_closed"
    )


def test_a_status_with_rules_follows_only_those_it_names(session, card, operator):
    one, two = factories.make_status(session), factories.make_status(session)
    session.add(models.StatusRule(from_id=one.id, to_id=two.id))
    session.flush()
    assert refusal(session, card, Result(two.id), actor_id=operator.user_id) == "status_not_after"
    assert two.id not in {spec.id for spec in statuses.choices(session, card.status_id)}
    press(session, card, one.code, operator)
    assert two.id in {spec.id for spec in statuses.choices(session, card.status_id)}
    press(session, card, two.code, operator)
    assert card.status_id == two.id


def test_a_card_has_to_be_taken_before_a_result(session, operator):
    card = factories.make_card(session, operator=operator)
    result = Result(status_named(session, "no_answer"))
    assert card.stage == NEW
    assert refusal(session, card, result, actor_id=operator.user_id) == "card_not_taken"
    distribution.take(session, card.id, distribution.place_of(session, operator.user_id, NOON, "Europe/Moscow"))
    statuses.set_status(session, card.id, result, actor_id=operator.user_id, now=NOON)


def test_what_cannot_be_is_refused_by_name(session, card, operator):
    me = operator.user_id
    off = factories.make_status(session, is_enabled=False)
    assert refusal(session, card, Result(off.id), actor_id=me) == "status_disabled"
    assert refusal(session, card, Result(10**6), actor_id=me) == "status_unknown"
    assert refusal(session, card, Result(off.id), actor_id=factories.make_operator(session).user_id) == "card_not_yours"
    later = Result(status_named(session, "call_later"))
    assert refusal(session, card, later, actor_id=me) == "status_needs_callback"
    with pytest.raises(Refused) as refused:
        statuses.set_status(session, 10**9, later, actor_id=me, now=NOON)
    assert refused.value.reason.code == "card_gone"


def test_a_result_on_a_card_that_changed_meanwhile_is_refused(session, card, operator):
    seen = card.version
    press(session, card, "no_answer", operator)
    busy = Result(status_named(session, "busy"))
    assert refusal(session, card, busy, actor_id=operator.user_id, version=seen) == "card_changed_meanwhile"
    statuses.set_status(session, card.id, busy, actor_id=operator.user_id, now=NOON, version=card.version)


def test_a_note_goes_with_the_result_whatever_it_holds(session, card, operator):
    press(session, card, "no_answer", operator, note="  Перезвонить\0 🚗 ")
    assert session.scalars(select(models.Note.text)).all() == ["Перезвонить 🚗"]
    press(session, card, "busy", operator, note=" \0 ")
    assert len(session.scalars(select(models.Note.id)).all()) == 1


# --- calling back


def test_a_call_back_is_planned_in_the_sellers_zone_and_replaces_the_earlier_one(session, card, operator):
    press(session, card, "call_later", operator, callback_at=SOON, note="после обеда")
    press(session, card, "thinking", operator, callback_at=SOON + timedelta(days=1), anyones=True)
    first, second = session.scalars(select(models.Callback).order_by(models.Callback.id)).all()
    assert (first.at, first.done_at, first.operator_id, first.note) == (SOON, NOON, operator.user_id, "после обеда")
    assert (second.at, second.done_at, second.operator_id) == (SOON + timedelta(days=1), None, None)
    assert first.timezone == "Europe/Moscow"
    assert (card.stage, card.next_call_at) == (CALLBACK, SOON + timedelta(days=1))


def test_the_zone_is_that_of_the_cars_city(session, operator):
    city = factories.make_city(session, timezone="Asia/Vladivostok")
    card = factories.make_card(session, factories.make_vehicle(session, city=city), operator=operator, stage=IN_WORK)
    press(session, card, "call_later", operator, callback_at=SOON)
    assert session.scalars(select(models.Callback.timezone)).all() == ["Asia/Vladivostok"]


@pytest.mark.parametrize(("at", "code"), [(NOON, "callback_in_past"), (NOON + timedelta(days=400), "callback_too_far")])
def test_an_impossible_time_is_refused(session, card, operator, at, code):
    result = Result(status_named(session, "call_later"), callback_at=at)
    assert refusal(session, card, result, actor_id=operator.user_id) == code
    assert changes(session) == []


def test_a_closing_result_does_not_mind_a_time_left_over_in_the_form(session, card, operator):
    press(session, card, "refused", operator, callback_at=NOON - timedelta(hours=1))
    assert card.stage == CLOSED
    assert session.scalars(select(models.Callback.id)).all() == []


def test_after_the_last_attempt_nobody_is_called_again_by_itself(session, card, operator):
    for attempt in range(1, 7):
        press(session, card, "no_answer", operator)
        assert card.attempts_n == attempt
    assert (card.stage, card.next_call_at) == (IN_WORK, None)
    assert session.scalar(select(func.count()).where(models.Callback.done_at.is_(None))) == 0


# --- what closing leaves behind


def test_a_positive_result_leaves_one_lead_for_the_crm(session, card, operator):
    press(session, card, "inspection", operator)
    (lead,) = session.scalars(select(models.Lead)).all()
    assert (lead.card_id, lead.state, lead.by_id) == (card.id, "waiting", operator.user_id)
    assert lead.payload["price"] == 1_000_000
    assert PHONE not in str(lead.payload)


def test_a_result_pressed_twice_at_once_makes_one_lead_and_one_change(own_database, app, session):
    factories.make_filter(session)
    operator = factories.make_operator(session)
    bring_in(session, factories.make_source(session), said())
    card_id, me = take_next(session, operator).id, operator.user_id
    result = Result(status_named(session, "inspection"))
    session.commit()
    together, answers = threading.Barrier(2), []

    def press_it() -> None:
        with app.app_context():
            together.wait(20)
            try:
                statuses.set_status(db.session(), card_id, result, actor_id=me, now=NOON)
                db.session.commit()
                answers.append("done")
            except Refused as refused:
                answers.append(refused.reason.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=press_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == ["card_closed", "done"]
    assert session.scalar(select(func.count()).select_from(models.Lead)) == 1
    assert len(changes(session)) == 1
    session.refresh(operator)
    assert operator.open_n == 0


def test_do_not_call_puts_every_number_of_the_car_on_the_list(session, card, operator):
    session.add(models.DoNotCall(phone=PHONE, reason="asked before"))
    press(session, card, "do_not_call", operator)
    rows = dict(session.execute(select(models.DoNotCall.phone, models.DoNotCall.reason)).tuples().all())
    assert rows == {PHONE: "asked before", "79020000002": "status"}


# --- a supervisor opens again


def test_a_supervisor_may_open_a_closed_card_again_with_everything_that_belongs_to_it(session, card, operator):
    press(session, card, "refused", operator)
    boss = factories.get_user(session, "supervisor").id
    again = Result(status_named(session, "no_answer"))
    statuses.set_status(session, card.id, again, actor_id=boss, now=SOON, is_supervisor=True)
    session.expire_all()
    assert (card.stage, card.operator_id, card.closed_why) == (CALLBACK, operator.user_id, "")
    assert operator.open_n == 1
    assert session.get_one(models.AdFilter, card.filter_id).open_n == 1
    live = session.scalars(select(models.Assignment).where(models.Assignment.until_at.is_(None))).one()
    assert (live.card_id, live.operator_id, live.why, live.by_id) == (card.id, operator.user_id, "reopened", boss)
    assert counters.count_anew(session) == 0
    press(session, card, "refused", operator, now=SOON)
    session.expire_all()
    assert operator.open_n == 0


def test_a_supervisor_may_correct_how_a_card_was_closed(session, card, operator):
    press(session, card, "refused", operator)
    boss = factories.get_user(session, "supervisor").id
    right = Result(status_named(session, "inspection"))
    for _ in range(2):
        try:
            statuses.set_status(session, card.id, right, actor_id=boss, now=SOON, is_supervisor=True)
        except Refused as refused:
            assert refused.reason.code == "status_same"
    session.refresh(operator)
    assert card.stage == CLOSED and operator.open_n == 0
    assert session.scalar(select(func.count()).select_from(models.Lead)) == 1


def test_a_closed_card_is_not_opened_beside_an_open_one_of_the_same_car(session, card, operator):
    press(session, card, "refused", operator)
    factories.make_card(session, card.vehicle)
    boss = factories.get_user(session, "supervisor").id
    again = Result(status_named(session, "no_answer"))
    assert refusal(session, card, again, actor_id=boss, is_supervisor=True) == "card_open_already"


def test_the_card_of_a_car_that_is_gone_is_not_opened_again(session, card, operator):
    press(session, card, "refused", operator)
    card.vehicle.on_sale = False
    boss = factories.get_user(session, "supervisor").id
    again = Result(status_named(session, "no_answer"))
    assert refusal(session, card, again, actor_id=boss, is_supervisor=True) == "car_not_on_sale"


# --- the table of statuses


def test_the_first_statuses_are_sown_once_and_make_sense(session):
    assert statuses.seed(session) == 0
    for row in statuses.rows(session):
        statuses.check_status(row)
    assert len(statuses.rows(session)) == len(statuses.SEED)


def test_a_status_that_contradicts_itself_is_refused(session):
    with pytest.raises(Refused) as refused:
        statuses.check_status(models.Status(code="x", name="X", is_sold=True, makes_lead=True, is_closing=True))
    assert refused.value.reason.code == "status_contradicts"


# --- pauses that grow, and what happens when the tries are used up


def test_pauses_grow_with_every_try_and_wait_for_the_sellers_morning(session, card, operator):
    growing = factories.make_status(session, repeat_after_min=60, repeat_growth_pct=100)
    for hours in (1, 2, 4):
        press(session, card, growing.code, operator)
        assert card.next_call_at == NOON + timedelta(hours=hours)
    press(session, card, growing.code, operator)  # 20:00 in Moscow: nobody is called any more
    assert card.next_call_at == NOON + timedelta(hours=21)
    planned = session.scalars(select(models.Callback).where(models.Callback.done_at.is_(None))).one()
    assert planned.is_automatic


def test_with_the_last_try_the_card_gets_the_closing_status_that_the_supervisor_chose(session, card, operator):
    end = factories.make_status(session, is_closing=True)
    tried = factories.make_status(session, repeat_after_min=60, attempts_cap=2, at_cap_id=end.id)
    press(session, card, tried.code, operator)
    assert card.stage == CALLBACK
    press(session, card, tried.code, operator)
    session.refresh(operator)
    assert (card.stage, card.status_id, card.closed_why, card.attempts_n) == (CLOSED, end.id, "status", 2)
    assert changes(session) == [(None, tried.id), (tried.id, tried.id), (tried.id, end.id)]
    assert operator.open_n == 0
    assert session.scalars(select(models.Callback.id).where(models.Callback.done_at.is_(None))).all() == []


def test_a_time_that_a_person_has_chosen_outweighs_the_last_try(session, card, operator):
    end = factories.make_status(session, is_closing=True)
    tried = factories.make_status(session, repeat_after_min=60, attempts_cap=1, at_cap_id=end.id)
    press(session, card, tried.code, operator, callback_at=SOON)
    assert (card.stage, card.next_call_at) == (CALLBACK, SOON)


def test_an_end_that_was_put_into_the_archive_is_not_set(session, card, operator):
    end = factories.make_status(session, is_closing=True, is_enabled=False)
    tried = factories.make_status(session, repeat_after_min=60, attempts_cap=1, at_cap_id=end.id)
    press(session, card, tried.code, operator)
    assert (card.stage, card.status_id, card.next_call_at) == (IN_WORK, tried.id, None)


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        ({}, "status_at_cap_stays_open"),
        ({"is_closing": True, "makes_lead": True}, "status_at_cap_needs_person"),
        ({"is_closing": True, "is_do_not_call": True}, "status_at_cap_needs_person"),
        ({"is_closing": True, "is_reached": True}, "status_at_cap_needs_person"),
    ],
)
def test_what_only_a_person_can_know_is_never_set_by_a_counter(session, flags, code):
    end = factories.make_status(session, **flags)
    with pytest.raises(Refused) as refused:
        statuses.check_status(models.Status(code="x", name="X", repeat_after_min=5, attempts_cap=3, at_cap=end))
    assert refused.value.reason.code == code
