"""When to call again: the chips of the desk, and whether a time suits the seller, who lives in his own zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum

from app.domain.verdict import Verdict, no, yes

CALL_HOURS = (9, 20)
FARTHEST = timedelta(days=366)
OUTSIDE_HOURS = "callback_outside_hours"


class Chip(StrEnum):
    IN_15_MIN = "15min"
    IN_1_HOUR = "1h"
    TODAY_18 = "today18"
    TOMORROW_10 = "tomorrow10"
    IN_3_DAYS = "3d"
    IN_A_WEEK = "week"


_MINUTES = {Chip.IN_15_MIN: 15, Chip.IN_1_HOUR: 60}
_DAYS_ON = {Chip.IN_3_DAYS: 3, Chip.IN_A_WEEK: 7}
_CLOCK = {Chip.TODAY_18: (0, time(18)), Chip.TOMORROW_10: (1, time(10))}


@dataclass(frozen=True, slots=True)
class ChipTime:
    chip: Chip
    at: datetime  # UTC
    local: datetime  # the seller's
    verdict: Verdict


def when_again(choice: Chip | str | int, now: datetime, seller_tz: tzinfo) -> datetime:
    """UTC time of a chip or of so many minutes. «Today», «tomorrow» and days are those of the seller's calendar.

    It may lie in the past («today 18:00» in the evening): `may_plan` says so, and `chips` leaves such a one out.
    """
    if isinstance(choice, int):
        return now.astimezone(UTC) + timedelta(minutes=choice)
    chip, local = Chip(choice), now.astimezone(seller_tz)
    if chip in _MINUTES:
        return now.astimezone(UTC) + timedelta(minutes=_MINUTES[chip])
    if chip in _DAYS_ON:
        # The same hour on the wall, whatever the zone does in between.
        return (local + timedelta(days=_DAYS_ON[chip])).astimezone(UTC)
    days, clock = _CLOCK[chip]
    return datetime.combine(local.date() + timedelta(days=days), clock, seller_tz).astimezone(UTC)


def may_plan(at: datetime, now: datetime, seller_tz: tzinfo, hours: tuple[int, int] = CALL_HOURS) -> Verdict:
    """Refused: the past and nonsense. Outside `hours` of the seller it passes with the warning OUTSIDE_HOURS."""
    if at <= now:
        return no("callback_in_past", at=at)
    if at - now > FARTHEST:
        return no("callback_too_far", at=at, days=FARTHEST.days)
    local = at.astimezone(seller_tz)
    if not is_within(local, hours):
        return yes(OUTSIDE_HOURS, local=local, hours=hours)
    return yes("callback_planned", local=local)


def is_within(local: datetime, hours: tuple[int, int]) -> bool:
    """From the first hour on and until the last begins; 24 is the end of the day."""
    return hours[0] <= local.hour < hours[1]


def next_open(at: datetime, seller_tz: tzinfo, hours: tuple[int, int] = CALL_HOURS) -> datetime:
    """`at` itself, or the next beginning of the calling hours: what plans itself must not ring anybody out of bed."""
    local = at.astimezone(seller_tz)
    if is_within(local, hours):
        return at
    day = local.date() if local.hour < hours[0] else local.date() + timedelta(days=1)
    return datetime.combine(day, time(hours[0]), seller_tz).astimezone(UTC)


def is_warning(verdict: Verdict) -> bool:
    return verdict.passed and verdict.reason.code == OUTSIDE_HOURS


def chips(now: datetime, seller_tz: tzinfo, hours: tuple[int, int] = CALL_HOURS) -> list[ChipTime]:
    """What the desk offers now, with the time in the seller's zone and the warning if there is one."""
    offered = []
    for chip in Chip:
        at = when_again(chip, now, seller_tz)
        verdict = may_plan(at, now, seller_tz, hours)
        if verdict.passed:
            offered.append(ChipTime(chip, at, at.astimezone(seller_tz), verdict))
    return offered
