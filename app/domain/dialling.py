"""May this number be called now, and in which digits does a line want it? The last word before anything is dialled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from app.domain.calling_rules import Attempt, CallRules, may_person_be_called
from app.domain.verdict import Verdict, no, yes

PHONE = re.compile(r"7[0-9]{10}", re.ASCII)
# A telephony process that has been silent for so long is taken for dead.
SILENT = timedelta(seconds=15)
FREE_DEVICE = ("not_inuse", "idle")
ABSENT_DEVICE = ("unknown", "unavailable", "invalid")


@dataclass(frozen=True, slots=True)
class Server:
    """What is known of the telephony server."""

    state: str = "never"
    seen_at: datetime | None = None

    def is_up(self, now: datetime) -> bool:
        return self.state == "up" and self.seen_at is not None and now - self.seen_at <= SILENT


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that the answer depends on, read a moment ago."""

    phone: str
    server: Server | None = None  # none: the operator has no telephone at all
    device: str = "unknown"
    operator_in_call: bool = False
    number_in_call: bool = False
    is_stopped: bool = False
    attempts: Sequence[Attempt] = ()


def may_call_now(asked: Asked, *, now: datetime, zone: tzinfo, rules: CallRules) -> Verdict:
    """First what forbids the number at all, then what is only not now, then what the machines say."""
    if not PHONE.fullmatch(asked.phone):
        return no("number_wrong")
    if asked.is_stopped:
        return no("do_not_call")
    for verdict in (
        may_person_be_called(asked.attempts, now=now, zone=zone, rules=rules),
        _machines(asked, now),
    ):
        if not verdict.passed:
            return verdict
    return yes("may_call")


def _machines(asked: Asked, now: datetime) -> Verdict:
    if asked.server is None:
        return no("phone_none")
    if not asked.server.is_up(now):
        return no("telephony_down")
    if asked.operator_in_call:
        return no("already_in_call")
    if asked.device in ABSENT_DEVICE:
        return no("phone_not_registered")
    if asked.number_in_call:
        return no("number_in_call")
    return yes("may_call")


def dialled(phone: str, number_format: str, prefix: str = "") -> str:
    """The digits as the line wants them. A plus can only stand first, so a prefix takes its place."""
    if not PHONE.fullmatch(phone):
        raise ValueError("not a number of ours")
    own = phone[1:]
    shaped = {"7": phone, "8": f"8{own}", "10": own, "+7": phone if prefix else f"+{phone}"}[number_format]
    return prefix + shaped


__all__ = [
    "ABSENT_DEVICE", "FREE_DEVICE", "PHONE", "SILENT", "Asked", "Attempt", "CallRules", "Server", "dialled",
    "may_call_now",
]  # fmt: skip
