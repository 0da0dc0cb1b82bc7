"""Calls through the API: one's own, by the desk's rules, with hidden numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.models import IN_WORK, AuditEvent, Call, OperatorProfile, PhoneAccount, Setting
from app.services import calls
from tests.factories import get_user, make_ad, make_card, make_operator, make_vehicle
from tests.services.calls_made import make_asterisk, make_call, make_phone, make_trunk


@pytest.fixture
def card(session: Session) -> Any:
    """A card in work at an operator whose telephone is on, at any hour of the day."""
    me = session.get_one(OperatorProfile, get_user(session, "operator").id)
    server = make_asterisk(session, seen_at=datetime.now(UTC))
    make_trunk(session, server)
    make_phone(session, server, me.user_id, device_state="not_inuse")
    session.add_all([Setting(name="call_hours_from", value=0), Setting(name="call_hours_to", value=24)])
    vehicle = make_vehicle(session)
    make_ad(session, vehicle, phone="79120001234")
    return make_card(session, vehicle, operator=me, stage=IN_WORK)


def test_a_call_is_asked_for_and_ended(session: Session, card: Any, as_program: Any) -> None:
    program = as_program("operator")
    answer = program.post("calls/", {"card_id": card.id})
    assert answer.status_code == 200, answer.text
    told = answer.json["result"]
    assert (told["state"], told["card_id"]) == ("asked", card.id) and "0001234" not in answer.text
    assert session.query(Call).one().phone == "79120001234"
    assert program.post("calls/", {"card_id": card.id}).json["code"] == "already_in_call"
    over = program.post(f"calls/{told['id']}/hangup")
    assert (over.json["result"]["state"], over.json["result"]["outcome"]) == ("ended", "cancelled")
    assert program.post(f"calls/{told['id']}/hangup").json["code"] == "call_over"
    assert session.query(AuditEvent).filter_by(what="api_call_asked", subject_id=told["id"]).count() == 1


def test_a_refusal_has_its_code(session: Session, card: Any, as_program: Any) -> None:
    program = as_program("operator")
    assert program.post("calls/", {"card_id": card.id, "number": 7}).json["code"] == "number_wrong"
    session.query(PhoneAccount).one().device_state = "unavailable"
    answer = program.post("calls/", {"card_id": card.id})
    assert (answer.status_code, answer.json["code"]) == (409, "phone_not_registered")
    assert program.post("calls/", {"card_id": "1"}).status_code == 422
    assert program.post("calls/", {}).status_code == 422


def test_nobody_sees_or_ends_the_calls_of_others(session: Session, card: Any, as_program: Any) -> None:
    other = make_operator(session)
    server = make_asterisk(session)
    theirs = make_call(session, server, operator_id=other.user_id, state="talking")
    mine = make_call(session, server, operator_id=card.operator_id)
    program = as_program("operator")
    assert [row["id"] for row in program.rows("calls/")] == [mine.id]
    assert program.get(f"calls/{theirs.id}").status_code == 404
    assert program.post(f"calls/{theirs.id}/hangup").status_code == 404
    foreign = make_card(session, operator=other, stage=IN_WORK)
    assert program.post("calls/", {"card_id": foreign.id}).status_code == 404
    seen = as_program("supervisor").rows("calls/")
    assert {row["id"] for row in seen} == {mine.id, theirs.id}
    assert not any(row["phone"] in (mine.phone, theirs.phone) for row in seen)
    assert calls.numbers_of_card(session, foreign.id) == []
