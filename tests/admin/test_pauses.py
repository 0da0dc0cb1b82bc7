"""The supervisor's list of pauses: what it holds is what the desk offers."""

from __future__ import annotations

from sqlalchemy import select

from app.models import OperatorState, PauseReason
from tests.factories import get_pause


def test_a_new_pause_stands_in_the_operators_menu_at_its_place(session, as_supervisor, as_operator):
    data = {"name": "Звонок  домой", "limit_min": "5", "position": "15", "is_enabled": "y"}
    assert as_supervisor.post("/pausereasonview/add", data=data).status_code == 302
    listed = as_supervisor.get("/pausereasonview/list/").text
    assert "Звонок домой" in listed and "5 мин" in listed and "отдых" in listed
    menu = as_operator.get("/desk/").text
    assert menu.index("Обед") < menu.index("Звонок домой") < menu.index("Обучение")


def test_a_pause_switched_off_is_not_offered(session, as_supervisor, as_operator):
    row = get_pause(session, "Обед")
    data = {"name": "Обед", "limit_min": "", "position": "10"}
    assert as_supervisor.post(f"/pausereasonview/edit/{row.id}", data=data).status_code == 302
    assert ">Обед<" not in as_operator.get("/desk/").text.replace("\n", "")
    assert as_operator.post("/desk/presence", data={"state": f"paused:{row.id}"}).status_code == 409


def test_a_pause_with_people_in_it_is_not_deleted_and_history_survives_a_deletion(session, as_supervisor, as_operator):
    row_id = get_pause(session, "Обед").id
    assert as_operator.post("/desk/presence", data={"state": f"paused:{row_id}"}).status_code == 200
    kept = as_supervisor.post(f"/pausereasonview/delete/{row_id}", follow_redirects=True)
    assert "Сейчас в этой паузе есть люди" in kept.text and session.get(PauseReason, row_id) is not None
    as_operator.post("/desk/presence", data={"state": "ready"})
    as_supervisor.post(f"/pausereasonview/delete/{row_id}")
    assert session.get(PauseReason, row_id) is None
    assert [one.reason for one in session.scalars(select(OperatorState).where(OperatorState.state == "paused"))] == [
        "Обед"
    ]


def test_a_limit_out_of_bounds_and_an_empty_name_are_told(session, as_supervisor):
    for bad in ({"limit_min": "0"}, {"limit_min": "721"}, {"limit_min": "x"}, {"name": "  "}, {"name": "x" * 41}):
        data = {"name": "Пауза", "limit_min": "5", "position": "1"} | bad
        assert as_supervisor.post("/pausereasonview/add", data=data).status_code == 200, bad


def test_operators_do_not_edit_pauses(session, as_operator):
    assert as_operator.get("/pausereasonview/list/").status_code in (302, 403)
