"""A seller rings: his card opens where it should, somebody's telephone rings, and nobody is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.models import CALLBACK, CLOSED, IN_WORK, Call, Callback, CallOrder, Card, DoNotCall, Note
from app.services import incoming, stop_list
from tests.factories import (
    NOON,
    fictional_phone,
    make_ad,
    make_card,
    make_filter,
    make_group,
    make_operator,
    make_seller,
    make_vehicle,
)
from tests.services.calls_made import make_asterisk, make_call, make_caller_number, make_phone, make_trunk

ZONE = "Europe/Moscow"
NOW = NOON + timedelta(minutes=50)


class World:
    """One exchange with one line, a group with two people who are ready, a seller whom one of them has called."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.asterisk = make_asterisk(session)
        self.trunk = make_trunk(session, self.asterisk)
        self.ours = make_caller_number(session, self.trunk).phone
        self.group = make_group(session)
        self.first, self.second = (make_operator(session, self.group) for _ in range(2))
        self.phones = {
            person.user_id: make_phone(session, self.asterisk, person.user_id) for person in (self.first, self.second)
        }
        self.phone = fictional_phone()
        self.vehicle = make_vehicle(session, seller_id=make_seller(session, self.phone).id)
        make_ad(session, self.vehicle, phone=self.phone)
        self.card = make_card(session, self.vehicle, operator=self.first, stage=IN_WORK)
        self.call_out(self.second)

    def call_out(self, person: Any, **more: Any) -> Call:
        values = {"phone": self.phone, "caller_number": self.ours, "operator_id": person.user_id}
        values |= {"trunk_id": self.trunk.id, "card_id": self.card.id}
        values |= {"outcome": "no_answer", "answered_at": None, "talk_ms": None}
        return make_call(self.session, self.asterisk, **(values | more))

    def ring(self, phone: str | None = None, called: str | None = None, link: str = "in-1") -> Call:
        said = {"caller": self.phone if phone is None else phone, "called": called or self.ours}
        return incoming.arrived(self.session, self.asterisk.id, link, said | {"trunk": self.trunk.endpoint}, NOW)

    def orders(self, call: Call) -> list[str]:
        rows = self.session.scalars(select(CallOrder).where(CallOrder.call_id == call.id).order_by(CallOrder.id))
        return [row.args["extension"] for row in rows]

    def callback(self, card: Card | None = None) -> Callback | None:
        self.session.flush()
        query = select(Callback).where(Callback.card_id == (card or self.card).id, Callback.done_at.is_(None))
        return self.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def test_the_seller_who_calls_back_reaches_who_called_him_last(world: World) -> None:
    call = world.ring()
    assert (call.card_id, call.operator_id, call.state) == (world.card.id, world.second.user_id, "ringing")
    assert world.orders(call) == [f"op{world.second.user_id}"]
    assert (call.trunk_id, call.seller_id) == (world.trunk.id, world.vehicle.seller_id)


@pytest.mark.parametrize("written", ["+{}", "8{1}", "{1}"])
def test_the_number_is_known_however_the_line_sends_it(world: World, written: str) -> None:
    assert world.ring(written.format(world.phone, world.phone[1:])).card_id == world.card.id


def test_the_same_word_from_asterisk_makes_one_call(world: World) -> None:
    assert world.ring() is world.ring()
    assert len(world.orders(world.ring())) == 1


def test_of_two_talks_the_number_that_is_dialled_back_tells_which(world: World, session: Session) -> None:
    other = make_card(session, make_vehicle(session), operator=world.first, stage=IN_WORK)
    elsewhere = make_caller_number(session, world.trunk).phone
    world.call_out(world.first, card_id=other.id, caller_number=elsewhere, created_at=NOON + timedelta(minutes=30))
    assert world.ring().card_id == world.card.id
    assert world.ring(called=elsewhere, link="in-2").card_id == other.id


