"""What Asterisk says, read: names, moments, details; the same words make the same mark, and rubbish makes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.telephony.events import READERS, parse

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
CALL = "pz-0123456789abcdef"


def said(name: str, **headers: str) -> dict[str, str]:
    return {"Event": name, "Timestamp": "1795384283.250000", **headers}


@pytest.mark.parametrize(
    ("message", "name", "link", "details"),
    [
        (said("UserEvent", UserEvent="PzOperatorUp", CallId=CALL), "OperatorAnswered", CALL, {}),
        (said("UserEvent", UserEvent="PzSellerUp", CallId=CALL, Rec="a.wav"), "SellerAnswered", CALL, {"Rec": "a.wav"}),
        (
            said("UserEvent", UserEvent="PzEnd", CallId=CALL, DialStatus="BUSY", TalkMs="0", Cause="17",
                 TechCause="486", Rec="", EndedBy="seller", Smuggled="x"),
            "CallEnded", CALL,
            {"DialStatus": "BUSY", "TalkMs": "0", "Cause": "17", "TechCause": "486", "EndedBy": "seller"},
        ),
        (
            said("UserEvent", UserEvent="PzIn", CallId="lab-1.2", Caller="79001234567", Called="79010000101",
                 Trunk="town"),
            "IncomingArrived", "lab-1.2", {"Caller": "79001234567", "Called": "79010000101", "Trunk": "town"},
        ),
        (said("UserEvent", UserEvent="PzInUp", CallId="lab-1.2", Extension="op5"), "IncomingAnswered", "lab-1.2",
         {"Extension": "op5"}),
        (said("UserEvent", UserEvent="PzInMiss", CallId="lab-1.2", Extension="op5"), "IncomingMissed", "lab-1.2",
         {"Extension": "op5"}),
        (said("OriginateResponse", ActionID=CALL, Response="Failure", Reason="0", Uniqueid="<unknown>"),
         "OriginateFailed", CALL, {"Reason": "0"}),
        (said("OriginateResponse", ActionID=CALL, Response="Success", Reason="4"), "OriginateAnswered", CALL,
         {"Reason": "4"}),
        (said("Newstate", ChannelStateDesc="Ringing", Linkedid=CALL, Uniqueid=CALL), "OperatorRang", CALL, {}),
        (said("Newstate", ChannelStateDesc="Ringing", Linkedid=CALL, Uniqueid="lab-1.2"), "SellerRang", CALL, {}),
        (said("Hangup", Linkedid=CALL, Cause="17", TechCause="486"), "LegHungUp", CALL,
         {"Cause": "17", "TechCause": "486"}),
        (said("DeviceStateChange", Device="PJSIP/op5", State="INUSE"), "DeviceChanged", "",
         {"Extension": "op5", "State": "INUSE"}),
        (said("ChanSpyStart", SpyeeLinkedid=CALL, SpyerChannel="PJSIP/op9-0000000a"), "SpyStarted", CALL,
         {"Extension": "op9"}),
        (said("ChanSpyStop", SpyeeLinkedid=CALL, SpyerChannel="Local/x"), "SpyStopped", CALL, {}),
        (said("BlindTransfer", TransfererLinkedid=CALL, Result="Success", Extension="op6"), "Transferred", CALL,
         {"Result": "Success", "Extension": "op6"}),
        (said("MixMonitorStop", Linkedid=CALL), "RecordWritten", CALL, {}),
        (said("AgentConnect", Linkedid="lab-1.2", Interface="PJSIP/op5"), "IncomingAnswered", "lab-1.2",
         {"Extension": "op5"}),
    ],
)  # fmt: skip
def test_an_event_has_its_name_its_call_and_only_what_is_known_of_it(message, name, link, details):
    told = parse(message)
    assert told is not None
    assert (told.name, told.link, told.details) == (name, link, details)
    assert told.at == datetime.fromtimestamp(1795384283.25, UTC) and len(told.once) == 64


@pytest.mark.parametrize(
    "message",
    [
        {}, {"Event": ""}, said("TestEvent"), said("UserEvent"), said("UserEvent", UserEvent="PzNew", CallId=CALL),
        said("UserEvent", UserEvent="PzEnd"), said("UserEvent", UserEvent="PzEnd", CallId="../../etc"),
        said("UserEvent", UserEvent="PzEnd", CallId="x" * 41), said("Newstate", ChannelStateDesc="Up", Linkedid=CALL),
        said("Newstate", ChannelStateDesc="Ringing", Linkedid="lab-1.2"), said("Hangup", Cause="16"),
        said("OriginateResponse", ActionID="order-7", Response="Failure"), said("DeviceStateChange", Device="Queue:x"),
        {"Event": "Hangup", "Linkedid": CALL}, {"Event": "Hangup", "Linkedid": CALL, "Timestamp": "yesterday"},
        {"Event": "Hangup", "Linkedid": CALL, "Timestamp": "1e999"}, {"Response": "Success"},
    ],
)  # fmt: skip
def test_what_says_nothing_of_a_call_is_nothing(message):
    assert parse(message) is None


def test_where_asterisk_does_not_say_when_it_is_when_we_heard_it():
    told = parse({"Event": "Hangup", "Linkedid": CALL}, NOW)
    assert told is not None and told.at == NOW


def test_the_same_words_have_the_same_mark_and_other_words_another():
    one = said("Hangup", Linkedid=CALL, Channel="PJSIP/op5-00000001", Cause="16")
    again = dict(reversed(one.items()))
    other = {**one, "Channel": "PJSIP/town-00000002"}
    marks = [parse(message).once for message in (one, again, other)]  # type: ignore[union-attr]
    assert marks[0] == marks[1] != marks[2]


def test_a_detail_is_cut_and_no_nought_byte_reaches_the_database():
    told = parse(
        said("UserEvent", UserEvent="PzEnd", CallId=CALL, DialStatus="A\0" + "B" * 65_536, Channel="c\0" * 999)
    )
    assert told is not None and len(told.details["DialStatus"]) < 200 and len(told.channel) <= 100
    assert "\0" not in told.details["DialStatus"] + told.channel


@given(
    st.dictionaries(
        st.sampled_from(
            ["Timestamp", "Linkedid", "Uniqueid", "CallId", "UserEvent", "ActionID", "Channel", "Device", "State",
             "Cause", "ChannelStateDesc", "Interface", "SpyeeLinkedid", "SpyerChannel", "Response", "Reason",
             "TransfererLinkedid"]
        ),
        st.one_of(st.text(max_size=60), st.sampled_from([CALL, "1795384283.1", "PzEnd", "Ringing", "PJSIP/op5"])),
    ),
    st.sampled_from(sorted(READERS)),
)  # fmt: skip
def test_no_words_whatever_break_the_reading(headers, name):
    told = parse({"Event": name, **headers}, NOW)
    if told is not None:
        assert told.name and len(told.once) == 64 and all(len(value) <= 200 for value in told.details.values())
