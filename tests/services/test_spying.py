"""What a supervisor may ask of a live call, what stands in the way, and what is written down."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import Refused
from app.models import AuditEvent, Call, CallEvent, CallOrder
from app.services import spying
from tests.factories import NOON, get_user, make_operator
from tests.services.calls_made import make_asterisk, make_call, make_phone


class World:
    def __init__(self, session: Session) -> None:
        self.session = session
        self.server = make_asterisk(session, seen_at=NOON)
        self.boss = get_user(session, "supervisor")
        self.phone = make_phone(session, self.server, self.boss.id)
        self.operator = make_operator(session)
        self.call: Call = make_call(session, self.server, state="talking", operator_id=self.operator.user_id,
                                    answered_at=NOON)  # fmt: skip

    def ask(self, verb: str, **more: Any) -> Any:
        return spying.ask(self.session, self.call.id, verb, **({"actor_id": self.boss.id, "now": NOON} | more))

    def refusal(self, verb: str, **more: Any) -> str:
        with pytest.raises(Refused) as refused:
            self.ask(verb, **more)
        assert self.session.scalars(select(CallOrder)).all() == []
        return refused.value.reason.code


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


@pytest.mark.parametrize("verb", ["listen", "whisper", "barge", "take_over"])
def test_the_supervisors_own_telephone_is_ordered_into_the_talk_and_that_is_logged(world: World, verb: str) -> None:
    order = world.ask(verb)
    assert (order.verb, order.call_id, order.args) == (verb, world.call.id, {"extension": world.phone.extension})
    event = world.session.scalars(select(AuditEvent)).one()
    assert (event.what, event.actor_id, event.subject_id) == (spying.VERBS[verb], world.boss.id, world.call.id)
    assert event.details["operator_id"] == world.operator.user_id


def test_hanging_up_needs_no_telephone_and_no_talk(world: World) -> None:
    world.phone.device_state, world.call.state = "unavailable", "ringing"
    world.session.flush()
    assert world.ask("hangup").args == {}


def test_a_call_that_telephony_does_not_have_yet_is_never_made(world: World) -> None:
    world.call.state, world.call.answered_at = "asked", None
    world.session.flush()
    assert world.ask("hangup") is None
    world.session.refresh(world.call)
    assert (world.call.state, world.call.outcome) == ("ended", "cancelled")
    assert world.session.scalars(select(CallOrder)).all() == []


@pytest.mark.parametrize(
    ("state", "code"),
    [("unavailable", "own_phone_absent"), ("unknown", "own_phone_absent"), ("inuse", "phone_busy")],
)
def test_a_telephone_that_cannot_ring_is_said_so(world: World, state: str, code: str) -> None:
    world.phone.device_state = state
    world.session.flush()
    assert world.refusal("listen") == code


def test_what_is_over_or_has_not_begun_is_not_listened_to(world: World) -> None:
    world.call.state = "ringing"
    world.session.flush()
    assert world.refusal("listen") == "call_not_talking"
    world.call.state, world.call.outcome, world.call.ended_at = "ended", "answered", NOON
    world.session.flush()
    assert world.refusal("hangup") == "call_over"


def test_without_a_telephone_on_that_server_nothing_rings(world: World) -> None:
    world.phone.asterisk_id = make_asterisk(world.session).id
    world.session.flush()
    assert world.refusal("listen") == "phone_elsewhere_server"
    world.session.delete(world.phone)
    world.session.flush()
    assert world.refusal("listen") == "phone_none"


def test_when_telephony_is_silent_it_is_said_at_once(world: World) -> None:
    assert world.refusal("hangup", now=NOON + timedelta(minutes=1)) == "telephony_down"


def test_nobody_listens_to_himself(world: World) -> None:
    make_phone(world.session, world.server, world.operator.user_id)
    assert world.refusal("listen", actor_id=world.operator.user_id) == "call_is_own"


def test_the_live_calls_are_listed_with_who_and_where(world: World) -> None:
    make_call(world.session, world.server)
    rows = spying.live(world.session)
    assert [(row.id, row.operator_id, row.since) for row in rows] == [(world.call.id, world.operator.user_id, NOON)]


def test_it_is_told_who_listens_while_he_does(world: World) -> None:
    def told(name: str, once: str) -> str | None:
        details = {"Extension": world.phone.extension}
        world.session.add(CallEvent(call_id=world.call.id, name=name, at=NOON, details=details, once=once))
        world.session.flush()
        return spying.live(world.session)[0].listeners

    assert told("SpyStarted", "1") == "Семён Старший"
    assert told("SpyStopped", "2") is None


def test_what_became_of_an_order_is_told_to_who_asked(world: World) -> None:
    order = world.ask("listen")
    assert spying.answer_of(world.session, order.id, world.boss.id) is None
    order.done_at, order.trouble = NOON, "call_over"
    world.session.flush()
    assert spying.answer_of(world.session, order.id, world.boss.id) == "call_over"
    assert spying.answer_of(world.session, order.id, world.operator.user_id) is None
