"""The board at a glance: its numbers, its marks, goals and pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import DayGoal, OperatorProfile, OperatorState
from tests.factories import get_pause, make_card, make_filter, make_group, make_operator
from tests.services.calls_made import make_asterisk, make_call


def test_a_call_that_has_ended_shows_with_the_next_look(session: Session, as_supervisor: Any) -> None:
    person = make_operator(session, make_group(session, "Утренняя"))
    assert "Утренняя" in as_supervisor.get("/board/live/").text
    first = as_supervisor.get("/board/live/now?seen=")
    seen = first.headers["X-Seen"]
    assert as_supervisor.get(f"/board/live/now?seen={seen}").status_code == 204
    make_call(session, make_asterisk(session), operator_id=person.user_id, created_at=datetime.now(UTC))
    again = as_supervisor.get(f"/board/live/now?seen={seen}")
    assert again.status_code == 200
    assert f"metric=attempts&amp;key={person.user_id}" in again.text


def test_a_number_past_its_mark_says_so_in_a_word(session: Session, as_supervisor: Any) -> None:
    wanted = make_filter(session)
    for _ in range(3):
        make_card(session, ad_filter=wanted, opened_at=datetime.now(UTC))
    page = as_supervisor.get("/board/live/marks")
    assert page.status_code == 200
    from app.services.board_goals import DEFAULT_MARKS

    form = {f"{name}.{which}": str(pair[n]) for name, pair in DEFAULT_MARKS.items()
            for n, which in enumerate(("amber", "red"))}  # fmt: skip
    assert as_supervisor.post("/board/live/marks", data=form | {"pool.amber": "2", "pool.red": "3"}).status_code == 302
    assert "stat stat-danger" in as_supervisor.get("/board/live/now").text
    assert as_supervisor.post("/board/live/marks", data=form | {"pool.red": "x"}).status_code == 422


def test_a_goal_is_set_and_shown(session: Session, as_supervisor: Any) -> None:
    person = make_operator(session, make_group(session))
    where = f"/board/live/goal/user/{person.user_id}"
    assert as_supervisor.post(where, data={"calls": "4321", "back": str(person.user_id)}).status_code == 302
    assert session.query(DayGoal).one().calls == 4321
    assert "4321" in as_supervisor.get(f"/board/live/person/{person.user_id}").text
    assert as_supervisor.post(where, data={"calls": "many"}).status_code == 409


def test_a_person_is_sent_to_a_pause_and_it_is_written_down(session: Session, as_supervisor: Any) -> None:
    person = make_operator(session)
    pause = get_pause(session, "Обед")
    assert as_supervisor.post(f"/board/live/pause/{person.user_id}", data={"pause": str(pause.id)}).status_code == 302
    session.expire_all()
    assert session.get_one(OperatorProfile, person.user_id).presence == "paused"
    noted = session.execute(text("SELECT count(*) FROM audit_event WHERE what = 'sent_to_pause'"))
    assert noted.scalar_one() == 1


def test_a_persons_page_tells_the_states_of_the_day_and_leads_to_the_rows(session: Session, as_supervisor: Any) -> None:
    person, now = make_operator(session), datetime.now(UTC)
    since = now - timedelta(seconds=95)
    session.add(OperatorState(user_id=person.user_id, state="paused", reason="Планёрка", since=since,
                              until=now))  # fmt: skip
    session.flush()
    page = as_supervisor.get(f"/board/live/person/{person.user_id}").text
    assert "Планёрка" in page and "1:35" in page
    for metric in ("attempts", "connects", "talk", "leads"):
        assert f"metric={metric}&amp;key={person.user_id}" in page


@pytest.mark.parametrize("path", ["/board/live/person/2000000000", "/board/live/person/99999999999999"])
def test_nobody_has_no_page(as_supervisor: Any, path: str) -> None:
    assert as_supervisor.get(path).status_code == 404


def test_operators_do_not_see_the_board(as_operator: Any) -> None:
    assert as_operator.get("/board/live/").status_code in (302, 403)
