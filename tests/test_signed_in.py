"""The stand-in for the row of the user: says the same, costs one statement, and changes nothing by itself."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask_appbuilder.security.sqla.models import Group
from sqlalchemy.orm import Session

from app import signed_in
from app.log_ins import sha256hex
from tests.factories import get_user


def test_it_says_what_the_row_says(session: Session, app: Flask) -> None:
    user = get_user(session, "operator")
    found = signed_in.find(session, user.id, sha256hex("no such log-in"))
    assert found is not None
    person, log_in = found
    assert log_in is None, "the cookie's log-in is not there"
    for name in ("id", "username", "first_name", "last_name", "is_active", "is_authenticated", "email", "login_count"):
        assert getattr(person, name) == getattr(user, name), name
    assert (person.get_id(), person.get_full_name(), str(person)) == (user.get_id(), user.get_full_name(), str(user))
    assert [role.name for role in person.roles] == [role.name for role in user.roles]
    assert person == user and person != get_user(session, "operator2")


def test_the_roles_of_the_persons_groups_count_too(session: Session, app: Flask) -> None:
    user, sm = get_user(session, "operator"), app.extensions["appbuilder"].sm
    group = Group(name="Смена", label="Смена", description="")
    session.add(group)
    group.roles, user.groups = [sm.find_role("Supervisor")], [group]
    session.flush()
    found = signed_in.find(session, user.id, "")
    assert found is not None
    assert [str(role) for role in found[0].roles] == ["Operator"]
    assert {role.name for role in found[0].all_roles} == {"Operator", "Supervisor"}
    assert sm._has_view_access(found[0], "can_board", "BoardView")


def test_nobody_is_changed_through_it(session: Session) -> None:
    found = signed_in.find(session, get_user(session, "operator").id, "")
    assert found is not None
    with pytest.raises(AttributeError):
        found[0].email = "other@example.test"  # type: ignore[attr-defined]


def test_a_small_question_costs_two_statements(as_operator: Any, count_sql: Any) -> None:
    as_operator.get("/desk/counts")
    with count_sql() as counted:
        assert as_operator.get("/desk/counts").status_code == 200
    assert counted.n == 2


def test_a_page_of_the_desk_costs_three_statements(as_operator: Any, count_sql: Any) -> None:
    as_operator.get("/desk/")
    with count_sql() as counted:
        assert as_operator.get("/desk/?tab=new").status_code == 200
    assert counted.n == 3
