"""Roles are the company's own: edits act at once, are told beside the program's table, and can be taken back."""

from __future__ import annotations

import re

import pytest
from flask_appbuilder.security.sqla.models import Role
from sqlalchemy import select

from app.models import AuditEvent, UserSession
from app.security import role_difference
from tests.factories import get_user

ADDED = ("can_board", "BoardView")
REMOVED = ("can_work", "DeskView")


def role(session, name: str = "Operator") -> Role:
    return session.scalars(select(Role).where(Role.name == name)).one()


def sm_of(app):
    return app.extensions["appbuilder"].sm


def edit(as_admin, session, app, *, take=(), give=(), name: str = "Operator", called: str = ""):
    """Through the stock form, as an administrator does."""
    row = role(session, name)
    keys = {one.id for one in row.permissions}
    keys -= {sm_of(app).find_permission_view_menu(*right).id for right in take}
    keys |= {sm_of(app).find_permission_view_menu(*right).id for right in give}
    data = {"name": called or name, "permissions": [str(key) for key in sorted(keys)]}
    return as_admin.post(f"/roles/edit/{row.id}", data=data)


@pytest.fixture
def edited(session, app, as_admin):
    edit(as_admin, session, app, take=[REMOVED], give=[ADDED])


def events(session, what: str) -> list[AuditEvent]:
    return list(session.scalars(select(AuditEvent).where(AuditEvent.what == what).order_by(AuditEvent.id)))


def test_an_edit_acts_on_the_next_click_of_who_is_logged_in(session, app, as_admin, as_operator):
    assert as_operator.get("/desk/").status_code == 200
    assert as_operator.get("/board/").status_code in (302, 403)
    edit(as_admin, session, app, take=[REMOVED], give=[ADDED])
    assert as_operator.get("/desk/").status_code in (302, 403)
    assert as_operator.get("/board/").status_code == 200
    operator = get_user(session, "operator").id
    assert session.query(UserSession).filter_by(user_id=operator).count() == 1, "nobody had to log in again"


def test_the_page_tells_what_was_added_and_removed_in_words(edited, as_admin):
    page = as_admin.get("/rolediff/").text
    assert "добавлено" in page and "убрано" in page
    assert 'value="can_board"' in page and 'value="can_work"' in page
    assert page.count("Отличий нет") == 1, "the supervisor's role is as it was"
    assert "Отличия ролей" in as_admin.get("/roles/list/").text


def test_one_right_is_given_back_and_another_taken_away_again(edited, session, app, as_admin, as_operator):
    data = {"permission": REMOVED[0], "view": REMOVED[1]}
    answer = as_admin.post("/rolediff/Operator/right", data=data)
    assert answer.status_code == 302
    assert as_operator.get("/desk/").status_code == 200 and as_operator.get("/board/").status_code == 200
    as_admin.post("/rolediff/Operator/right", data={"permission": ADDED[0], "view": ADDED[1]})
    assert as_operator.get("/board/").status_code in (302, 403)
    assert role_difference(sm_of(app), "Operator") == (set(), set())
    details = [event.details for event in events(session, "role_restored")]
    assert [(one["given"], one["taken"]) for one in details] == [
        (["can_work on DeskView"], []),
        ([], ["can_board on BoardView"]),
    ]


def test_all_is_restored_at_once(edited, session, app, as_admin):
    answer = as_admin.post("/rolediff/Operator/all", follow_redirects=True)
    assert "Возвращено 2 права" in answer.text
    assert role_difference(sm_of(app), "Operator") == (set(), set())
    assert "Возвращено 0 прав" in as_admin.post("/rolediff/Operator/all", follow_redirects=True).text
    assert len(events(session, "role_restored")) == 1


@pytest.mark.parametrize(
    ("address", "data"),
    [("Operator/right", {"permission": "can_work", "view": "DeskView"}), ("Admin/all", {}), ("nobody/all", {}),
     ("Operator/right", {}), ("Operator/right", {"permission": "can_work", "view": "no such"})],
)  # fmt: skip
def test_what_does_not_differ_cannot_be_restored(session, app, as_admin, address, data):
    before = {one.id for one in role(session).permissions}
    answer = as_admin.post(f"/rolediff/{address}", data=data, follow_redirects=True)
    assert answer.status_code == 200 and (
        "уже такое" in answer.text or "nobody» нет" in answer.text or "Admin» нет" in answer.text
    )
    assert {one.id for one in role(session).permissions} == before


def test_only_administrators_see_and_restore(edited, as_supervisor, as_operator, session, app):
    for client in (as_supervisor, as_operator):
        assert client.get("/rolediff/").status_code in (302, 403)
        assert client.post("/rolediff/Operator/all").status_code in (302, 403)
    assert role_difference(sm_of(app), "Operator") == ({REMOVED}, {ADDED})


def test_every_edit_is_in_the_audit_log(edited, session):
    (event,) = events(session, "role_changed")
    assert event.actor_id == get_user(session, "admin").id
    assert event.details == {
        "role": "Operator",
        "given": ["can_board on BoardView"],
        "taken": ["can_work on DeskView"],
    }


def test_saving_without_a_change_is_no_event(session, app, as_admin):
    edit(as_admin, session, app)
    assert events(session, "role_changed") == []


def test_the_programs_own_roles_keep_their_names_and_stay(session, app, as_admin):
    answer = edit(as_admin, session, app, called="Операторы")
    assert role(session).name == "Operator"
    assert "принадлежит программе" in as_admin.get(answer.location or "/roles/list/", follow_redirects=True).text
    edit(as_admin, session, app, name="Admin", give=[ADDED])
    assert role(session, "Admin").permissions == []
    for name in ("Operator", "Supervisor", "Admin"):
        as_admin.post(f"/roles/delete/{role(session, name).id}")
        assert role(session, name) is not None


def test_a_role_of_the_companys_own_is_made_changed_and_deleted(session, app, as_admin):
    right = sm_of(app).find_permission_view_menu(*ADDED)
    as_admin.post("/roles/add", data={"name": "Стажёр", "permissions": [str(right.id)]})
    row = role(session, "Стажёр")
    assert [one.id for one in row.permissions] == [right.id]
    edit(as_admin, session, app, name="Стажёр", take=[ADDED], called="Ученик")
    assert role(session, "Ученик").permissions == []
    as_admin.post(f"/roles/delete/{row.id}")
    assert session.scalars(select(Role).where(Role.name == "Ученик")).first() is None
    told = {event.what: event.details for event in session.scalars(select(AuditEvent))}
    assert told["role_added"] == {"name": "Стажёр", "rights": 1}
    assert told["role_changed"]["name"] == "Ученик" and "role_deleted" in told


def test_a_copied_role_is_in_the_log_too(session, as_admin):
    as_admin.post("/roles/action_post", data={"action": "copyrole", "rowid": [role(session).id]})
    (event,) = events(session, "role_added")
    assert event.details["copy_of"] == "Operator" and event.details["rights"] == len(role(session).permissions)


def test_the_page_has_no_code_words_a_person_would_stumble_over(edited, as_admin):
    page = re.sub(r"<[^>]*>", " ", as_admin.get("/rolediff/").text)
    assert "can_work" not in page and "BoardView" not in page
