"""An operator asks for a call; telephony takes it once; what is asked of a live one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app import settings
from app.database import sqlalchemy_url
from app.errors import Refused
from app.models import CALLBACK, NEW, Call, CallOrder, Setting
from app.services import calls, stop_list
from app.telephony.orders import ClickOrder, LiveOrder
from tests.factories import NOON, make_city, make_operator
from tests.services.callers import Seat, give_card, take_seat
from tests.services.calls_made import make_asterisk, make_call, make_phone, make_trunk


@pytest.fixture
def seat(session: Session) -> Seat:
    return take_seat(session)


def why(ask: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        ask()
    return refused.value.reason.code


def test_a_call_is_written_before_anything_is_dialled(seat: Seat) -> None:
    call = seat.ask()
    assert (call.state, call.type, call.phone, call.trunk_id) == ("asked", "individual", seat.phone, seat.trunk.id)
    assert (call.operator_id, call.card_id) == (seat.operator.user_id, seat.card.id)
    assert call.seller_id == seat.card.vehicle.seller_id and call.link.startswith("pz-") and call.sent_at is None


def test_a_call_of_a_card_that_waits_for_it_is_a_call_back(seat: Seat) -> None:
    seat.card.stage, seat.card.next_call_at = CALLBACK, NOON
    assert seat.ask().type == "callback"


def test_only_who_has_the_card_in_work_calls_its_seller(seat: Seat) -> None:
    other = make_operator(seat.session)
    assert why(lambda: seat.ask(operator_id=other.user_id)) == "card_not_yours"
    assert why(lambda: seat.ask(card_id=2**40)) == "card_gone"
    seat.card.stage = NEW
    seat.session.flush()
    assert why(seat.ask) == "card_not_taken"


def test_only_a_number_of_the_advert_is_called(seat: Seat) -> None:
    assert calls.numbers_of_card(seat.session, seat.card.id) == [seat.phone]
    for phone in ("79990009999", "+7 912", seat.phone + "&PJSIP/op2", ""):
        assert why(lambda phone=phone: seat.ask(phone=phone)) == "number_wrong"


def test_a_stopped_number_is_not_called(seat: Seat) -> None:
    stop_list.add(seat.session, seat.phone, reason="asked", actor_id=None, now=NOON)
    assert why(seat.ask) == "do_not_call"


def test_a_number_that_was_stopped_meanwhile_is_not_dialled(seat: Seat) -> None:
    call = seat.ask()
    stop_list.add(seat.session, seat.phone, reason="asked", actor_id=None, now=NOON)
    assert calls.claim_orders(seat.session, seat.asterisk.id, NOON) == []
    assert (call.state, call.outcome, call.trouble) == ("ended", "failed", "do_not_call")


def test_the_seller_is_not_woken(seat: Seat) -> None:
    city = make_city(seat.session, timezone="Asia/Kamchatka")
    card, phone = give_card(seat.session, seat.operator, city=city)
    assert why(lambda: seat.ask(card_id=card.id, phone=phone)) == "outside_hours"


def test_tries_of_a_number_are_counted_whoever_made_them(seat: Seat) -> None:
    seat.session.add_all([Setting(name="attempts_per_day", value=2), Setting(name="attempts_gap_min", value=5)])
    vain = {"phone": seat.phone, "outcome": "no_answer", "answered_at": None, "talk_ms": None}
    make_call(seat.session, seat.asterisk, **vain, created_at=NOON - timedelta(minutes=3))
    assert why(seat.ask) == "too_soon"
    make_call(seat.session, seat.asterisk, **vain, created_at=NOON - timedelta(hours=1))
    assert why(lambda: seat.ask(now=NOON + timedelta(seconds=10))) == "too_many_today"


def test_what_never_reached_the_network_is_no_try(seat: Seat) -> None:
    seat.session.add(Setting(name="attempts_per_day", value=1))
    for outcome in ("failed", "cancelled"):
        make_call(
            seat.session, seat.asterisk, phone=seat.phone, outcome=outcome, created_at=NOON - timedelta(minutes=9)
        )
    assert seat.ask().state == "asked"


def test_nothing_is_asked_of_a_telephony_that_is_silent(seat: Seat) -> None:
    assert why(lambda: seat.ask(now=NOON + timedelta(seconds=16))) == "telephony_down"
    seat.account.device_state = "unavailable"
    seat.session.flush()
    assert why(seat.ask) == "phone_not_registered"
    seat.session.delete(seat.account)
    seat.session.flush()
    assert why(seat.ask) == "phone_none"


def test_an_operator_has_one_call_and_a_number_too(seat: Seat) -> None:
    seat.ask()
    card, phone = give_card(seat.session, seat.operator)
    assert why(lambda: seat.ask(card_id=card.id, phone=phone)) == "already_in_call"
    other = make_operator(seat.session)
    make_phone(seat.session, seat.asterisk, other.user_id)
    seat.card.operator_id = other.user_id
    seat.session.flush()
    assert why(lambda: seat.ask(operator_id=other.user_id)) == "number_in_call"


# --- telephony takes it


def test_telephony_gets_a_call_once_with_all_it_needs(seat: Seat) -> None:
    seat.trunk.number_format, seat.trunk.ring_s = "8", 33
    seat.session.add(Setting(name="recording_notice", value=True))
    call = seat.ask()
    (order,) = calls.claim_orders(seat.session, seat.asterisk.id, NOON)
    assert order == ClickOrder(
        link=call.link, extension=seat.account.extension, phone=seat.phone, trunk_endpoint=seat.trunk.endpoint,
        dialled="8" + seat.phone[1:], caller_number="", ring_s=33, operator_ring_s=15, is_recorded=True, notice=True,
    )  # fmt: skip
    assert calls.claim_orders(seat.session, seat.asterisk.id, NOON) == []
    seat.session.refresh(call)
    assert (call.state, call.sent_at) == ("sent", NOON)


def test_another_server_gets_nothing_of_it(seat: Seat) -> None:
    seat.ask()
    assert calls.claim_orders(seat.session, make_asterisk(seat.session).id, NOON) == []


def test_a_call_that_waited_too_long_is_never_dialled_late(seat: Seat) -> None:
    call = seat.ask()
    assert calls.claim_orders(seat.session, seat.asterisk.id, NOON + timedelta(seconds=16)) == []
    seat.session.refresh(call)
    assert (call.state, call.outcome, call.trouble) == ("ended", "failed", "telephony_down")
    assert seat.ask().state == "asked"  # and the operator may ask again


# --- a live one


def test_an_order_for_a_live_call_reaches_telephony_once(seat: Seat) -> None:
    call = seat.ask()
    calls.claim_orders(seat.session, seat.asterisk.id, NOON)
    seat.session.refresh(call)
    row = calls.order_own(seat.session, "hangup", actor_id=seat.operator.user_id, now=NOON)
    assert row is not None
    assert calls.claim_orders(seat.session, seat.asterisk.id, NOON) == [LiveOrder(row.id, "hangup", call.link, {})]
    assert calls.claim_orders(seat.session, seat.asterisk.id, NOON) == []
    calls.finish_order(seat.session, row.id, NOON, answer="done")
    seat.session.refresh(row)
    assert (row.done_at, row.trouble, row.answer) == (NOON, "", "done")


def test_a_call_that_is_given_up_before_it_was_sent_is_cancelled_at_once(seat: Seat) -> None:
    call = seat.ask()
    assert calls.order_own(seat.session, "hangup", actor_id=seat.operator.user_id, now=NOON) is None
    assert (call.state, call.outcome) == ("ended", "cancelled")
    assert calls.claim_orders(seat.session, seat.asterisk.id, NOON) == []


def test_a_talk_is_handed_to_a_colleague_of_the_same_server(seat: Seat) -> None:
    call, colleague = seat.ask(), make_operator(seat.session)
    me = {"actor_id": seat.operator.user_id, "now": NOON}
    assert why(lambda: calls.order(seat.session, call.id, "transfer", {"extension": "op9"}, **me)) == "call_not_talking"
    call.state = "talking"
    seat.session.flush()
    assert (
        why(lambda: calls.order_own(seat.session, "transfer", to_id=colleague.user_id, **me))
        == "colleague_has_no_phone"
    )
    make_phone(seat.session, seat.asterisk, colleague.user_id)
    row = calls.order_own(seat.session, "transfer", to_id=colleague.user_id, **me)
    assert row is not None and row.args == {"extension": f"op{colleague.user_id}"}


def test_a_talk_handed_outside_goes_by_a_line_and_not_to_a_stopped_number(seat: Seat) -> None:
    call = seat.ask()
    call.state = "talking"
    seat.session.flush()
    me = {"actor_id": seat.operator.user_id, "now": NOON + timedelta(seconds=5)}
    for phone in ("112", "79120001234@other", "8" * 11):
        assert (
            why(lambda phone=phone: calls.order(seat.session, call.id, "transfer", {"phone": phone}, **me))
            == "number_wrong"
        )
    row = calls.order(seat.session, call.id, "transfer", {"phone": "79120001234"}, **me)
    assert row is not None
    assert row.args == {"phone": "79120001234", "trunk_endpoint": seat.trunk.endpoint, "dialled": "79120001234",
                        "caller_number": ""}  # fmt: skip


def test_nobody_orders_anothers_call_and_nothing_of_one_that_is_over(seat: Seat) -> None:
    call, other = seat.ask(), make_operator(seat.session)
    assert why(lambda: calls.order(seat.session, call.id, "hangup", actor_id=other.user_id, now=NOON)) == "call_none"
    assert why(lambda: calls.order_own(seat.session, "hangup", actor_id=other.user_id, now=NOON)) == "call_none"
    assert why(lambda: calls.order(seat.session, call.id, "Hangup", actor_id=other.user_id, now=NOON)) == "verb_unknown"
    calls.order(seat.session, call.id, "hangup", actor_id=other.user_id, now=NOON, anyones=True)
    assert (
        why(lambda: calls.order(seat.session, call.id, "hangup", actor_id=seat.operator.user_id, now=NOON))
        == "call_over"
    )


def test_a_telephone_is_tried_without_a_call(seat: Seat) -> None:
    row = calls.order_own(seat.session, "check", actor_id=seat.operator.user_id, now=NOON)
    assert row is not None and row.call_id is None
    order = calls.claim_orders(seat.session, seat.asterisk.id, NOON)
    assert order == [LiveOrder(row.id, "check", "", {"extension": seat.account.extension})]


def test_an_order_that_nobody_fetched_is_not_carried_out_late(seat: Seat) -> None:
    row = calls.check_phone(seat.session, seat.operator.user_id, actor_id=seat.operator.user_id, now=NOON)
    assert calls.claim_orders(seat.session, seat.asterisk.id, NOON + timedelta(seconds=16)) == []
    seat.session.refresh(row)
    assert row.trouble == "telephony_down"


# --- many at once, on connections of their own


@pytest.mark.parametrize("what", ["one operator", "one number", "one channel"])
def test_of_many_who_ask_at_once_one_gets_the_call(own_database: str, session: Session, what: str) -> None:
    seat = take_seat(session, max_channels=1 if what == "one channel" else 50, calls_per_second=100)
    seats = [seat]
    for _n in range(5):
        operator = seat.operator if what == "one operator" else make_operator(session)
        if what != "one operator":
            make_phone(session, seat.asterisk, operator.user_id)
        card, phone = give_card(session, operator)
        if what == "one number":
            phone = seat.phone
            session.execute(
                text("UPDATE ad SET phones = ARRAY[:phone] WHERE vehicle_id = :id"),
                {"phone": phone, "id": card.vehicle_id},
            )
        seats.append(Seat(session, seat.asterisk, seat.trunk, operator, seat.account, card, phone))
    session.commit()
    asks = [(one.card.id, one.phone, one.operator.user_id) for one in seats]
    session.commit()
    engine = create_engine(sqlalchemy_url(own_database))
    gate, answers = threading.Barrier(len(asks)), []

    def ask(card_id: int, phone: str, operator_id: int) -> None:
        with Session(engine) as mine:
            gate.wait()
            try:
                calls.request_call(mine, card_id, phone, operator_id=operator_id, now=NOON)
                mine.commit()
                answers.append("asked")
            except Refused as refused:
                answers.append(refused.reason.code)

    threads = [threading.Thread(target=ask, args=one) for one in asks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    engine.dispose()
    no = {"one operator": "already_in_call", "one number": "number_in_call", "one channel": "line_full"}[what]
    assert sorted(answers) == sorted(["asked"] + [no] * 5)
    assert session.query(Call).count() == 1


def test_one_order_is_claimed_by_one_of_two_processes(own_database: str, session: Session) -> None:
    seat = take_seat(session)
    call_id, server = seat.ask().id, seat.asterisk.id
    calls.check_phone(session, seat.operator.user_id, actor_id=seat.operator.user_id, now=NOON)
    session.commit()
    engine = create_engine(sqlalchemy_url(own_database))
    gate, claimed = threading.Barrier(4), []

    def claim() -> None:
        with Session(engine) as mine:
            gate.wait()
            claimed.extend(calls.claim_orders(mine, server, NOON))
            mine.commit()

    threads = [threading.Thread(target=claim) for _n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    engine.dispose()
    assert sorted(type(one).__name__ for one in claimed) == ["ClickOrder", "LiveOrder"]
    assert session.get_one(Call, call_id).state == "sent" and session.query(CallOrder).count() == 1


def test_every_limit_has_its_setting(session: Session) -> None:
    known = settings.all_of(session)
    assert known.keys() >= {"attempts_per_day", "attempts_per_life", "attempts_gap_min", "operator_ring_s"}
    make_trunk(session, make_asterisk(session))
    assert calls.rules(session).gap == timedelta(minutes=known["attempts_gap_min"])
