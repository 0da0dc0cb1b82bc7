"""Our verbs in the words of AMI: ring the operator and then the seller, end, hand over, listen, press a key.

Each value is checked once more right before it is sent, and each variable travels in a header of its own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from app.telephony.client import Ami, AmiError, Message
from app.telephony.dialplan import CHECK, CLICK, NOBODY, ROUTE, SPY, TRANSFER
from app.telephony.events import is_ours
from app.telephony.installation import ENDPOINT
from app.telephony.orders import ClickOrder, LiveOrder

PHONE = re.compile(r"7[0-9]{10}")
EXTENSION = re.compile(r"[a-z0-9]{1,16}")
DIALLED = re.compile(r"\+?[0-9]{10,18}")
CALLER = re.compile(r"\+?[0-9]{0,18}")
KEYS = re.compile(r"[0-9*#]{1,32}")
LETTERS = {"listen": "l", "whisper": "w", "barge": "b"}
SPY_RING_S, CHECK_RING_S, TRANSFER_RING_S = 20, 20, 40
# His own telephone rings because he has asked for it: it may answer by itself.
ANSWER_BY_ITSELF = "PJSIP_HEADER(add,Call-Info)=<sip:pz>;answer-after=0"


class NotDone(Exception):
    """Asterisk, or a look before asking it, says no. `code` is for people."""

    def __init__(self, code: str, words: str = "") -> None:
        self.code = code
        super().__init__(f"{code}: {words}" if words else code)


@dataclass(frozen=True, slots=True)
class Leg:
    """One channel of a live call."""

    channel: str
    unique: str

    @property
    def endpoint(self) -> str:
        return self.channel.removeprefix("PJSIP/").rpartition("-")[0]

    @property
    def age(self) -> tuple[int, ...]:
        """Asterisk counts its channels: server-1795384283.12"""
        return tuple(int(part) for part in re.findall(r"\d+", self.unique.rpartition("-")[2]))


# --- beginning


def click(ami: Ami, order: ClickOrder) -> None:
    """Ring the operator; the dialplan goes on from there. Never called twice for one order."""
    _check(is_ours(order.link), "link")
    _check(EXTENSION.fullmatch(order.extension), "extension")
    _check(PHONE.fullmatch(order.phone), "phone")
    _check(DIALLED.fullmatch(order.dialled) and order.dialled.endswith(order.phone[1:]), "dialled")
    _check(ENDPOINT.fullmatch(order.trunk_endpoint), "line")
    _check(CALLER.fullmatch(order.caller_number), "caller number")
    _done(
        ami.send_action(
            {
                "Action": "Originate", "ActionID": order.link, "ChannelId": order.link,
                "Channel": f"PJSIP/{order.extension}", "Context": CLICK, "Exten": order.phone, "Priority": 1,
                "Async": "true", "Timeout": _seconds(order.operator_ring_s) * 1000, "CallerID": f"<{order.phone}>",
                "Variable": [
                    f"__PZ_ID={order.link}", f"PZ_DIAL={order.dialled}", f"PZ_TRUNK={order.trunk_endpoint}",
                    f"PZ_CALLER={order.caller_number}", f"PZ_RING={_seconds(order.ring_s)}",
                    f"PZ_REC={int(order.is_recorded)}", f"PZ_NOTICE={int(order.notice)}",
                    f"PJSIP_HEADER(add,X-Pz-Call)={order.link}", ANSWER_BY_ITSELF,
                ],
            }
        )
    )  # fmt: skip


def _ring(ami: Ami, order: LiveOrder, extension: str, context: str, exten: str, ring_s: int) -> None:
    """Another telephone of ours, for itself; what becomes of it is told by OriginateResponse with this ActionID."""
    _done(
        ami.send_action(
            {
                "Action": "Originate", "ActionID": action_id(order), "Channel": f"PJSIP/{extension}",
                "Context": context, "Exten": exten, "Priority": 1, "Async": "true", "Timeout": ring_s * 1000,
                "CallerID": f"<{exten}>", "Variable": [ANSWER_BY_ITSELF],
            }
        )
    )  # fmt: skip


def action_id(order: LiveOrder) -> str:
    return f"order-{order.id}"


# --- of a live call


def do(ami: Ami, order: LiveOrder) -> bool:
    """Do it, or NotDone. True: done. False: a telephone rings now, and OriginateResponse tells the rest."""
    if order.verb == "check":
        _ring(ami, order, _extension(order), CHECK, "s", CHECK_RING_S)
        return False
    legs = legs_of(ami, order.link)
    if not legs:
        raise NotDone("call_over")
    if order.verb in LETTERS:
        operator = operator_leg(legs, order.link)
        _check(operator is not None and EXTENSION.fullmatch(operator.endpoint), "operator")
        assert operator is not None
        _ring(ami, order, _extension(order), SPY, f"{LETTERS[order.verb]}{operator.endpoint}", SPY_RING_S)
        return False
    verb = {
        "hangup": _hang_up, "transfer": _transfer, "take_over": _transfer, "route": _route, "dtmf": _press,
    }.get(order.verb)  # fmt: skip
    if verb is None:
        raise NotDone("verb_unknown", order.verb)
    verb(ami, order, legs)
    return True


def live_legs(ami: Ami) -> dict[str, list[Leg]]:
    """Link -> its channels, of everything that goes on now."""
    legs: dict[str, list[Leg]] = {}
    for one in ami.list_action("CoreShowChannels"):
        if link := one.get("Linkedid"):
            legs.setdefault(link, []).append(Leg(one.get("Channel", ""), one.get("Uniqueid", "")))
    return legs


def legs_of(ami: Ami, link: str) -> list[Leg]:
    return live_legs(ami).get(link, [])


def seller_leg(legs: Sequence[Leg], link: str) -> Leg | None:
    """His channel has begun an incoming call; in ours it is the oldest after the operator's first one."""
    if not is_ours(link):
        return next((leg for leg in legs if leg.unique == link), None)
    return min((leg for leg in legs if leg.unique != link), key=lambda leg: leg.age, default=None)


