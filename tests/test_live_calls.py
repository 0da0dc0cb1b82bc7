"""Live calls on the board: masked numbers, a button per right, orders that are written down, nothing for operators."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Asterisk, Call, CallOrder
from tests.factories import get_user
from tests.services.calls_made import make_asterisk, make_call, make_phone, make_trunk


@pytest.fixture
def call(session: Session) -> Call:
    now = datetime.now(UTC)
    server = make_asterisk(session, seen_at=now)
    make_phone(session, server, get_user(session, "supervisor").id)
    mine = get_user(session, "operator")
    return make_call(session, server, state="talking", operator_id=mine.id, phone="79120001234", answered_at=now)


def test_the_board_shows_who_talks_and_hides_the_number(as_supervisor: Any, call: Call) -> None:
    page = as_supervisor.get("/board/").text
    assert "Ольга Первая" in page and "+7 912 •••-••-34" in page and "79120001234" not in page
    for verb in ("listen", "whisper", "barge", "take_over", "hangup"):
        assert f'data-live="/live/calls/{call.id}/{verb}"' in page


def test_a_poll_says_nothing_while_nothing_changes(session: Session, as_supervisor: Any, call: Call) -> None:
    seen = as_supervisor.get("/live/calls").headers["X-Seen"]
    assert as_supervisor.get(f"/live/calls?seen={seen}").status_code == 204
    call.state, call.outcome, call.ended_at = "ended", "answered", datetime.now(UTC)
    session.flush()
    assert as_supervisor.get(f"/live/calls?seen={seen}").status_code == 200


@pytest.mark.parametrize("verb", ["listen", "whisper", "barge", "take_over", "hangup"])
def test_a_button_writes_the_order_and_the_page_may_ask_what_became_of_it(
    session: Session, as_supervisor: Any, call: Call, verb: str
) -> None:
    answer = as_supervisor.post(f"/live/calls/{call.id}/{verb}", headers={"Accept": "application/json"})
    assert answer.status_code == 202
    order = session.scalars(select(CallOrder)).one()
    assert (order.verb, order.id) == (verb, answer.json["order"])
    assert as_supervisor.get(f"/live/orders/{order.id}").json == {"done": False, "message": ""}
    order.done_at, order.trouble = datetime.now(UTC), "call_over"
    session.flush()
    assert as_supervisor.get(f"/live/orders/{order.id}").json == {"done": True, "message": "Звонок уже завершён."}


def test_a_refusal_is_said_in_words(as_supervisor: Any, session: Session, call: Call) -> None:
    call.state = "ringing"
    session.flush()
    answer = as_supervisor.post(f"/live/calls/{call.id}/listen", headers={"Accept": "application/json"})
    assert answer.status_code == 409
    assert answer.json["message"] == "Разговор ещё не начался или уже закончился."


def test_an_operator_neither_sees_nor_touches_the_talks_of_others(
    as_operator: Any, session: Session, call: Call
) -> None:
    assert as_operator.get("/live/calls").status_code in (302, 403)
    for verb in ("listen", "hangup"):
        assert as_operator.post(f"/live/calls/{call.id}/{verb}").status_code in (302, 403)
    assert session.scalars(select(CallOrder)).all() == []


def test_the_board_says_that_talks_are_not_recorded(as_supervisor: Any, session: Session, call: Call) -> None:
    server = make_asterisk(
        session, name="Главный", recording_stopped_at=datetime.now(UTC), recording_trouble="disk_full"
    )
    assert server.id
    page = as_supervisor.get("/board/").text
    assert "На сервере «Главный» разговоры не записываются" in page and "почти не осталось места" in page


def test_the_board_says_that_a_line_has_stopped_by_itself(as_supervisor: Any, session: Session, call: Call) -> None:
    server = session.get_one(Asterisk, call.asterisk_id)
    line = make_trunk(session, server, name="Городская", stopped_at=datetime.now(UTC), failed_n=10)
    page = as_supervisor.get("/live/calls").text
    assert "«Городская» остановилась" in page and f"/trunkview/show/{line.id}" in page
    line.stopped_at = None
    session.flush()
    assert "остановилась" not in as_supervisor.get("/live/calls").text