@pytest.mark.parametrize("why", ["away", "no telephone", "in a call", "telephone in use"])
def test_when_he_cannot_answer_a_free_colleague_of_the_group_does(world: World, session: Session, why: str) -> None:
    if why == "away":
        world.second.presence = "offline"
    elif why == "in a call":
        make_call(session, world.asterisk, state="talking", operator_id=world.second.user_id)
    else:
        world.phones[world.second.user_id].device_state = "unavailable" if why == "no telephone" else "inuse"
    session.flush()
    assert world.ring().operator_id == world.first.user_id


def test_another_group_is_not_disturbed_and_the_caller_is_told_that_nobody_is_there(
    world: World, session: Session
) -> None:
    stranger = make_operator(session, make_group(session))
    make_phone(session, world.asterisk, stranger.user_id)
    world.first.presence = world.second.presence = "offline"
    session.flush()
    call = world.ring()
    assert (call.operator_id, call.state, world.orders(call)) == (None, "ringing", [""])


def test_who_does_not_answer_is_followed_by_the_next_and_nobody_is_asked_twice(world: World, session: Session) -> None:
    call = world.ring()
    incoming.order_to_somebody(session, call, NOW)
    incoming.order_to_somebody(session, call, NOW)
    assert world.orders(call) == [f"op{world.second.user_id}", f"op{world.first.user_id}", ""]


def test_two_sellers_at_once_reach_two_people(world: World, session: Session) -> None:
    first = world.ring()
    second = world.ring(link="in-2")
    assert {first.operator_id, second.operator_id} == {world.first.user_id, world.second.user_id}


def test_who_answers_works_on_the_card_from_then_on(world: World, session: Session) -> None:
    call = world.ring()
    incoming.answered(session, call, NOW, ZONE)
    session.refresh(world.card)
    assert (world.card.operator_id, world.card.stage, call.state) == (world.second.user_id, IN_WORK, "talking")
    session.refresh(world.first)
    session.refresh(world.second)
    assert (world.first.open_n, world.second.open_n) == (0, 1)
    assert not incoming.ended(session, call, NOW, ZONE)


def test_a_closed_card_is_opened_for_the_seller_who_calls_back(world: World, session: Session) -> None:
    world.card.stage, world.card.closed_why = CLOSED, "status"
    session.flush()
    incoming.answered(session, world.ring(), NOW, ZONE)
    session.refresh(world.card)
    assert (world.card.operator_id, world.card.stage, world.card.closed_why) == (world.second.user_id, IN_WORK, "")


def test_a_card_of_one_operators_filter_stays_his(world: World, session: Session) -> None:
    world.card.for_operator_id = world.first.user_id
    session.flush()
    incoming.answered(session, world.ring(), NOW, ZONE)
    session.refresh(world.card)
    assert world.card.operator_id == world.first.user_id


def test_a_missed_call_is_a_callback_that_is_overdue_now(world: World, session: Session) -> None:
    world.first.presence = world.second.presence = "offline"
    session.flush()
    call = world.ring()
    call.state, call.ended_at, call.outcome = "ended", NOW, "no_answer"
    assert incoming.ended(session, call, NOW, ZONE)
    planned = world.callback()
    session.refresh(world.card)
    assert planned is not None and world.card.stage == CALLBACK
    assert (planned.at, planned.operator_id, planned.call_id) == (NOW, world.first.user_id, call.id)
    assert planned.is_automatic and world.card.next_call_at == NOW
    shown = f"+7 {world.phone[1:4]} {world.phone[4:7]}-{world.phone[7:9]}-{world.phone[9:]}"
    assert planned.note == f"Пропущенный звонок 20.11 12:50, номер {shown}"


def miss(world: World, link: str, minutes: int = 0) -> Call:
    call = world.ring(link=link)
    at = NOW + timedelta(minutes=minutes)
    call.created_at, call.state, call.ended_at, call.outcome = at, "ended", at, "no_answer"
    world.session.flush()
    incoming.ended(world.session, call, at, ZONE)
    return call


