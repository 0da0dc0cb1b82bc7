"""Calls of which only the exchange's records tell: written down once, and called back when nobody answered."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Call, Callback, Cdr
from app.services import unseen_calls
from tests.factories import NOON, fictional_phone, make_ad, make_card, make_operator, make_seller, make_vehicle
from tests.services.calls_made import make_asterisk, make_call, make_caller_number, make_trunk

ZONE = "Europe/Moscow"
NOW = NOON + timedelta(minutes=10)


def record(session: Session, link: str, caller: str, called: str, **more: object) -> None:
    values = {"linkedid": link, "src": caller, "pz_called": called, "pz_kind": "in", "start": NOON}
    values |= {"end": NOON + timedelta(seconds=30), "stored_at": NOON + timedelta(seconds=31), "pz_talk_ms": 0}
    session.add(Cdr(**(values | more)))
    session.flush()


def look(session: Session, now: datetime = NOW) -> dict[str, int]:
    return unseen_calls.write_down(session, now, ZONE)


def test_a_call_that_nobody_saw_is_written_down_and_called_back(session: Session) -> None:
    make_asterisk(session)
    server = make_asterisk(session)
    ours = make_caller_number(session, make_trunk(session, server)).phone
    phone = fictional_phone()
    vehicle = make_vehicle(session, seller_id=make_seller(session, phone).id)
    make_ad(session, vehicle, phone=phone)
    card = make_card(session, vehicle, operator=make_operator(session))
    record(session, "in-9.1", phone, ours)
    assert look(session) == {"found": 1, "missed": 1}
    call = session.scalars(select(Call)).one()
    assert (call.link, call.asterisk_id, call.card_id, call.outcome) == ("in-9.1", server.id, card.id, "no_answer")
    planned = session.scalars(select(Callback)).one()
    assert (planned.card_id, planned.at) == (card.id, NOW) and "20.11 12:00" in planned.note
    assert look(session) == {"found": 0, "missed": 0}


def test_a_call_that_a_colleague_answered_is_no_missed_one(session: Session) -> None:
    make_asterisk(session)
    record(session, "in-9.2", fictional_phone(), "", pz_talk_ms=12_000, pz_rec="in-9.2.wav")
    assert look(session) == {"found": 1, "missed": 0}
    call = session.scalars(select(Call)).one()
    assert (call.outcome, call.talk_ms, call.recording) == ("answered", 12_000, "in-9.2.wav")


def test_what_has_been_seen_is_left_alone_and_what_is_fresh_waits(session: Session) -> None:
    make_call(session, make_asterisk(session), link="in-9.3", type="incoming")
    record(session, "in-9.3", fictional_phone(), "")
    record(session, "in-9.4", fictional_phone(), "", stored_at=NOW)
    record(session, "out-1", fictional_phone(), "", pz_kind="out")
    assert look(session)["found"] == 0


def test_the_two_records_of_one_call_make_one(session: Session) -> None:
    make_asterisk(session)
    phone = fictional_phone()
    record(session, "in-9.5", phone, "74950001122")
    record(session, "in-9.5", phone, "74950001122")
    assert look(session)["found"] == 1
    assert len(session.scalars(select(Call)).all()) == 1
