"""Our verbs as they reach AMI: exact words, each value checked once more, the right leg of a call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.telephony import actions
from app.telephony.actions import Leg, NotDone, operator_leg, seller_leg
from app.telephony.client import Ami
from app.telephony.orders import ClickOrder, LiveOrder
from tests.telephony.an_ami import END, AnAmi, success
from tests.telephony.raw_ami import Message

CALL = "pz-0123456789abcdef"
ORDER = ClickOrder(
    link=CALL, extension="op5", phone="79001234567", trunk_endpoint="town", dialled="9879001234567",
    caller_number="79010000101", ring_s=40, operator_ring_s=20, is_recorded=True,
)  # fmt: skip
OPERATOR, SELLER = ("PJSIP/op5-00000001", CALL), ("PJSIP/town-00000002", "lab-1795384283.2")
COLLEAGUE = ("PJSIP/op6-00000003", "lab-1795384283.10")


class Talking(AnAmi):
    """It knows the channels of one call."""

    def __init__(self, *legs: tuple[str, str], link: str = CALL) -> None:
        self.legs, self.link = legs, link
        super().__init__()
        self.answer = self._answer

    def _answer(self, action: Message) -> bytes:
        if action["Action"] != "CoreShowChannels":
            return success(action)
        number = action["ActionID"]
        rows = [
            f"Event: CoreShowChannel\r\nActionID: {number}\r\nLinkedid: {self.link}\r\n"
            f"Channel: {channel}\r\nUniqueid: {unique}"
            for channel, unique in self.legs
        ]
        done = f"Event: CoreShowChannelsComplete\r\nActionID: {number}\r\nEventList: Complete"
        return success(action) + b"".join(row.encode() + END for row in [*rows, done])

    def said(self) -> list[Message]:
        return [one for one in self.heard if one["Action"] not in ("Login", "CoreShowChannels")]


@pytest.fixture
def talking() -> Iterator[Talking]:
    with Talking(OPERATOR, SELLER) as server:
        yield server


@pytest.fixture
def line(talking: Talking) -> Iterator[Ami]:
    ami = Ami(lambda message: None)
    ami.connect("127.0.0.1", talking.port)
    ami.login("prozvon", "secret")
    yield ami
    ami.close()


def do(ami: Ami, verb: str, **args: str) -> bool:
    return actions.do(ami, LiveOrder(7, verb, CALL, args))


def test_a_call_is_originated_under_its_own_name_with_each_variable_in_its_own_header(
    talking: Talking, line: Ami
) -> None:
    actions.click(line, ORDER)
    said = talking.raw.decode().split("\r\n\r\n")[-2].split("\r\n")
    for words in (
        "Action: Originate", f"ActionID: {CALL}", f"ChannelId: {CALL}", "Channel: PJSIP/op5", "Context: pz-click",
        "Exten: 79001234567", "Timeout: 20000", "Async: true", f"Variable: __PZ_ID={CALL}",
        "Variable: PZ_DIAL=9879001234567", "Variable: PZ_TRUNK=town", "Variable: PZ_CALLER=79010000101",
        "Variable: PZ_RING=40", "Variable: PZ_REC=1", f"Variable: PJSIP_HEADER(add,X-Pz-Call)={CALL}",
        "Variable: PJSIP_HEADER(add,Call-Info)=<sip:pz>;answer-after=0",
    ):  # fmt: skip
        assert said.count(words) == 1, words
    assert not any(one.startswith(("Application", "Data", "Command")) for one in said)


@pytest.mark.parametrize(
    "wrong",
    [
        {"phone": "7900123456"}, {"phone": "79001234567&PJSIP/op2"}, {"phone": "٧9001234567"},
        {"phone": "79001234567\r\nx: y"},
        {"extension": "op5&PJSIP/op6"}, {"extension": ""}, {"trunk_endpoint": "town/evil"}, {"link": "pz-a,b"},
        {"link": "other"}, {"dialled": "98790012345678"}, {"dialled": "98,79001234567"}, {"caller_number": "Name"},
        {"caller_number": "79010000101,x"},
    ],
)  # fmt: skip
def test_what_is_not_what_it_should_be_never_leaves(talking: Talking, line: Ami, wrong: dict[str, str]) -> None:
    with pytest.raises(NotDone, match="order_wrong"):
        actions.click(line, replace(ORDER, **wrong))
    assert talking.said() == []


def test_the_seller_is_handed_to_a_colleague_and_the_supervisor_takes_over_the_same_way(
    talking: Talking, line: Ami
) -> None:
    for verb in ("transfer", "take_over"):
        assert do(line, verb, extension="op6")
        said = talking.said()[-1]
        assert (said["Action"], said["Channel"], said["Context"], said["Exten"]) == (
            "Redirect", SELLER[0], "pz-to", "op6",
        )  # fmt: skip


def test_outside_he_is_handed_only_with_a_line_and_digits_that_agree(talking: Talking, line: Ami) -> None:
    good = {
        "phone": "79007654321",
        "dialled": "9879007654321",
        "trunk_endpoint": "town",
        "caller_number": "79010000101",
    }
    assert do(line, "transfer", **good)
    said = talking.said()
    assert [(one["Variable"], one["Value"]) for one in said[:-1]] == [
        ("PZ_DIAL", "9879007654321"), ("PZ_TRUNK", "town"), ("PZ_CALLER", "79010000101"), ("PZ_RING", "40"),
    ]  # fmt: skip
    assert (said[-1]["Context"], said[-1]["Exten"]) == ("pz-xfer", "79007654321")
    for wrong in ({"dialled": "9879001111111"}, {"phone": "112"}, {"trunk_endpoint": "a,b"}, {"caller_number": "x"}):
        with pytest.raises(NotDone):
            do(line, "transfer", **{**good, **wrong})
    assert len(talking.said()) == len(said)


def test_listening_rings_the_supervisor_and_is_not_done_yet(talking: Talking, line: Ami) -> None:
    for verb, exten in (("listen", "lop5"), ("whisper", "wop5"), ("barge", "bop5")):
        assert do(line, verb, extension="op9") is False
        said = talking.said()[-1]
        assert (said["Channel"], said["Context"], said["Exten"], said["ActionID"]) == (
            "PJSIP/op9", "pz-spy", exten, "order-7",
        )  # fmt: skip


def test_a_trial_of_a_telephone_needs_no_call(talking: Talking, line: Ami) -> None:
    assert actions.do(line, LiveOrder(8, "check", "", {"extension": "op5"})) is False
    assert (talking.said()[0]["Context"], talking.said()[0]["Channel"]) == ("pz-check", "PJSIP/op5")


def test_keys_are_pressed_one_after_another_at_the_sellers_ear(talking: Talking, line: Ami) -> None:
    assert do(line, "dtmf", digits="1*#")
    assert [(one["Action"], one["Channel"], one["Digit"]) for one in talking.said()] == [
        ("PlayDTMF", SELLER[0], key) for key in "1*#"
    ]
    with pytest.raises(NotDone):
        do(line, "dtmf", digits="1A")


def test_a_hang_up_ends_every_leg(talking: Talking, line: Ami) -> None:
    assert do(line, "hangup")
    assert [one["Channel"] for one in talking.said()] == [SELLER[0], OPERATOR[0]]


def test_of_a_call_that_is_over_nothing_is_asked(talking: Talking, line: Ami) -> None:
    talking.legs = ()
    with pytest.raises(NotDone, match="call_over"):
        do(line, "hangup")
    assert talking.said() == []


def test_an_unknown_verb_and_a_refusal_have_their_names(talking: Talking, line: Ami) -> None:
    with pytest.raises(NotDone, match="verb_unknown"):
        do(line, "explode")
    known = talking._answer

    def refusing(action: Message) -> bytes:
        if action["Action"] == "Redirect":
            return f"Response: Error\r\nActionID: {action['ActionID']}\r\nMessage: No such channel".encode() + END
        return known(action)

    talking.answer = refusing
    with pytest.raises(NotDone, match="refused_by_asterisk"):
        do(line, "transfer", extension="op6")


def test_an_incoming_call_is_routed_or_let_go_and_is_recorded_only_when_wished() -> None:
    link = "lab-1795384283.2"
    with Talking(("PJSIP/town-00000002", link), link=link) as server:
        ami = Ami(lambda message: None)
        ami.connect("127.0.0.1", server.port)
        ami.login("prozvon", "secret")
        assert actions.do(ami, LiveOrder(1, "route", link, {"extension": "op5", "record": "0"}))
        assert actions.do(ami, LiveOrder(2, "route", link, {"extension": "", "record": "1"}))
        ami.close()
        setvar, to_phone, to_nobody = server.said()
        assert (setvar["Variable"], setvar["Value"]) == ("PZ_REC", "0")
        assert (to_phone["Context"], to_phone["Exten"]) == ("pz-to", "op5")
        assert (to_nobody["Context"], to_nobody["Exten"]) == ("pz-nobody", "s")


def test_the_seller_stays_the_seller_whoever_has_got_him() -> None:
    operator, seller, colleague = Leg(*OPERATOR), Leg(*SELLER), Leg(*COLLEAGUE)
    assert seller_leg([colleague, operator, seller], CALL) == seller
    assert operator_leg([operator, seller], CALL) == operator
    assert seller_leg([colleague, seller], CALL) == seller and operator_leg([colleague, seller], CALL) == colleague
    assert seller_leg([operator], CALL) is None and operator_leg([operator], CALL) == operator
    incoming = SELLER[1]
    assert (
        seller_leg([colleague, seller], incoming) == seller and operator_leg([colleague, seller], incoming) == colleague
    )
