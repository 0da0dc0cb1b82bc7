"""When may a person be called? One truth for a click at the desk and for a campaign: hours, days, gaps, caps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from app.domain.callbacks import is_within
from app.domain.verdict import Verdict, no, yes

# A day has parts by their first hour: a try in vain in the morning is worth repeating in the evening.
DAY_PARTS = (0, 12, 17)
EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class CallRules:
    """The limits; 0 is none. `gap` is between two tries that nobody answered."""

    hours: tuple[int, int] = (9, 20)
    day_cap: int = 0
    life_cap: int = 0
    gap: timedelta = timedelta()
    weekdays: frozenset[int] = EVERY_DAY  # Monday is 0
    holidays: frozenset[tuple[int, int]] = frozenset()  # month and day of every year
    is_spread: bool = False  # one try in vain in each part of the seller's day


@dataclass(frozen=True, slots=True)
class Attempt:
    """A call to the number that reached the network."""

    at: datetime
    is_answered: bool = False


def read_holidays(text: str) -> frozenset[tuple[int, int]]:
    """«01.01, 23.02»: day and month; what is no day is passed over."""
    found = re.findall(r"(?<![0-9])([0-9]{1,2})\.([0-9]{1,2})(?![0-9])", text, re.ASCII)
    return frozenset((int(month), int(day)) for day, month in found if 1 <= int(month) <= 12 and 1 <= int(day) <= 31)


def stricter(one: CallRules, other: CallRules) -> CallRules:
    """Both hold: a campaign may forbid more than the company does, never less."""
    return CallRules(
        hours=(max(one.hours[0], other.hours[0]), min(one.hours[1], other.hours[1])),
        day_cap=_lower(one.day_cap, other.day_cap),
        life_cap=_lower(one.life_cap, other.life_cap),
        gap=max(one.gap, other.gap),
        weekdays=one.weekdays & other.weekdays,
        holidays=one.holidays | other.holidays,
        is_spread=one.is_spread or other.is_spread,
    )


def _lower(one: int, other: int) -> int:
    return min(one, other) if one and other else one or other


def may_person_be_called(attempts: Sequence[Attempt], *, now: datetime, zone: tzinfo, rules: CallRules) -> Verdict:
    """`zone` is that of the ad's city: the day and the hours are the seller's."""
    for verdict in (in_hours(now, zone, rules), not_too_often(attempts, now, zone, rules)):
        if not verdict.passed:
            return verdict
    return yes("may_call")


def in_hours(now: datetime, zone: tzinfo, rules: CallRules) -> Verdict:
    local, hours = now.astimezone(zone), rules.hours
    if (local.month, local.day) in rules.holidays:
        return no("call_holiday", day=f"{local:%d.%m}")
    if local.weekday() not in rules.weekdays:
        return no("call_weekday", day=f"{local:%d.%m}")
    if not is_within(local, hours):
        return no("outside_hours", time=f"{local:%H:%M}", low=f"{hours[0]:02d}:00", high=f"{hours[1]:02d}:00")
    return yes("may_call")


def not_too_often(attempts: Sequence[Attempt], now: datetime, zone: tzinfo, rules: CallRules) -> Verdict:
    """The day is the seller's; a talk puts an end to counting the tries of a lifetime: he does answer."""
    local = now.astimezone(zone)
    of_day = sum(one.at.astimezone(zone).date() == local.date() for one in attempts)
    if rules.day_cap and of_day >= rules.day_cap:
        return no("too_many_today", n=of_day, cap=rules.day_cap)
    answered_at = max((one.at for one in attempts if one.is_answered), default=None)
    in_vain = [one.at for one in attempts if answered_at is None or one.at > answered_at]
    if rules.life_cap and len(in_vain) >= rules.life_cap:
        return no("too_many_attempts", n=len(in_vain), cap=rules.life_cap)
    last = max(in_vain, default=None)
    if last is not None and now - last < rules.gap:
        return no("too_soon", s=int((rules.gap - (now - last)).total_seconds()) + 1)
    if rules.is_spread and any(_part(at.astimezone(zone)) == _part(local) for at in in_vain):
        return no("day_part_tried", time=f"{_next_part(local):02d}:00")
    return yes("may_call")


def _part(local: datetime) -> tuple[date, int]:
    return local.date(), max(hour for hour in DAY_PARTS if hour <= local.hour)


def _next_part(local: datetime) -> int:
    """The hour at which the next part of the day begins; 0 is tomorrow."""
    return min((hour for hour in DAY_PARTS if hour > local.hour), default=0)
