"""A supervisor of one group sees that group's people on the board, and hands over its cards alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app import models
from tests import factories


@pytest.fixture
def teams(session):
    told = {}
    for name in ("Наша", "Чужая"):
        group = factories.make_group(session, name)
        operator = factories.make_operator(session, group=group)
        wanted = factories.make_filter(session, group, name=f"Фильтр {name}")
        card = factories.make_card(session, operator=operator, stage=2)
        factories.make_card(session, ad_filter=wanted, opened_at=datetime.now(UTC) - timedelta(hours=1))
        told[name] = {"group": group.id, "operator": operator.user_id, "filter": wanted.id, "card": card.id,
                      "name": f"{operator.user.first_name} {operator.user.last_name}"}  # fmt: skip
    user = factories.get_user(session, "supervisor")
    session.add(models.GroupSupervisor(user_id=user.id, group_id=told["Наша"]["group"]))
    session.flush()
    return told


def test_the_board_shows_the_own_group_only(as_supervisor, as_admin, teams):
    ours, theirs = teams["Наша"], teams["Чужая"]
    for page in ("/board/live/now", "/board/", "/board/move?stage=2", "/callbacks/"):
        told = as_supervisor.get(page).text
        assert "Фильтр Чужая" not in told and ">Чужая<" not in told, page
    board = as_supervisor.get("/board/live/now").text
    assert f"/board/live/person/{ours['operator']}" in board and f"/board/live/person/{theirs['operator']}" not in board
    assert "Фильтр Наша" in board and "Фильтр Чужая" in as_admin.get("/board/live/now").text


@pytest.mark.parametrize(
    "path",
    ["/board/live/person/{operator}", "/board/move?operator={operator}", "/board/move?group={group}",
     "/board/move?filter={filter}&stage=0", "/callbacks/?operator={operator}", "/callbacks/?group={group}"],
)  # fmt: skip
def test_another_group_asked_for_by_hand_is_not_found(as_supervisor, as_admin, teams, path):
    assert as_supervisor.get(path.format(**teams["Наша"])).status_code == 200
    assert as_supervisor.get(path.format(**teams["Чужая"])).status_code == 404
    assert as_admin.get(path.format(**teams["Чужая"])).status_code == 200


def test_another_groups_people_and_cards_are_left_alone(as_supervisor, teams, session):
    ours, theirs = teams["Наша"], teams["Чужая"]
    for deed in (f"pause/{theirs['operator']}", f"goal/user/{theirs['operator']}", f"goal/group/{theirs['group']}"):
        assert as_supervisor.post(f"/board/live/{deed}", data={"calls": "5"}).status_code == 404
    form = {"do": "move", "why": "проба", "card": [str(theirs["card"])]}
    assert as_supervisor.post("/board/move", data=form | {"to": str(theirs["operator"])}).status_code == 404
    as_supervisor.post("/board/move", data=form | {"to": str(ours["operator"])})
    session.expire_all()
    assert session.get_one(models.Card, theirs["card"]).operator_id == theirs["operator"]


def test_a_group_is_given_to_a_supervisor_and_not_to_an_operator(as_admin, as_supervisor, teams, session):
    boss, worker = factories.get_user(session, "supervisor"), factories.get_user(session, "operator")
    form = {"user": str(boss.id), "group": str(teams["Чужая"]["group"])}
    assert as_admin.post("/groupsupervisorview/add", data=form).status_code == 302
    assert session.query(models.GroupSupervisor).filter_by(user_id=boss.id).count() == 2
    as_admin.post("/groupsupervisorview/add", data=form | {"user": str(worker.id)})
    assert session.query(models.GroupSupervisor).filter_by(user_id=worker.id).count() == 0
    assert as_supervisor.get("/groupsupervisorview/list/").status_code in (302, 403, 404)
