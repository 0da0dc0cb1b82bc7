"""Calls on the card's time-line: what came of each, and the recording for who may hear it."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.models import IN_WORK, Card, OperatorProfile
from tests.factories import NOON, get_user, make_card, make_vehicle
from tests.services.calls_made import make_asterisk, make_call


@pytest.fixture
def card(session: Session) -> Card:
    mine = session.get(OperatorProfile, get_user(session, "operator").id)
    return make_card(session, make_vehicle(session), operator=mine, stage=IN_WORK)


def test_each_call_stands_on_the_time_line_with_what_came_of_it(session: Session, as_operator: Any, card: Card) -> None:
    server, mine = make_asterisk(session), get_user(session, "operator").id
    make_call(session, server, card_id=card.id, operator_id=mine, talk_ms=187_000, type="callback")
    make_call(session, server, card_id=card.id, type="incoming", outcome="no_answer", talk_ms=None)
    page = as_operator.get(f"/desk/?card={card.id}").text
    assert "3:07" in page and "пропущенный звонок" in page


def test_the_recording_is_heard_by_whose_talk_it_was(session: Session, as_operator: Any, card: Card) -> None:
    server = make_asterisk(session)
    mine, other = (get_user(session, name).id for name in ("operator", "operator2"))
    own = make_call(session, server, card_id=card.id, operator_id=mine, recording="a.wav")
    foreign = make_call(session, server, card_id=card.id, operator_id=other, recording="b.wav")
    page = as_operator.get(f"/desk/?card={card.id}").text
    assert f'src="/recordings/{own.id}"' in page
    assert f'src="/recordings/{foreign.id}"' not in page and f"/recordings/{own.id}/file" not in page


def test_a_supervisor_hears_all_and_may_take_the_file(session: Session, as_supervisor: Any, card: Card) -> None:
    call = make_call(session, make_asterisk(session), card_id=card.id, recording="a.wav")
    page = as_supervisor.get(f"/desk/?card={card.id}").text
    assert f'src="/recordings/{call.id}"' in page and f"/recordings/{call.id}/file" in page


def test_what_was_deleted_or_never_came_to_be_is_said(session: Session, as_supervisor: Any, card: Card) -> None:
    server = make_asterisk(session)
    make_call(session, server, card_id=card.id, recording="a.wav", recording_gone_at=NOON)
    make_call(session, server, card_id=card.id, recording="b.wav", recording_bytes=44)
    page = as_supervisor.get(f"/desk/?card={card.id}").text
    assert "Запись удалена" in page and "Запись пуста" in page and "<audio" not in page.split("call-bar")[0]


def test_the_operator_whom_the_seller_rings_sees_the_card_before_it_is_his(
    session: Session, log_in: Any, card: Card
) -> None:
    other = log_in("operator2")
    assert other.get(f"/desk/?card={card.id}").status_code == 404
    him = get_user(session, "operator2").id
    make_call(session, make_asterisk(session), type="incoming", state="ringing", operator_id=him, card_id=card.id)
    assert other.get(f"/desk/?card={card.id}").status_code == 200
