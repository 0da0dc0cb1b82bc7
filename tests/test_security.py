"""Roles: seeded once from the table, edited by the admin, and given what a new release brings."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from app import security
from app.security import OPERATOR, ROLES, SUPERVISOR, known_permissions, password_trouble


@pytest.fixture
def sm(app: Flask, session: Session) -> Any:
    return app.extensions["appbuilder"].sm


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_pattern_of_the_table_ends(role: str) -> None:
    for view, permission in ROLES[role]:
        assert view.endswith("$") and permission.endswith("$"), (view, permission)


@pytest.mark.parametrize("role", sorted(ROLES))
def test_every_line_of_the_table_names_something_that_exists(role: str, sm: Any) -> None:
    known = known_permissions(sm.session)
    for view, permission in ROLES[role]:
        assert any(re.match(view, v) and re.match(permission, p) for p, v in known), (view, permission)


def test_a_fresh_installation_differs_nowhere_from_the_table(sm: Any) -> None:
    for role in (OPERATOR, SUPERVISOR):
        assert security.role_difference(sm, role) == (set(), set())


def test_an_admins_edit_outlives_a_deploy_and_can_be_undone(sm: Any) -> None:
    role = sm.find_role(OPERATOR)
    sm.del_permission_role(role, sm.find_permission_view_menu("can_work", "DeskView"))
    security.seed_roles(sm)
    assert ("can_work", "DeskView") in security.role_difference(sm, OPERATOR)[0]
    security.seed_roles(sm, restore=True)
    assert security.role_difference(sm, OPERATOR) == (set(), set())


def test_a_permission_of_a_new_release_reaches_its_roles_and_no_other(sm: Any) -> None:
    role = sm.find_role(SUPERVISOR)
    fresh = ("can_board", "BoardView")
    sm.del_permission_role(role, sm.find_permission_view_menu(*fresh))
    sm.del_permission_role(role, sm.find_permission_view_menu("can_deal", "BoardView"))  # an admin's edit
    granted = security.grant_new(sm, known_permissions(sm.session) - {fresh})
    assert granted == 1
    assert security.role_difference(sm, SUPERVISOR)[0] == {("can_deal", "BoardView")}
    assert security.role_difference(sm, OPERATOR) == (set(), set())


@pytest.mark.parametrize(
    ("password", "trouble"),
    [("short", "password_short"), ("qwerty-qwerty-1", "password_common"), ("aaaaaaaaaaaaaaaa", "password_common"),
     ("ivan-is-my-name-5", "password_is_name"), ("x" * 201, "password_long"), ("длинная фраза из слов", "")],
)  # fmt: skip
def test_weak_passwords_are_refused_by_name(password: str, trouble: str) -> None:
    assert password_trouble(password, username="ivan") == trouble
