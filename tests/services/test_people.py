"""Links that let people in: one use, a few days, the newest only; a weak password is refused and costs no link."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import func, select

from app import models
from app.errors import Refused
from app.extensions import db
from app.security import ADMIN, OPERATOR, SUPERVISOR, PasswordRefused
from app.services import people
from tests import factories
from tests.factories import NOON

GOOD = "тихий омут с чертями 8"


@pytest.fixture
def sm(app, session):
    return app.extensions["appbuilder"].sm


def invite(session, username="newcomer", role=OPERATOR, now=NOON, **more) -> str:
    return people.invite(session, username=username, role=role, now=now, **more)


def code_of(refused) -> str:
    return refused.value.reason.code


def test_an_invited_operator_makes_the_own_account_with_group_and_profile(session, sm):
    group = factories.make_group(session)
    token = invite(session, first_name="Нина", last_name="Новая", email="nina@example.test", group_id=group.id)
    user = people.accept(sm, token, GOOD, NOON)
    assert (user.username, user.first_name, [role.name for role in user.roles]) == ("newcomer", "Нина", [OPERATOR])
    assert session.get_one(models.OperatorProfile, user.id).group_id == group.id
    assert sm.auth_user_db("newcomer", GOOD) is not None


def test_a_link_works_once(session, sm):
    token = invite(session)
    people.accept(sm, token, GOOD, NOON)
    with pytest.raises(Refused) as refused:
        people.accept(sm, token, GOOD, NOON)
    assert code_of(refused) == "invite_dead"


def test_a_link_pressed_twice_at_once_makes_one_account(own_database, app, session):
    token = invite(session)
    session.commit()
    together, answers = threading.Barrier(2), []

    def press() -> None:
        with app.app_context():
            together.wait(20)
            try:
                people.accept(app.extensions["appbuilder"].sm, token, GOOD, NOON)
                answers.append("in")
            except Refused as refused:
                answers.append(refused.reason.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(answers) == ["in", "invite_dead"]
    assert session.scalar(select(func.count()).where(User.username == "newcomer")) == 1


def test_an_invitation_lives_three_days(session):
    token = invite(session)
    assert people.find_invite(session, token, NOON + timedelta(hours=71, minutes=59)) is not None
    assert people.find_invite(session, token, NOON + timedelta(hours=72)) is None


def test_a_newer_invitation_replaces_the_older_one(session):
    older = invite(session, "Newcomer")
    newer = invite(session, "newcomer", now=NOON + timedelta(minutes=1))
    later = NOON + timedelta(minutes=2)
    assert people.find_invite(session, older, later) is None
    assert people.find_invite(session, newer, later) is not None


def test_only_the_hash_of_a_token_is_kept(session):
    token = invite(session)
    row = session.scalars(select(models.Invite)).one()
    assert token not in str(row.__dict__)
    assert people.find_invite(session, row.token_hash, NOON) is None


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short 7", "password_short"),
        ("я" * 201, "password_long"),
        ("password 2026 !", "password_common"),
        ("ааааааааааааааа", "password_common"),
        ("my Newcomer pass", "password_is_name"),
    ],
)
def test_a_weak_password_is_refused_and_the_link_stays(session, sm, password, code):
    token = invite(session)
    with pytest.raises(PasswordRefused) as refused:
        people.accept(sm, token, password, NOON)
    assert refused.value.code == code
    assert people.find_invite(session, token, NOON) is not None
    people.accept(sm, token, GOOD, NOON)


@pytest.mark.parametrize("name", ["", "x", "a b", "<b>", "a'b", "n\0l", "x" * 65])
def test_a_name_nobody_can_type_is_refused(session, name):
    with pytest.raises(Refused) as refused:
        invite(session, name)
    assert code_of(refused) == "username_bad"


def test_a_taken_name_and_an_unknown_role_are_refused(session):
    with pytest.raises(Refused) as refused:
        invite(session, "OPERATOR")
    assert code_of(refused) == "username_taken"
    with pytest.raises(Refused) as refused:
        invite(session, role="King")
    assert code_of(refused) == "role_unknown"


def test_a_name_taken_in_between_is_refused_and_makes_nobody(session, sm):
    token = invite(session)
    factories.make_user(session, "newcomer")
    session.commit()
    with pytest.raises(Refused) as refused:
        people.accept(sm, token, GOOD, NOON)
    assert code_of(refused) == "username_taken"
    assert session.scalar(select(func.count()).where(User.username == "newcomer")) == 1


def test_a_reset_sets_the_password_and_ends_every_session(session, sm):
    user = factories.get_user(session, "operator")
    session.add(models.UserSession(sid_hash="somewhere", user_id=user.id))
    other = factories.get_user(session, "operator2")
    session.add(models.UserSession(sid_hash="elsewhere", user_id=other.id))
    token = people.reset_link(session, user.id, now=NOON, actor_id=None)
    people.accept(sm, token, GOOD, NOON + timedelta(hours=3))
    assert session.scalars(select(models.UserSession.sid_hash)).all() == ["elsewhere"]
    assert sm.auth_user_db("operator", GOOD) is not None
    with pytest.raises(Refused):
        people.accept(sm, token, GOOD, NOON + timedelta(hours=3))


def test_a_reset_link_lives_some_hours_and_the_newest_is_the_one(session):
    user = factories.get_user(session, "operator")
    older = people.reset_link(session, user.id, now=NOON, actor_id=None)
    newer = people.reset_link(session, user.id, now=NOON + timedelta(minutes=1), actor_id=None)
    assert people.find_invite(session, older, NOON + timedelta(minutes=2)) is None
    assert people.find_invite(session, newer, NOON + timedelta(minutes=2)) is not None
    assert people.find_invite(session, newer, NOON + timedelta(hours=5)) is None
    with pytest.raises(Refused) as refused:
        people.reset_link(session, 10**6, now=NOON, actor_id=None)
    assert code_of(refused) == "user_gone"


def test_a_revoked_link_is_dead(session):
    token = invite(session)
    row = people.find_invite(session, token, NOON)
    boss = factories.get_user(session, "admin").id
    people.revoke(session, row.id, actor_id=boss, now=NOON)
    assert people.find_invite(session, token, NOON) is None
    with pytest.raises(Refused):
        people.revoke(session, row.id, actor_id=boss, now=NOON)


def test_the_first_administrator_is_invited_only_while_there_is_none(session, sm):
    assert people.invite_admin(session, NOON) is None
    factories.get_user(session, "admin").active = False
    session.flush()
    token = people.invite_admin(session, NOON, "chief")
    user = people.accept(sm, token, GOOD, NOON)
    assert [role.name for role in user.roles] == [ADMIN]
    assert people.invite_admin(session, NOON) is None


def test_who_is_no_operator_gets_no_profile(session, sm):
    user = people.accept(sm, invite(session, role=SUPERVISOR), GOOD, NOON)
    assert session.get(models.OperatorProfile, user.id) is None


def test_every_way_in_is_audited_without_token_or_password(session, sm):
    token = invite(session)
    people.accept(sm, token, GOOD, NOON)
    events = session.scalars(select(models.AuditEvent).order_by(models.AuditEvent.id)).all()
    assert [event.what for event in events] == ["invited", "invite_used"]
    assert not any(token in str(event.details) or GOOD in str(event.details) for event in events)