def operator_leg(legs: Sequence[Leg], link: str) -> Leg | None:
    """Whoever of ours talks: the first one, until the call was handed on to a newer telephone."""
    seller = seller_leg(legs, link)
    others = [leg for leg in legs if leg != seller]
    newer = [leg for leg in others if leg.unique != link]
    return max(newer, key=lambda leg: leg.age) if newer else next(iter(others), None)


def _hang_up(ami: Ami, order: LiveOrder, legs: Sequence[Leg]) -> None:
    """The seller's leg ends the call for both; before he has one, the operator's does."""
    seller = seller_leg(legs, order.link)
    for leg in sorted(legs, key=lambda leg: leg != seller):
        answer = ami.send_action({"Action": "Hangup", "Channel": leg.channel, "Cause": 16})
        if answer.get("Response") != "Success" and "No such channel" not in answer.get("Message", ""):
            _done(answer)


def _transfer(ami: Ami, order: LiveOrder, legs: Sequence[Leg]) -> None:
    seller = _seller(legs, order)
    if "phone" not in order.args:
        _redirect(ami, seller, ROUTE, _extension(order))
        return
    phone, dialled = order.args["phone"], order.args.get("dialled", "")
    line, caller = order.args.get("trunk_endpoint", ""), order.args.get("caller_number", "")
    _check(PHONE.fullmatch(phone), "phone")
    _check(DIALLED.fullmatch(dialled) and dialled.endswith(phone[1:]), "dialled")
    _check(ENDPOINT.fullmatch(line) and CALLER.fullmatch(caller), "line")
    for name, value in (
        ("PZ_DIAL", dialled), ("PZ_TRUNK", line), ("PZ_CALLER", caller), ("PZ_RING", str(TRANSFER_RING_S)),
    ):  # fmt: skip
        _set(ami, seller, name, value)
    _redirect(ami, seller, TRANSFER, phone)


def _route(ami: Ami, order: LiveOrder, legs: Sequence[Leg]) -> None:
    """Where an incoming call rings now; without an extension nobody can answer it."""
    seller = _seller(legs, order)
    if not order.args.get("extension"):
        _redirect(ami, seller, NOBODY, "s")
        return
    _set(ami, seller, "PZ_REC", "1" if order.args.get("record") == "1" else "0")
    _redirect(ami, seller, ROUTE, _extension(order))


def _press(ami: Ami, order: LiveOrder, legs: Sequence[Leg]) -> None:
    keys = order.args.get("digits", "")
    _check(KEYS.fullmatch(keys), "digits")
    seller = _seller(legs, order)
    for key in keys:
        _done(ami.send_action({"Action": "PlayDTMF", "Channel": seller.channel, "Digit": key, "Duration": 120}))


def _seller(legs: Sequence[Leg], order: LiveOrder) -> Leg:
    leg = seller_leg(legs, order.link)
    if leg is None:
        raise NotDone("call_not_talking")
    return leg


def _redirect(ami: Ami, leg: Leg, context: str, exten: str) -> None:
    _done(ami.send_action(
        {"Action": "Redirect", "Channel": leg.channel, "Context": context, "Exten": exten, "Priority": 1}
    ))  # fmt: skip


def _set(ami: Ami, leg: Leg, name: str, value: str) -> None:
    _done(ami.send_action({"Action": "Setvar", "Channel": leg.channel, "Variable": name, "Value": value}))


# --- checks


def _extension(order: LiveOrder) -> str:
    extension = order.args.get("extension", "")
    _check(EXTENSION.fullmatch(extension), "extension")
    return extension


def _seconds(value: int) -> int:
    return min(120, max(5, int(value)))


def _check(is_good: object, what: str) -> None:
    if not is_good:
        raise NotDone("order_wrong", what)


def _done(answer: Message) -> None:
    if answer.get("Response") != "Success":
        raise NotDone("refused_by_asterisk", answer.get("Message", "")[:200])


__all__ = ["AmiError", "Leg", "NotDone", "action_id", "click", "do", "legs_of", "live_legs", "operator_leg"]
