"""Call-backs: as many as can be called, whose they are, moved by a supervisor, and not forgotten when one is away."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app import models
from app.errors import Refused
from app.models import CALLBACK, IN_WORK
from app.services import callback_list, callback_sharing, callbacks, counters, moving, statuses
from app.services.callback_list import Choice
from app.services.distribution import Place
from app.services.statuses import Result
from tests import factories
from tests.factories import NOON
from tests.services.adverts import press, status_named

SOON = NOON + timedelta(hours=2)
ZONE = "Europe/Moscow"


@pytest.fixture
def group(session):
    return factories.make_group(session)


@pytest.fixture
def operator(session, group):
    return factories.make_operator(session, group)


def planned(session, operator, at=SOON, code="call_later", **more):
    """A card of the operator with a call-back at that time."""
    city = more.pop("city", None)
    vehicle = factories.make_vehicle(session, **({"city": city} if city else {}))
    card = factories.make_card(session, vehicle, operator=operator, stage=IN_WORK, **more.pop("card", {}))
    operator.open_n += 1
    session.flush()
    return press(session, card, code, operator, now=more.pop("now", NOON - timedelta(hours=1)), callback_at=at, **more)


def set_setting(session, **values):
    session.add_all(models.Setting(name=name, value=value) for name, value in values.items())
    session.flush()


def owner(session, card):
    return session.scalar(
        select(models.Callback.operator_id).where(models.Callback.card_id == card.id, models.Callback.done_at.is_(None))
    )


def place(session, now=NOON):
    return Place(factories.get_user(session, "supervisor").id, None, now, ZONE)


# --- how many may be planned


def test_an_hour_that_is_full_is_refused_and_the_next_one_is_not(session, operator):
    set_setting(session, callback_hour_cap=2)
    for minute in (0, 59):
        planned(session, operator, SOON + timedelta(minutes=minute))
    with pytest.raises(Refused) as refused:
        planned(session, operator, SOON + timedelta(minutes=30))
    assert refused.value.reason.code == "callback_hour_full"
    assert refused.value.reason.args == {"n": 2, "cap": 2, "hour": "14:00"}
    planned(session, operator, SOON + timedelta(hours=1))


def test_a_day_that_is_full_is_refused_by_the_sellers_calendar(session, operator):
    set_setting(session, callback_day_cap=2)
    far = factories.make_city(session, timezone="Asia/Vladivostok")
    planned(session, operator, SOON)
    planned(session, operator, NOON + timedelta(hours=6))  # 18:00 in Moscow, past midnight in Vladivostok
    with pytest.raises(Refused) as refused:
        planned(session, operator, NOON + timedelta(hours=5))
    assert refused.value.reason.code == "callback_day_full"
    planned(session, operator, NOON + timedelta(hours=5), city=far)  # there it is tomorrow already


def test_moving_the_own_call_back_within_a_full_hour_is_no_new_one(session, operator):
    set_setting(session, callback_hour_cap=1)
    card = planned(session, operator)
    press(session, card, "thinking", operator, callback_at=SOON + timedelta(minutes=10))
    assert card.next_call_at == SOON + timedelta(minutes=10)


def test_what_a_status_plans_by_itself_fills_nobodys_hour_and_is_not_refused(session, operator):
    set_setting(session, callback_hour_cap=1, callback_day_cap=1)
    for _ in range(3):
        card = planned(session, operator, None, "no_answer", now=NOON)
        assert card.next_call_at == SOON
    planned(session, operator)
    planned(session, operator, None, "no_answer", now=NOON)


def test_whoever_steers_the_work_may_overload_on_purpose(session, operator):
    set_setting(session, callback_hour_cap=1)
    planned(session, operator)
    card = factories.make_card(session, operator=operator, stage=IN_WORK)
    boss = factories.get_user(session, "supervisor").id
    result = Result(status_named(session, "call_later"), callback_at=SOON)
    statuses.set_status(session, card.id, result, actor_id=boss, now=NOON, is_supervisor=True)
    assert card.stage == CALLBACK


# --- the supervisor's list


def test_the_longest_overdue_stand_first_and_the_choice_narrows(session, group, operator):
    other = factories.make_operator(session, presence="offline")
    late = planned(session, operator, NOON - timedelta(minutes=5))
    later = planned(session, other, NOON - timedelta(minutes=50))
    next_day = planned(session, operator, NOON + timedelta(days=1), anyones=True)

    def found(**choice):
        return [row.id for row in callback_list.rows(session, Choice(**choice), NOON, ZONE)]

    assert found() == [later.id, late.id, next_day.id]
    assert found(when="overdue") == [later.id, late.id]
    assert found(when="tomorrow") == found(day=(NOON + timedelta(days=1)).date()) == [next_day.id]
    assert found(operator_id=operator.user_id) == found(group_id=group.id) == [late.id, next_day.id]
    assert found(kind="common") == [next_day.id]
    assert found(kind="away") == [later.id]
    assert found(status_id=late.status_id, kind="personal") == [later.id, late.id]
    assert callback_list.ids(session, Choice(when="overdue"), NOON, ZONE) == [later.id, late.id]
    totals = callback_list.totals(session, Choice(kind="common"), NOON, ZONE)
    assert (totals.found, totals.every, totals.overdue, totals.tomorrow, totals.common, totals.away) == (
        1,
        3,
        2,
        1,
        1,
        1,
    )
    assert totals.oldest == NOON - timedelta(minutes=50)


def test_made_common_and_personal_again(session, operator):
    card, boss = planned(session, operator), factories.get_user(session, "supervisor").id
    assert callbacks.make_common(session, [card.id], actor_id=boss, now=NOON) == 1
    assert callbacks.make_common(session, [card.id], actor_id=boss, now=NOON) == 0
    assert owner(session, card) is None
    assert callbacks.make_personal(session, [card.id], actor_id=boss, now=NOON) == 1
    assert owner(session, card) == operator.user_id
    session.flush()
    told = select(models.AuditEvent.what).where(models.AuditEvent.subject == "callback").order_by(models.AuditEvent.id)
    assert session.scalars(told).all() == ["callbacks_made_common", "callbacks_made_personal"]


def test_planned_anew_the_card_and_its_call_back_move_and_an_open_desk_notices(session, operator):
    cards = [planned(session, operator), planned(session, operator, NOON - timedelta(minutes=5))]
    far = planned(session, operator, city=factories.make_city(session, timezone="Asia/Vladivostok"))
    before, boss = far.version, factories.get_user(session, "supervisor").id
    at = NOON + timedelta(hours=4)  # evening in Moscow hours, night in Vladivostok
    done = callbacks.replan(session, [card.id for card in [*cards, far]], at, actor_id=boss, now=NOON)
    session.expire_all()
    assert (done.n, done.at_night) == (3, 1)
    assert {card.next_call_at for card in [*cards, far]} == {at}
    assert set(session.scalars(select(models.Callback.at).where(models.Callback.done_at.is_(None)))) == {at}
    assert far.version == before + 1
    with pytest.raises(Refused):
        callbacks.replan(session, [far.id], NOON - timedelta(hours=1), actor_id=boss, now=NOON)


def test_handing_over_takes_the_call_back_along_and_undoing_brings_it_back(session, group, operator):
    other, card = factories.make_operator(session, group), planned(session, operator)
    record = moving.move(session, [card.id], [other.user_id], place(session), actor_id=operator.user_id, why="отпуск")
    session.expire_all()
    assert (card.operator_id, owner(session, card), card.next_call_at) == (other.user_id, other.user_id, SOON)
    assert moving.to_undo(session, record.id).n == 1
    moving.undo_move(session, record.id, place(session), actor_id=operator.user_id)
    session.expire_all()
    assert (card.operator_id, owner(session, card), card.stage) == (operator.user_id, operator.user_id, CALLBACK)
    assert moving.to_undo(session, record.id) is None


# --- when its operator is away


def test_a_missed_call_back_of_an_absent_operator_goes_to_the_group_after_its_minutes(session, operator):
    operator.presence = "offline"
    card = planned(session, operator, NOON)
    assert callback_sharing.release_absent(session, NOON + timedelta(minutes=14)) == 0
    assert callback_sharing.release_absent(session, NOON + timedelta(minutes=15)) == 1
    assert owner(session, card) is None
    assert callback_sharing.release_absent(session, NOON + timedelta(minutes=16)) == 0


def test_who_is_at_work_keeps_his_own_and_zero_minutes_switch_it_off(session, operator):
    later = NOON + timedelta(minutes=20)
    card = planned(session, operator, NOON)
    assert callback_sharing.release_absent(session, later) == 0
    operator.presence = "paused"
    set_setting(session, callback_common_after_min=0)
    session.flush()
    assert callback_sharing.release_absent(session, later) == 0
    assert owner(session, card) == operator.user_id


def test_a_card_of_a_filter_that_names_one_operator_stays_his(session, operator):
    operator.presence = "offline"
    planned(session, operator, NOON, card={"for_operator_id": operator.user_id})
    assert callback_sharing.release_absent(session, NOON + timedelta(hours=1)) == 0
    assert callback_sharing.share_due(session, NOON + timedelta(hours=1), ZONE) == 0


def test_a_due_common_call_back_goes_to_a_colleague_at_work_who_has_none_waiting(session, group, operator):
    operator.presence = "offline"
    stranger, busy, free = (
        factories.make_operator(session),
        factories.make_operator(session, group),
        factories.make_operator(session, group),
    )
    planned(session, busy, NOON)
    cards = [planned(session, operator, NOON, anyones=True) for _ in range(2)]
    later = NOON + timedelta(minutes=1)
    assert callback_sharing.share_due(session, NOON - timedelta(minutes=1), ZONE) == 0  # its time has not come
    assert callback_sharing.share_due(session, later, ZONE) == 1  # one each: nobody is buried
    session.expire_all()
    assert [card.operator_id for card in cards] == [free.user_id, operator.user_id]
    assert (free.open_n, operator.open_n, stranger.open_n) == (1, 1, 0)
    live = session.scalars(
        select(models.Assignment).where(models.Assignment.card_id == cards[0].id, models.Assignment.until_at.is_(None))
    ).one()
    assert (live.operator_id, live.why, live.by_id) == (free.user_id, "callback", None)
    assert callback_sharing.share_due(session, later, ZONE) == 0
    assert counters.count_anew(session) == 0


def test_its_own_operator_keeps_a_common_one_while_he_is_there_and_does_not_let_it_lie(session, group, operator):
    factories.make_operator(session, group)
    card = planned(session, operator, NOON, anyones=True)
    card.assigned_at = NOON - timedelta(hours=1)
    session.flush()
    assert callback_sharing.share_due(session, NOON + timedelta(minutes=10), ZONE) == 0
    assert callback_sharing.share_due(session, NOON + timedelta(minutes=16), ZONE) == 1
    assert (
        callback_sharing.share_due(session, NOON + timedelta(minutes=17), ZONE) == 0
    )  # the colleague has his time too


def test_nobody_over_his_limit_is_given_a_call_back(session, group, operator):
    operator.presence = "offline"
    factories.make_operator(session, group, max_open=0)
    factories.make_operator(session, group, day_cap=0)
    planned(session, operator, NOON, anyones=True)
    assert callback_sharing.share_due(session, NOON + timedelta(minutes=1), ZONE) == 0
    assert session.scalar(select(func.count()).select_from(models.Assignment)) == 0
