"""What became of a call, told by its events: any order, twice or with gaps, the same events make the same call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

ORDER = ("asked", "sent", "operator_ringing", "ringing", "talking", "ended")
LINE_FAILED = "line_failed"

# The network's SIP answer says more than anything else. 487 only echoes our own giving up.
_BY_TECH = {
    486: "busy", 600: "busy", 603: "rejected", 607: "rejected", 608: "rejected",
    404: "wrong_number", 410: "wrong_number", 484: "wrong_number", 485: "wrong_number", 604: "wrong_number",
    408: "unavailable", 430: "unavailable", 480: "unavailable", 502: "unavailable",
}  # fmt: skip
# Q.850; what stands in neither table is a failure.
_BY_CAUSE = {
    17: "busy", 21: "rejected", 1: "wrong_number", 22: "wrong_number", 28: "wrong_number",
    18: "unavailable", 20: "unavailable", 27: "unavailable", 19: "no_answer",
}  # fmt: skip
_BY_STATUS = {
    "BUSY": "busy", "NOANSWER": "no_answer", "CANCEL": "cancelled", "DONTCALL": "rejected", "TORTURE": "rejected",
}  # fmt: skip
_OWN_GIVING_UP = 487
# OriginateResponse's Reason, when the operator's telephone did not take the call.
_OPERATOR_REASONS = {"0": "phone_not_registered", "1": "operator_no_answer", "3": "operator_no_answer",
                     "5": "phone_busy", "8": "phone_not_registered"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ending:
    outcome: str
    trouble: str = ""


def ending(
    status: str, cause: int | None, tech: int | None, *, answered: bool, rang: bool, machine: bool = False
) -> Ending:
    """How a call to a seller ended, by Dial's word, the Q.850 cause and the SIP answer of the network."""
    if answered or status == "ANSWER":
        return Ending("machine" if machine else "answered")
    if status == "REFUSED":
        return Ending("failed", "refused_by_dialplan")
    if status in ("CANCEL", ""):
        return Ending("cancelled")
    outcome = None
    if tech is not None and tech >= 400 and tech != _OWN_GIVING_UP:
        outcome = _BY_TECH.get(tech, "failed")
    elif status in _BY_STATUS:
        outcome = _BY_STATUS[status]
    elif cause is not None and cause > 0:
        outcome = _BY_CAUSE.get(cause, "failed")
    if outcome == "unavailable" and rang:
        outcome = "no_answer"  # the network tires of ringing before we do
    return Ending(outcome or "failed", LINE_FAILED if outcome in (None, "failed") else "")


@dataclass(frozen=True, slots=True)
class Happening:
    """One event of a call as it was written down."""

    name: str
    at: datetime
    channel: str = ""
    details: Mapping[str, str] = field(default_factory=dict)

    def said(self, name: str) -> str:
        """A header by its name, however it is spelled: DialStatus is dial_status."""
        for key, value in self.details.items():
            if key.replace("_", "").lower() == name:
                return str(value)
        return ""

    def number(self, name: str) -> int | None:
        said = self.said(name)
        return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


@dataclass(slots=True)
class Folded:
    """A call as its events tell it. Empty is what nobody has told."""

    state: str = "sent"
    operator_up_at: datetime | None = None
    ringing_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    ring_ms: int | None = None
    talk_ms: int | None = None
    outcome: str | None = None
    cause: int | None = None
    tech_cause: str = ""
    ended_by: str = ""
    trouble: str = ""
    recording: str = ""


def fold(happenings: Iterable[Happening], *, incoming: bool = False, hung_up: bool = False) -> Folded:
    """The call that these events make. `hung_up`: every leg is known to be gone, though nobody has told the end."""
    told = sorted(happenings, key=lambda one: (one.at, one.name, one.channel))
    call = Folded()
    call.operator_up_at = _first(told, "OperatorAnswered") or _first(told, "OriginateAnswered")
    call.ringing_at = _first(told, "IncomingArrived" if incoming else "SellerRang")
    call.answered_at = _first(told, "IncomingAnswered" if incoming else "SellerAnswered")
    if incoming:
        call.operator_up_at = call.answered_at
    call.recording = next((name for one in told if (name := one.said("rec"))), "")
    _end(call, told, incoming, hung_up)
    call.state = _state(call, told, incoming)
    _measure(call, told)
    return call


