"""Weekly hours as people write them: «Пн–Пт 09:00–20:00; Сб 10:00–16:00», and back."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import gettext as _
from wtforms import StringField, ValidationError

DAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")
ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_PART = re.compile(r"^(?P<days>[^\d]*?)\s*(?P<start>\d{1,2}:\d{2})\s*[-–—]\s*(?P<end>\d{1,2}:\d{2})$")


def shown(schedule: Any) -> str:
    """The stored windows as text; «always» for none."""
    return "; ".join(_window(window) for window in schedule or []) or _("always")


def _window(window: dict[str, Any]) -> str:
    days = sorted(window.get("days") or range(7))
    return f"{_days(days)} {window.get('from', '00:00')}–{window.get('to', '00:00')}".strip()


def _days(days: list[int]) -> str:
    if len(days) == 7:
        return ""
    runs: list[list[int]] = []
    for day in days:
        if runs and runs[-1][-1] == day - 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return ", ".join(_name(run[0]) if len(run) == 1 else f"{_name(run[0])}–{_name(run[-1])}" for run in runs)


def _name(day: int) -> str:
    return DAYS[day].capitalize()


def read(text: str) -> list[dict[str, Any]]:
    """Raises ValueError with the part that is no hours."""
    found = []
    for part in filter(None, (piece.strip() for piece in re.split(r"[;\n]", text))):
        match = _PART.match(part)
        if match is None:
            raise ValueError(part)
        found.append(
            {"days": _read_days(match["days"], part), "from": _clock(match["start"]), "to": _clock(match["end"])}
        )
    return found


def _read_days(written: str, part: str) -> list[int]:
    if not written.strip():
        return list(range(7))
    days: set[int] = set()
    for piece in filter(None, (one.strip() for one in written.lower().split(","))):
        ends = [_day(one.strip(), part) for one in re.split(r"[-–—]", piece)]
        first, last = ends[0], ends[-1]
        days |= {day % 7 for day in range(first, last + 1 if last >= first else last + 8)}
    return sorted(days)


def _day(name: str, part: str) -> int:
    for names in (DAYS, ENGLISH):
        for index, known in enumerate(names):
            if name[: len(known)] == known:
                return index
    raise ValueError(part)


def _clock(written: str) -> str:
    hours, minutes = written.split(":")
    if int(hours) > 23 or int(minutes) > 59:
        raise ValueError(written)
    return f"{int(hours):02d}:{minutes}"


class ScheduleField(StringField):
    """A line of text on the screen, a list of windows in the row."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "; ".join(_window(window) for window in self.data or [])

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw_data = valuelist
        try:
            self.data = read(valuelist[0] if valuelist else "")
        except ValueError as trouble:
            self.data = []
            raise ValidationError(
                _("These are no hours: «%(part)s». Write as in «Пн–Пт 09:00–20:00».", part=str(trouble))
            ) from None
