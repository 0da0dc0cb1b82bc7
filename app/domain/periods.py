"""The days a report speaks of: presets, the equal period before, and the moments where they begin in one time zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from app.errors import Reason

PRESETS = ("today", "yesterday", "7days", "month", "last_month")
STEPS = ("day", "week", "month")
LONGEST_DAYS = 3 * 366
FIRST_DAY = date(2000, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days, both ends included."""

    first: date
    last: date

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def preset(name: str, today: date) -> Period | None:
    """The days behind a name of PRESETS; None for any other name."""
    month = today.replace(day=1)
    match name:
        case "today":
            return Period(today, today)
        case "yesterday":
            return Period(today - timedelta(1), today - timedelta(1))
        case "7days":
            return Period(today - timedelta(6), today)
        case "month":
            return Period(month, today)
        case "last_month":
            last = month - timedelta(1)
            return Period(last.replace(day=1), last)
    return None


def read(first: str, last: str, today: date) -> Period | Reason:
    """A period somebody typed, or the reason why it is none: no date, reversed, too long, wholly in the future."""
    try:
        start, end = date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
    except ValueError:
        return Reason("period_no_date")
    if start > end:
        return Reason("period_reversed")
    if start < FIRST_DAY:
        return Reason("period_too_early", {"year": FIRST_DAY.year})
    if start > today:
        return Reason("period_in_future")
    if (end - start).days >= LONGEST_DAYS:
        return Reason("period_too_long", {"days": LONGEST_DAYS})
    return Period(start, end)


def previous(period: Period) -> Period:
    """The equal period right before. A whole calendar month is compared with the month before it."""
    before = period.first - timedelta(1)
    if period.first.day == 1 and (period.last + timedelta(1)).day == 1 and period.first.month == period.last.month:
        return Period(before.replace(day=1), before)
    return Period(period.first - timedelta(period.days), before)


def step_of(day: date, step: str) -> date:
    """The first day of the day, week (from Monday) or month that the day belongs to."""
    if step == "week":
        return day - timedelta(day.weekday())
    return day.replace(day=1) if step == "month" else day


def begins(day: date, zone: ZoneInfo) -> datetime:
    """The moment a day begins there. Where clocks jump over midnight it is the first moment that exists."""
    return datetime.combine(day, time(), zone)


def runs(days: list[date]) -> list[Period]:
    """Days in ascending order as unbroken periods."""
    found: list[Period] = []
    for day in days:
        if found and found[-1].last + timedelta(1) == day:
            found[-1] = Period(found[-1].first, day)
        else:
            found.append(Period(day, day))
    return found
