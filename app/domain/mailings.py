"""When a report is sent by mail next: each day, on a day of the week or of the month, at the company's time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EVERY = ("day", "week", "month")
LAST_DAY_OF_MONTH = 28  # every month has it
_HORIZON = 64  # days within which each of them comes again


def next_moment(every: str, on_day: int, at: time, zone: ZoneInfo, after: datetime) -> datetime:
    """The first such moment later than `after`. `on_day`: of the week (1 is Monday) or of the month."""
    first = after.astimezone(zone).date()
    for n in range(_HORIZON):
        day = first + timedelta(n)
        moment = datetime.combine(day, at, zone)
        if _is_the_day(every, on_day, day) and moment > after:
            return moment
    raise ValueError(f"{every} {on_day} never comes")


def _is_the_day(every: str, on_day: int, day: date) -> bool:
    return every == "day" or (day.isoweekday() if every == "week" else day.day) == on_day
