"""What Asterisk tells becomes the row of a call, and has its consequences once."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import AuditEvent, Call, CallEvent, SellerPhone
from app.services import call_events, calls, presence
from tests.factories import NOON, make_operator
from tests.services.callers import Seat, take_seat
from tests.services.calls_made import make_phone


@dataclass(frozen=True)
class Told:
    name: str
    link: str
    at: datetime
    channel: str = ""
    details: dict[str, str] = field(default_factory=dict)
    once: str = ""


def tell(call: Call, seconds: float, name: str, channel: str = "", **details: str) -> Told:
    at = NOON + timedelta(seconds=seconds)
    return Told(name, call.link, at, channel, details, f"{name}{seconds}{channel}")


def story(call: Call, status: str = "ANSWER", cause: str = "16", tech: str = "", talk: float = 3.007) -> list[Told]:
    told = [tell(call, 0.5, "OriginateAnswered", Reason="4"), tell(call, 0.5, "OperatorAnswered"),
            tell(call, 1, "SellerRang")]  # fmt: skip
    end = 2.07 + talk if status == "ANSWER" else 6
    if status == "ANSWER":
        told.append(tell(call, 2.07, "SellerAnswered", Rec=f"{call.link}.wav"))
    ms = str(round(talk * 1000)) if status == "ANSWER" else "0"
    return [
        *told,
        tell(call, end, "CallEnded", DialStatus=status, Cause=cause, TechCause=tech, TalkMs=ms, EndedBy="seller"),
        tell(call, end + 0.01, "LegHungUp", "PJSIP/t-1", Cause=cause, TechCause=tech),
    ]


@pytest.fixture
def seat(session: Session) -> Seat:
    seat = take_seat(session)
    seat.session.flush()
    return seat


def sent(seat: Seat, **more: Any) -> Call:
    call = seat.ask(**more)
    calls.claim_orders(seat.session, seat.asterisk.id, more.get("now", NOON))
    seat.session.refresh(call)
    return call


def hear(seat: Seat, told: list[Told], now: datetime = NOON) -> int:
    return call_events.handle(seat.session, seat.asterisk.id, told, now)


COLUMNS = ("state", "operator_up_at", "ringing_at", "answered_at", "ended_at", "ring_ms", "talk_ms", "outcome",
           "cause", "tech_cause", "ended_by", "trouble", "recording")  # fmt: skip


def row(call: Call) -> dict[str, Any]:
    return {name: getattr(call, name) for name in COLUMNS}


def test_a_talk_is_told_from_ringing_to_its_end(seat: Seat) -> None:
    call = sent(seat)
    states = []
    for one in story(call):
        hear(seat, [one])
        states.append(call.state)
    assert states == ["operator_ringing", "operator_ringing", "ringing", "talking", "ended", "ended"]
    assert (call.outcome, call.talk_ms, call.ring_ms, call.ended_by) == ("answered", 3007, 1070, "seller")
    assert call.recording == f"{call.link}.wav"
    assert call.answered_at == NOON + timedelta(seconds=2.07)


@pytest.mark.parametrize(
    ("status", "cause", "tech", "outcome"),
    [("BUSY", "17", "486", "busy"), ("NOANSWER", "19", "", "no_answer"), ("CHANUNAVAIL", "1", "404", "wrong_number"),
     ("CHANUNAVAIL", "21", "603", "rejected"), ("CONGESTION", "34", "503", "failed"),
     ("CANCEL", "16", "", "cancelled")],
)  # fmt: skip
def test_each_ending_has_its_outcome(seat: Seat, status: str, cause: str, tech: str, outcome: str) -> None:
    call = sent(seat)
    hear(seat, story(call, status, cause, tech))
    assert (call.outcome, call.cause, call.tech_cause, call.talk_ms) == (outcome, int(cause), tech, None)


def test_the_same_thing_said_twice_is_kept_once(seat: Seat) -> None:
    call = sent(seat)
    told = story(call)
    assert hear(seat, told) == len(told)
    before = row(call)
    assert hear(seat, told) == 0 and hear(seat, told[:3] + told[:3]) == 0
    assert row(call) == before
    assert seat.session.query(CallEvent).filter_by(call_id=call.id).count() == len(told)


@hypothesis_settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    ending=st.sampled_from(
        [("ANSWER", "16", ""), ("BUSY", "17", "486"), ("CANCEL", "16", ""), ("CONGESTION", "34", "503")]
    ),
)
def test_any_order_any_repetition_and_any_batches_end_in_the_same_row(
    session: Session, seed: int, ending: tuple[str, str, str]
) -> None:
    chance = random.Random(seed)
    one, other = sent(take_seat(session)), sent(take_seat(session))
    hear_both = (one, story(one, *ending)), (other, story(other, *ending))
    call_events.handle(session, one.asterisk_id, hear_both[0][1], NOON)
    told = [*hear_both[1][1], *chance.choices(hear_both[1][1], k=4)]
    chance.shuffle(told)
    while told:
        n = chance.randint(1, 4)
        call_events.handle(session, other.asterisk_id, told[:n], NOON)
        told = told[n:]
    plain, mixed = row(one), row(other)
    assert mixed.pop("recording") == plain.pop("recording").replace(one.link, other.link)
    assert mixed == plain


def test_the_state_never_goes_back(seat: Seat) -> None:
    call = sent(seat)
    told = story(call)
    hear(seat, [told[-2]])
    assert call.state == "ended"
    hear(seat, told[:3])
    assert call.state == "ended" and call.ringing_at == told[2].at


def test_what_concerns_no_call_of_ours_is_passed_over(seat: Seat) -> None:
    call = sent(seat)
    stranger = Told("CallEnded", "pz-nobody", NOON, "", {"DialStatus": "BUSY"}, "x")
    assert hear(seat, [stranger, Told("LegHungUp", "", NOON, "", {}, "y")]) == 0
    assert call_events.handle(seat.session, seat.asterisk.id + 1, story(call), NOON) == 0  # another server's word
    assert call.state == "sent"


def test_a_recording_with_a_strange_name_is_not_kept(seat: Seat) -> None:
    call = sent(seat)
    hear(seat, [tell(call, 2, "SellerAnswered", Rec="../../etc/passwd")])
    assert call.recording == "" and call.state == "talking"


# --- what follows


def test_the_operator_talks_then_finishes_then_may_call_again(seat: Seat) -> None:
    presence.set_state(seat.session, seat.operator.user_id, "ready", NOON)
    call = sent(seat)
    told = story(call)
    hear(seat, told[:2])
    seat.session.refresh(seat.operator)
    assert seat.operator.presence == "talking"
    hear(seat, told[2:])
    seat.session.refresh(seat.operator)
    assert seat.operator.presence == "wrap_up"


def test_a_call_that_the_operators_telephone_did_not_take_leaves_him_ready(seat: Seat) -> None:
    call = sent(seat)
    hear(seat, [tell(call, 15, "OriginateFailed", Reason="3")])
    seat.session.refresh(seat.operator)
    assert (call.outcome, call.trouble, seat.operator.presence) == ("failed", "operator_no_answer", "ready")
    seat.session.refresh(seat.trunk)
    assert seat.trunk.failed_n == 0


def test_the_number_remembers_when_it_was_good_and_when_not(seat: Seat) -> None:
    hear(seat, story(sent(seat)))
    number = seat.session.get_one(SellerPhone, seat.phone)
    seat.session.refresh(number)
    assert number.last_good_at == NOON + timedelta(seconds=5.077) and number.last_failed_at is None
    later = NOON + timedelta(minutes=5)
    seat.asterisk.seen_at = later
    hear(seat, story(sent(seat, now=later), "CHANUNAVAIL", "1", "404"))
    seat.session.refresh(number)
    assert number.last_failed_at is not None


def failures(seat: Seat, n: int, *, first: int = 0) -> None:
    for k in range(first, first + n):
        now = NOON + timedelta(minutes=5 * k)
        seat.asterisk.seen_at = now
        seat.session.flush()
        hear(seat, story(sent(seat, now=now), "CONGESTION", "34", "503"), now)
    seat.session.refresh(seat.trunk)


def test_a_line_that_fails_again_and_again_is_stopped_and_that_is_written_down_once(seat: Seat) -> None:
    seat.trunk.stop_after = 3
    failures(seat, 2)
    assert (seat.trunk.failed_n, seat.trunk.stopped_at) == (2, None)
    failures(seat, 1, first=2)
    assert seat.trunk.failed_n == 3 and seat.trunk.stopped_at is not None and seat.trunk.stopped_why == "line_failed"
    events = seat.session.query(AuditEvent).filter_by(what="trunk_stopped", subject_id=seat.trunk.id).all()
    assert [one.details["n"] for one in events] == [3]


def test_an_answer_of_the_network_clears_the_line(seat: Seat) -> None:
    seat.trunk.stop_after = 3
    failures(seat, 2)
    now = NOON + timedelta(hours=1)
    seat.asterisk.seen_at = now
    hear(seat, story(sent(seat, now=now), "BUSY", "17", "486"), now)
    seat.session.refresh(seat.trunk)
    assert seat.trunk.failed_n == 0


def test_a_talk_that_was_taken_over_is_the_new_ones(seat: Seat) -> None:
    call, colleague = sent(seat), make_operator(seat.session)
    make_phone(seat.session, seat.asterisk, colleague.user_id)
    told = story(call)
    hear(seat, told[:4])
    hear(seat, [tell(call, 3, "IncomingAnswered", Extension=f"op{colleague.user_id}")])
    seat.session.refresh(seat.operator)
    seat.session.refresh(colleague)
    assert (call.operator_id, call.state) == (colleague.user_id, "talking")
    assert (seat.operator.presence, colleague.presence) == ("wrap_up", "talking")
    hear(seat, told[4:])
    seat.session.refresh(colleague)
    assert (call.outcome, colleague.presence) == ("answered", "wrap_up")


def test_the_latest_word_of_a_telephone_counts(seat: Seat) -> None:
    def device(seconds: float, state: str) -> Told:
        details = {"Extension": seat.account.extension, "State": state}
        return Told("DeviceChanged", "", NOON + timedelta(seconds=seconds), "", details, f"d{seconds}")

    seat.account.device_since = NOON
    hear(seat, [device(2, "UNAVAILABLE"), device(1, "INUSE")])
    hear(seat, [device(1.5, "RINGING")])
    seat.session.refresh(seat.account)
    assert (seat.account.device_state, seat.account.device_since) == ("unavailable", NOON + timedelta(seconds=2))


def test_a_seller_who_rings_is_written_down_and_missed_or_answered(seat: Seat) -> None:
    hear(seat, story(sent(seat)))  # he was called before: his card and his operator are known
    presence.set_state(seat.session, seat.operator.user_id, "ready", NOON)
    link = "1795384283.5"
    arrived = Told("IncomingArrived", link, NOON + timedelta(minutes=9), "PJSIP/t-2",
                   {"Caller": seat.phone, "Called": "74950000001", "Trunk": seat.trunk.endpoint}, "in")  # fmt: skip
    assert hear(seat, [arrived], arrived.at) == 1
    call = seat.session.query(Call).filter_by(link=link).one()
    assert (call.type, call.card_id, call.operator_id) == ("incoming", seat.card.id, seat.operator.user_id)
    up = Told(
        "IncomingAnswered", link, arrived.at + timedelta(seconds=4), "", {"Extension": seat.account.extension}, "up"
    )
    over = Told("CallEnded", link, arrived.at + timedelta(seconds=9), "", {"DialStatus": "ANSWER", "Cause": "16"}, "o")
    hear(seat, [up], up.at)
    assert call.state == "talking"
    hear(seat, [over, arrived, up], over.at)
    assert (call.outcome, call.talk_ms, call.ring_ms) == ("answered", 5000, 4000)


def test_a_seller_whom_nobody_answered_is_called_back(seat: Seat) -> None:
    hear(seat, story(sent(seat)))
    link = "1795384283.7"
    at = NOON + timedelta(minutes=9)
    hear(seat, [Told("IncomingArrived", link, at, "", {"Caller": seat.phone, "Called": ""}, "in")], at)
    hear(seat, [Told("CallEnded", link, at + timedelta(seconds=8), "", {"DialStatus": "NOANSWER"}, "over")], at)
    due = seat.session.execute(
        text("SELECT note FROM callback WHERE card_id = :id AND done_at IS NULL"), {"id": seat.card.id}
    ).scalar_one()
    assert "Пропущенный звонок" in due


def test_a_batch_costs_a_handful_of_statements(seat: Seat, count_sql: Any) -> None:
    call = sent(seat)
    told = story(call)
    hear(seat, told[:2])
    with count_sql() as counted:
        hear(seat, told[2:4])
    assert counted.n <= 6, counted.statements
