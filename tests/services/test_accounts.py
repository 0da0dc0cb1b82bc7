"""Switching people off: what ends with an account, and that somebody is left who can administer."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from app import models
from app.errors import Refused
from app.extensions import db
from app.models import IN_WORK, NEW, POOL, Assignment, AuditEvent, OperatorProfile, UserSession
from app.services import accounts, people
from tests import factories
from tests.factories import NOON, get_user


def test_who_is_switched_off_is_logged_out_and_the_new_cards_go_back(session):
    user, boss = get_user(session, "operator"), get_user(session, "admin")
    profile = session.get_one(OperatorProfile, user.id)
    fresh = factories.make_card(session, operator=profile, stage=NEW)
    begun = factories.make_card(session, operator=profile, stage=IN_WORK)
    session.add(Assignment(card_id=fresh.id, operator_id=user.id, from_at=NOON, why="dealt"))
    profile.open_n, profile.new_n = 2, 1
    session.add(UserSession(sid_hash="somewhere", user_id=user.id))
    token = people.reset_link(session, user.id, now=NOON, actor_id=boss.id)
    session.flush()

    assert accounts.switch_off(session, user.id, actor_id=boss.id, now=NOON) == 1
    session.expire_all()
    assert not user.active and session.query(UserSession).filter_by(user_id=user.id).count() == 0
    assert (fresh.stage, fresh.operator_id) == (POOL, None)
    assert (begun.stage, begun.operator_id) == (IN_WORK, user.id), "what is begun a supervisor hands over"
    assert (profile.open_n, profile.new_n, profile.presence) == (1, 0, "offline")
    assert people.find_invite(session, token, NOON) is None
    ended = session.scalars(select(Assignment.ended_why).where(Assignment.card_id == fresh.id)).all()
    assert ended == ["switched_off"]
    (event,) = session.scalars(select(AuditEvent).where(AuditEvent.what == "user_switched_off"))
    assert event.actor_id == boss.id and event.subject_id == user.id and event.details == {"cards_returned": 1}


def test_who_is_switched_on_may_log_in_again(session, app):
    user, boss = get_user(session, "operator"), get_user(session, "admin")
    accounts.switch_off(session, user.id, actor_id=boss.id, now=NOON)
    accounts.switch_on(session, user.id, actor_id=boss.id)
    session.commit()
    app.test_client().log_in("operator")
    with pytest.raises(Refused) as refused:
        accounts.switch_on(session, user.id, actor_id=boss.id)
    assert refused.value.reason.code == "already_on"


def test_nobody_switches_off_the_own_account_or_twice(session):
    boss, user = get_user(session, "admin"), get_user(session, "operator")
    with pytest.raises(Refused) as refused:
        accounts.switch_off(session, boss.id, actor_id=boss.id, now=NOON)
    assert refused.value.reason.code == "not_yourself"
    accounts.switch_off(session, user.id, actor_id=boss.id, now=NOON)
    with pytest.raises(Refused) as refused:
        accounts.switch_off(session, user.id, actor_id=boss.id, now=NOON)
    assert refused.value.reason.code == "already_off"


def test_two_administrators_who_switch_each_other_off_leave_one(own_database, app, session):
    first = get_user(session, "admin").id
    second = factories.make_user(session, "admin2", role="Admin").id
    session.commit()
    together, answers = threading.Barrier(2), []

    def off(who: int, actor: int) -> None:
        with app.app_context():
            together.wait(20)
            try:
                accounts.switch_off(db.session(), who, actor_id=actor, now=NOON)
                db.session.commit()
                answers.append("off")
            except Refused as refused:
                db.session.rollback()
                answers.append(refused.reason.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=off, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == ["last_admin", "off"]
    session.expire_all()
    assert session.query(models.UserSession).count() == 0
