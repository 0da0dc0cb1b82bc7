"""How a call ended, by what its events tell: in any order, twice, with gaps."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.call_outcomes import Happening, ending, fold, later

START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def at(seconds: float, name: str, channel: str = "", **details: str) -> Happening:
    return Happening(name, START + timedelta(seconds=seconds), channel, details)


def call(status: str, cause: int, tech: str = "", *, rang: bool = True, talk: float = 0) -> list[Happening]:
    told = [at(0.4, "OriginateAnswered", Reason="4"), at(0.5, "OperatorAnswered")]
    end = 6.0
    if rang:
        told.append(at(1.0, "SellerRang"))
    if talk:
        end = 2.07 + talk
        told.append(at(2.07, "SellerAnswered", Rec="pz-1.wav"))
    told += [
        at(end, "LegHungUp", "PJSIP/t1-00000001", Cause=str(cause), TechCause=tech),
        at(end + 0.01, "CallEnded", DialStatus=status, Cause=str(cause), TechCause=tech, TalkMs=str(round(talk * 1000)),
           EndedBy="seller"),
        at(end + 0.02, "LegHungUp", "PJSIP/op1-00000000", Cause=str(cause)),
    ]  # fmt: skip
    return told


@pytest.mark.parametrize(
    ("status", "cause", "tech", "rang", "outcome"),
    [
        ("BUSY", 17, "486", True, "busy"),
        ("BUSY", 17, "", False, "busy"),
        ("CHANUNAVAIL", 21, "603", True, "rejected"),
        ("CHANUNAVAIL", 1, "404", False, "wrong_number"),
        ("NOANSWER", 1, "404", False, "wrong_number"),
        ("CHANUNAVAIL", 19, "480", False, "unavailable"),
        ("NOANSWER", 19, "480", True, "no_answer"),
        ("NOANSWER", 19, "", True, "no_answer"),
        ("NOANSWER", 0, "487", True, "no_answer"),
        ("CHANUNAVAIL", 20, "", False, "unavailable"),
        ("CONGESTION", 34, "503", False, "failed"),
        ("CHANUNAVAIL", 21, "403", False, "failed"),
        ("CHANUNAVAIL", 0, "", False, "failed"),
        ("CANCEL", 16, "", True, "cancelled"),
        ("CANCEL", 16, "487", True, "cancelled"),
        ("", 16, "", False, "cancelled"),
        ("REFUSED", 21, "", False, "failed"),
    ],
)
def test_the_networks_answer_becomes_an_outcome(status: str, cause: int, tech: str, rang: bool, outcome: str) -> None:
    told = fold(call(status, cause, tech, rang=rang))
    assert (told.state, told.outcome, told.talk_ms) == ("ended", outcome, None)


def test_only_a_failure_of_the_line_counts_against_the_line() -> None:
    assert ending("CONGESTION", 34, 503, answered=False, rang=False).trouble == "line_failed"
    assert ending("REFUSED", 21, None, answered=False, rang=False).trouble == "refused_by_dialplan"
    assert ending("BUSY", 17, 486, answered=False, rang=False).trouble == ""


def test_a_talk_counts_from_the_sellers_answer() -> None:
    told = fold(call("ANSWER", 16, talk=3.007))
    assert (told.outcome, told.talk_ms, told.ring_ms, told.recording) == ("answered", 3007, 1070, "pz-1.wav")
    assert (told.answered_at, told.ended_by) == (START + timedelta(seconds=2.07), "seller")
    without_the_word = [one for one in call("ANSWER", 16, talk=3.007) if one.name != "SellerAnswered"]
    assert abs((fold(without_the_word).answered_at - told.answered_at).total_seconds()) < 0.1  # type: ignore[operator]


def test_a_machine_that_answered_is_no_talk() -> None:
    told = fold([*call("ANSWER", 16, talk=3), at(2.5, "SellerAnswered", AmdStatus="MACHINE")])
    assert told.outcome == "machine"


@pytest.mark.parametrize(("reason", "trouble"), [("0", "phone_not_registered"), ("3", "operator_no_answer"),
                                                 ("5", "phone_busy")])  # fmt: skip
def test_a_call_that_the_operators_telephone_did_not_take_has_failed(reason: str, trouble: str) -> None:
    told = fold([at(15, "OriginateFailed", Reason=reason)])
    assert (told.state, told.outcome, told.trouble) == ("ended", "failed", trouble)


def test_the_states_follow_each_other() -> None:
    told = call("ANSWER", 16, talk=2)
    states = [fold(told[:n]).state for n in range(len(told) + 1)]
    assert states == ["sent", "operator_ringing", "operator_ringing", "ringing", "talking", "talking", "ended", "ended"]
    assert later("talking", "ringing") == "talking" and later("talking", "ended") == "ended"


def test_an_incoming_call_is_answered_by_the_operator_or_missed() -> None:
    arrived, end = at(0, "IncomingArrived", Caller="79120001234"), at(9, "CallEnded", DialStatus="ANSWER", Cause="16")
    missed = fold([arrived, at(9, "CallEnded", DialStatus="NOANSWER", Cause="19")], incoming=True)
    assert (missed.outcome, missed.talk_ms) == ("no_answer", None)
    talk = fold([arrived, at(4, "IncomingAnswered", Extension="op1"), end], incoming=True)
    assert (talk.outcome, talk.talk_ms, talk.ring_ms) == ("answered", 5000, 4000)


CALLS = [
    call("ANSWER", 16, talk=3.007), call("BUSY", 17, "486"), call("CHANUNAVAIL", 1, "404", rang=False),
    call("NOANSWER", 19), call("CONGESTION", 34, "503", rang=False), call("CANCEL", 16),
]  # fmt: skip


@given(st.sampled_from(CALLS), st.data())
def test_any_order_and_any_repetition_make_the_same_call(told: list[Happening], data: st.DataObject) -> None:
    mixed = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=5))))
    assert asdict(fold(mixed)) == asdict(fold(told))


@given(st.sampled_from(CALLS), st.data())
def test_whatever_is_lost_before_the_end_the_outcome_stays(told: list[Happening], data: st.DataObject) -> None:
    kept = [one for one in told if one.name == "CallEnded" or data.draw(st.booleans())]
    whole, less = fold(told), fold(kept)
    assert (less.outcome, less.cause, less.tech_cause, less.ended_at) == (
        whole.outcome, whole.cause, whole.tech_cause, whole.ended_at,
    )  # fmt: skip
    assert abs((less.talk_ms or 0) - (whole.talk_ms or 0)) <= 100


@given(st.sampled_from(CALLS))
def test_without_the_end_the_legs_tell_it(told: list[Happening]) -> None:
    left = fold([one for one in told if one.name != "CallEnded"], hung_up=True)
    assert left.outcome == fold(told).outcome
