"""Weekly windows in which a filter or a group is dealt cards. A window may run over midnight."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time

EVERY_DAY = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class Window:
    """`weekdays` (Monday is 0) are the days on which the window begins.

    An `end` at or before `start` belongs to the next day, so 22:00-06:00 is a night, 09:00-00:00 lasts till midnight
    and equal ends mean 24 hours.
    """

    start: time = time(0)
    end: time = time(0)
    weekdays: frozenset[int] = EVERY_DAY


Schedule = tuple[Window, ...]


def is_open(schedule: Schedule, now_local: datetime) -> bool:
    """Whether `now_local` (company time) falls into a window; no windows at all means always."""
    return not schedule or any(_covers(window, now_local) for window in schedule)


def _covers(window: Window, now_local: datetime) -> bool:
    clock, today = now_local.time(), now_local.weekday()
    yesterday = (today - 1) % 7
    if window.start < window.end:
        return today in window.weekdays and window.start <= clock < window.end
    began_today = today in window.weekdays and clock >= window.start
    began_yesterday = yesterday in window.weekdays and clock < window.end
    return began_today or began_yesterday