def _first(told: list[Happening], name: str) -> datetime | None:
    return next((one.at for one in told if one.name == name), None)


def _last(told: list[Happening], *names: str) -> Happening | None:
    return next((one for one in reversed(told) if one.name in names), None)


def _end(call: Folded, told: list[Happening], incoming: bool, hung_up: bool) -> None:
    end = _last(told, "CallEnded")
    gone = _last(told, "LegHungUp")
    if end is not None:
        call.ended_at, call.cause = end.at, end.number("cause")
        call.tech_cause, call.ended_by = end.said("techcause"), end.said("endedby")[:10]
        status = end.said("dialstatus")
    elif (failed := _last(told, "OriginateFailed")) is not None:
        call.ended_at, call.outcome = failed.at, "failed"
        # `trouble`: our own process could not even ask for it.
        call.trouble = failed.said("trouble") or _OPERATOR_REASONS.get(failed.said("reason"), "operator_no_answer")
        return
    elif hung_up and gone is not None:
        worst = _of_the_network(told) or gone
        call.ended_at, call.cause, call.tech_cause = gone.at, worst.number("cause"), worst.said("techcause")
        status = _status_of(call.cause, call.tech_cause)
    else:
        return
    if call.answered_at is None and status == "ANSWER" and end is not None:
        call.answered_at = end.at - timedelta(milliseconds=end.number("talkms") or 0)
    how = _incoming_ending(call) if incoming else _outgoing_ending(call, status, told)
    call.outcome, call.trouble = how.outcome, how.trouble


def _of_the_network(told: list[Happening]) -> Happening | None:
    """The hang-up that carries the network's own answer: the operator's leg only repeats a cause."""
    return next((one for one in told if one.name == "LegHungUp" and one.number("techcause")), None)


def _status_of(cause: int | None, tech: str) -> str:
    """What Dial would have said of a call whose end nobody told."""
    if tech:
        return "CHANUNAVAIL"
    return {17: "BUSY", 19: "NOANSWER", 0: "NOANSWER", 16: "CANCEL"}.get(cause or 0, "CONGESTION")


def _outgoing_ending(call: Folded, status: str, told: list[Happening]) -> Ending:
    tech = int(call.tech_cause) if call.tech_cause.isascii() and call.tech_cause.isdigit() else None
    machine = any(one.said("amdstatus") == "MACHINE" for one in told)
    answered, rang = call.answered_at is not None, call.ringing_at is not None
    return ending(status, call.cause, tech, answered=answered, rang=rang, machine=machine)


def _incoming_ending(call: Folded) -> Ending:
    return Ending("answered" if call.answered_at is not None else "no_answer")


def _state(call: Folded, told: list[Happening], incoming: bool) -> str:
    if call.ended_at is not None:
        return "ended"
    if call.answered_at is not None:
        return "talking"
    if incoming:
        return "ringing"
    if call.ringing_at is not None:
        return "ringing"
    return "operator_ringing" if call.operator_up_at is not None or _first(told, "OperatorRang") else "sent"


def _measure(call: Folded, told: list[Happening]) -> None:
    until = call.answered_at or call.ended_at
    if call.ringing_at is not None and until is not None:
        call.ring_ms = max(0, _ms(until - call.ringing_at))
    if call.answered_at is None or call.ended_at is None:
        return
    end = _last(told, "CallEnded")
    by_dialplan = end.number("talkms") if end is not None else None
    call.talk_ms = by_dialplan if by_dialplan else max(0, _ms(call.ended_at - call.answered_at))


def _ms(span: timedelta) -> int:
    return round(span.total_seconds() * 1000)


def later(one: str, other: str) -> str:
    """Of two states that which a call reaches later: it never goes back."""
    return max(one, other, key=ORDER.index)
