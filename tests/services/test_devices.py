"""People's telephones: what Asterisk says of them, and whom the board counts as able to talk."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy.orm import Session

from app.services import board, devices, phone_accounts
from tests.factories import NOON, make_operator
from tests.services.calls_made import make_asterisk, make_phone


def test_a_telephone_that_connects_and_rings_is_known_at_once(session: Session) -> None:
    server, person = make_asterisk(session), make_operator(session)
    phone = make_phone(session, server, person.user_id, device_state="unknown")
    for state in ("NOT_INUSE", "RINGING", "INUSE", "UNAVAILABLE"):
        assert devices.changed(session, server.id, f"PJSIP/{phone.extension}", state, NOON)
        assert not devices.changed(session, server.id, f"PJSIP/{phone.extension}", state, NOON)
        session.refresh(phone)
        assert phone.device_state == state.lower()


@pytest.mark.parametrize(
    "device", ["PJSIP/trunk-1", "Local/op1", "PJSIP/", "op1", "PJSIP/op1'; DROP TABLE call", "Queue:prozvon", ""]
)
def test_what_is_no_telephone_of_ours_changes_nothing(session: Session, device: str) -> None:
    make_phone(session, make_asterisk(session), make_operator(session).user_id, extension="op1")
    assert not devices.changed(session, 1, device, "INUSE", NOON)


def test_a_state_that_nobody_knows_changes_nothing(session: Session) -> None:
    server = make_asterisk(session)
    make_phone(session, server, make_operator(session).user_id, extension="op1")
    assert not devices.changed(session, server.id, "PJSIP/op1", "DANCING", NOON)


def test_the_telephone_of_the_same_name_on_another_server_is_another_one(session: Session) -> None:
    here, there = make_asterisk(session), make_asterisk(session)
    mine = make_phone(session, here, make_operator(session).user_id, extension="op1")
    make_phone(session, there, make_operator(session).user_id, extension="op1")
    devices.changed(session, there.id, "PJSIP/op1", "INUSE", NOON)
    session.refresh(mine)
    assert mine.device_state == "idle"


def test_after_a_connect_who_is_not_in_the_list_cannot_ring(session: Session) -> None:
    server = make_asterisk(session)
    phones = [make_phone(session, server, make_operator(session).user_id) for _ in range(2)]
    told = {f"PJSIP/{phones[0].extension}": "NOT_INUSE", "PJSIP/line": "INUSE"}
    assert devices.all_of(session, server.id, told, NOON) == 2
    for phone in phones:
        session.refresh(phone)
    assert [phone.device_state for phone in phones] == ["not_inuse", "unavailable"]
    assert devices.all_of(session, server.id, told, NOON) == 0


def test_who_is_on_the_line_without_a_telephone_is_not_counted_as_ready(session: Session, as_supervisor: Any) -> None:
    server = make_asterisk(session)
    with_phone, without, deskless = (make_operator(session) for _ in range(3))
    make_phone(session, server, with_phone.user_id, device_state="not_inuse")
    make_phone(session, server, without.user_id, device_state="unavailable")
    rows = {row.user_id: row for row in board.operators(session, NOON, "Europe/Moscow")}
    assert [rows[one.user_id].lacks_phone for one in (with_phone, without, deskless)] == [False, True, False]
    page = as_supervisor.get("/board/").text
    assert page.count("телефон не подключён") == 1


def test_a_browsers_telephone_is_there_as_long_as_its_page_says_so(session: Session) -> None:
    """Asterisk does not watch the registration of telephones that came after its own start."""
    server = make_asterisk(session)
    phone = make_phone(session, server, make_operator(session).user_id, device_state="unknown", sid_hash="page",
                       password_until=NOON + phone_accounts.LIFE)  # fmt: skip
    said = [
        lambda: devices.changed(session, server.id, f"PJSIP/{phone.extension}", "UNAVAILABLE", NOON),
        lambda: phone_accounts.tell(session, phone.user_id, "page", connected=True, now=NOON),
        lambda: devices.changed(session, server.id, f"PJSIP/{phone.extension}", "INUSE", NOON),
        lambda: phone_accounts.tell(session, phone.user_id, "page", connected=True, now=NOON),
        lambda: devices.changed(session, server.id, f"PJSIP/{phone.extension}", "UNAVAILABLE", NOON),
        lambda: phone_accounts.tell(session, phone.user_id, "page of somebody else", connected=False, now=NOON),
        lambda: phone_accounts.tell(session, phone.user_id, "page", connected=False, now=NOON),
        lambda: devices.all_of(session, server.id, {}, NOON),
    ]
    states = []
    for one in said:
        one()
        session.refresh(phone)
        states.append(phone.device_state)
    assert states == [
        "unavailable", "not_inuse", "inuse", "inuse", "not_inuse", "not_inuse", "unavailable", "unavailable",
    ]  # fmt: skip