def test_a_seller_who_rings_again_and_again_has_one_callback(world: World, session: Session) -> None:
    miss(world, "in-1")
    miss(world, "in-2", minutes=5)
    planned = world.callback()
    assert planned is not None and planned.note.endswith(", ещё раз 20.11 12:55")
    assert session.scalar(select(text("count(*)")).select_from(Callback)) == 1


def test_what_was_planned_gives_way_and_its_note_is_kept(world: World, session: Session) -> None:
    later = NOW + timedelta(days=2)
    session.add(Callback(card_id=world.card.id, operator_id=world.first.user_id, at=later, note="Просил в субботу"))
    world.card.stage, world.card.next_call_at = CALLBACK, later
    session.flush()
    miss(world, "in-1")
    planned = world.callback()
    assert planned is not None and planned.at == NOW and planned.note.endswith(". Просил в субботу")


def test_an_unknown_number_makes_a_card_with_the_number_and_it_is_found_again(world: World, session: Session) -> None:
    stranger = fictional_phone()
    call = world.ring(stranger)
    card = session.get_one(Card, call.card_id)
    assert card.id != world.card.id and card.vehicle.on_sale
    assert [ad.phones for ad in card.vehicle.ads] == [[stranger]]
    assert card.vehicle.ads[0].source.name == "Звонок" and not card.vehicle.ads[0].source.is_enabled
    assert call.operator_id is not None  # anyone who is ready
    assert world.ring(stranger, link="in-2").card_id == card.id


def test_a_missed_call_of_an_unknown_number_is_called_back_too(world: World, session: Session) -> None:
    call = world.ring(fictional_phone())
    call.state, call.ended_at, call.outcome = "ended", NOW, "no_answer"
    assert incoming.ended(session, call, NOW, ZONE)
    assert world.callback(session.get_one(Card, call.card_id)) is not None


@pytest.mark.parametrize("caller", ["", "anonymous", "<script>alert(1)</script>", "+380440000000", "9" * 60])
def test_a_hidden_or_odd_number_makes_no_card_and_rings_all_the_same(world: World, caller: str) -> None:
    call = world.ring(caller)
    assert call.card_id is None and call.operator_id is not None
    assert call.phone.isdigit() or call.phone == ""


def test_behind_a_substitute_number_the_line_tells_who_calls_back(world: World, session: Session) -> None:
    session.execute(text("UPDATE seller_phone SET is_substitute = true WHERE phone = :phone"), {"phone": world.phone})
    assert world.ring(fictional_phone()).card_id == world.card.id


def test_two_possible_sellers_behind_substitute_numbers_are_not_guessed(world: World, session: Session) -> None:
    session.execute(text("UPDATE seller_phone SET is_substitute = true WHERE phone = :phone"), {"phone": world.phone})
    other = make_card(session, make_vehicle(session), operator=world.first, stage=IN_WORK)
    world.call_out(world.first, card_id=other.id)
    assert world.ring(fictional_phone()).card_id not in (world.card.id, other.id)


def test_a_seller_of_the_stop_list_is_not_planned_to_be_called(world: World, session: Session) -> None:
    stop_list.add(session, world.phone, reason="test", actor_id=None, now=NOW)
    assert session.scalar(select(DoNotCall)) is not None
    miss(world, "in-1")
    assert world.callback() is None
    assert [note.text for note in session.scalars(select(Note))][0].startswith("Пропущенный звонок")


def test_the_missed_call_of_a_card_in_the_pool_goes_to_the_group(world: World, session: Session) -> None:
    wanted = make_filter(session, world.group)
    phone = fictional_phone()
    vehicle = make_vehicle(session, seller_id=make_seller(session, phone).id)
    card = make_card(session, vehicle, ad_filter=wanted)
    call = world.ring(phone)
    call.state, call.ended_at, call.outcome = "ended", NOW, "no_answer"
    incoming.ended(session, call, NOW, ZONE)
    session.refresh(card)
    assert card.stage == CALLBACK and card.operator_id in (world.first.user_id, world.second.user_id)
