"""May this number be called now, and in which digits does a line want it? The last word before anything is dialled."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from app.domain.callbacks import is_within
from app.domain.verdict import Verdict, no, yes

PHONE = re.compile(r"7[0-9]{10}", re.ASCII)
# A telephony process that has been silent for so long is taken for dead.
SILENT = timedelta(seconds=15)
FREE_DEVICE = ("not_inuse", "idle")
ABSENT_DEVICE = ("unknown", "unavailable", "invalid")


@dataclass(frozen=True, slots=True)
class CallRules:
    """The company's limits; 0 is none. `gap` is between two tries that nobody answered."""

    hours: tuple[int, int] = (9, 20)
    day_cap: int = 0
    life_cap: int = 0
    gap: timedelta = timedelta()


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call to the number that reached the network."""

    at: datetime
    is_answered: bool = False


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
        _in_hours(now.astimezone(zone), rules.hours),
        _not_too_often(asked.attempts, now, zone, rules),
        _machines(asked, now),
    ):
        if not verdict.passed:
            return verdict
    return yes("may_call")


def _in_hours(local: datetime, hours: tuple[int, int]) -> Verdict:
    if is_within(local, hours):
        return yes("may_call")
    return no("outside_hours", time=f"{local:%H:%M}", low=f"{hours[0]:02d}:00", high=f"{hours[1]:02d}:00")


def _not_too_often(attempts: Sequence[Attempt], now: datetime, zone: tzinfo, rules: CallRules) -> Verdict:
    """The day is the seller's; a talk puts an end to counting the tries of a lifetime: he does answer."""
    today = now.astimezone(zone).date()
    of_day = sum(one.at.astimezone(zone).date() == today for one in attempts)
    if rules.day_cap and of_day >= rules.day_cap:
        return no("too_many_today", n=of_day, cap=rules.day_cap)
    answered_at = max((one.at for one in attempts if one.is_answered), default=None)
    in_vain = [one.at for one in attempts if answered_at is None or one.at > answered_at]
    if rules.life_cap and len(in_vain) >= rules.life_cap:
        return no("too_many_attempts", n=len(in_vain), cap=rules.life_cap)
    last = max(in_vain, default=None)
    if last is not None and now - last < rules.gap:
        return no("too_soon", s=int((rules.gap - (now - last)).total_seconds()) + 1)
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
