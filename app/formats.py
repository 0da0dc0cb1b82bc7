"""How values look on the screen: Russian numbers, money, kilometres, dates, phones; installed as Jinja filters."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import get_timezone, ngettext
from flask_babel import gettext as _
from markupsafe import Markup, escape

NARROW = "\u202f"  # keeps 1 284 000 on one line
NBSP = "\u00a0"
NOTHING = "—"


def number(value: Any, digits: int = 0) -> str:
    """1284.5 -> 1 284,5 (digits=1). Four digits are grouped too, so that columns line up."""
    if value is None or value == "":
        return NOTHING
    if type(value) is int and not digits:  # nearly every number of a list; ten times quicker than by Decimal
        return f"{value:,}".replace(",", NARROW).replace("-", "−")
    whole, _dot, rest = f"{abs(Decimal(str(value))):,.{digits}f}".partition(".")
    sign = "−" if value < 0 and (int(whole.replace(",", "")) or rest.strip("0")) else ""
    return sign + whole.replace(",", NARROW) + ("," + rest if rest else "")


def money(value: Any) -> str:
    return NOTHING if value is None or value == "" else f"{number(value)}{NBSP}₽"


def km(value: Any) -> str:
    return NOTHING if value is None or value == "" else f"{number(value)}{NBSP}{_('km')}"


def percent(value: Any, digits: int = 0) -> str:
    """A share: 0.256 -> 26 %."""
    return NOTHING if value is None else f"{number(Decimal(str(value)) * 100, digits)}{NBSP}%"


def phone(value: Any, masked: bool = False) -> str:
    """79001234567 -> +7 900 123-45-67; masked hides the middle. What is not a Russian number stays as it is."""
    digits = str(value or "")
    if len(digits) != 11 or not digits.isdigit() or digits[0] != "7":
        return digits or NOTHING
    middle, tail = ("•••", "••") if masked else (digits[4:7], digits[7:9])
    return f"+7 {digits[1:4]} {middle}-{tail}-{digits[9:]}"


def viewer_zone() -> Any:
    return get_timezone() or UTC


def local(value: datetime, zone: Any = None) -> datetime:
    """The moment on the viewer's clock. A time without a zone is already local (FAB writes such)."""
    if value.tzinfo is None:
        return value
    return value.astimezone(ZoneInfo(zone) if isinstance(zone, str) else zone or viewer_zone())


def when(value: datetime | None, zone: str | None = None, place: str = "", seconds: bool = False) -> str:
    """22.11.2026 14:05. With a zone: the time there, and how far it is from the viewer: «18:00 (Омск, +3 ч)»."""
    if value is None:
        return NOTHING
    text = f"{local(value, zone):%d.%m.%Y %H:%M:%S}" if seconds else f"{local(value, zone):%d.%m.%Y %H:%M}"
    return text + _distance(value, zone, place)


def clock(value: datetime | None, zone: str | None = None, place: str = "") -> str:
    """14:05"""
    return NOTHING if value is None else f"{local(value, zone):%H:%M}" + _distance(value, zone, place)


def day(value: date | datetime | None) -> str:
    """22.11.2026"""
    if value is None:
        return NOTHING
    return f"{local(value) if isinstance(value, datetime) else value:%d.%m.%Y}"


def _distance(value: datetime, zone: str | None, place: str) -> str:
    if zone is None or value.tzinfo is None:
        return ""
    there, here = local(value, zone).utcoffset(), local(value).utcoffset()
    hours = ((there or timedelta()) - (here or timedelta())) / timedelta(hours=1)
    if not hours:
        return ""
    gap = f"{'+' if hours > 0 else '−'}{abs(hours):g}".replace(".", ",") + NBSP + _("h")
    return f" ({place}, {gap})" if place else f" ({gap})"


def duration(seconds: int | float | timedelta | None) -> str:
    """3:07 or 1:02:45: how long a call or a state lasts."""
    if seconds is None:
        return NOTHING
    total = int(seconds.total_seconds() if isinstance(seconds, timedelta) else seconds)
    hours, rest = divmod(max(0, total), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


def ago(value: datetime | None, now: datetime | None = None) -> str:
    """«5 minutes ago» for what has just happened, the date for what is older than a day."""
    if value is None:
        return NOTHING
    seconds = ((now or datetime.now(UTC)) - value).total_seconds()
    if seconds < 60:
        return _("just now")
    if seconds < 3600:
        return ngettext("%(num)d minute ago", "%(num)d minutes ago", int(seconds // 60))
    if seconds < 86400:
        return ngettext("%(num)d hour ago", "%(num)d hours ago", int(seconds // 3600))
    return when(value)


def count_of(value: int, cap: int) -> str:
    """How many rows: exact up to the cap, «more than» where counting stopped, «≈» where the planner estimates."""
    if value <= cap:
        return number(value)
    if value == cap + 1:
        return _("more than %(n)s", n=number(cap))
    size = 10 ** max(0, len(str(value)) - 2)
    return f"≈{NBSP}{number(round(value / size) * size)}"


def cell(value: Any, column: str = "") -> Any:
    """Any value in a table or on a card of a generated page, without a formatter of its own."""
    if value is None or value == "":
        return Markup('<span class="text-secondary">—</span>')  # noqa: S704  a constant
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, enum.Enum):
        return _(str(value.value))
    if isinstance(value, datetime):
        return when(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, int) and not _is_label(column):
        return number(value)
    if isinstance(value, float | Decimal):
        return number(value, 2 if value % 1 else 0)
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | dict | Markup):
        # Escaped item by item: an item may be Markup, its neighbour a name somebody typed.
        return Markup(", ").join(escape(name_of(item)) for item in value) or cell(None)
    return value if isinstance(value, Markup) else name_of(value)


def name_of(value: Any) -> str:
    """The seeded roles have Russian names on the screen; everything else is called what it is called."""
    text = str(value)
    return role_names().get(text, text)


def role_names() -> dict[str, str]:
    return {"Admin": _("Administrator"), "Supervisor": _("Supervisor"), "Operator": _("Operator")}


def _is_label(column: str) -> bool:
    """A year or a key is a name written in digits: it is neither grouped nor right-aligned."""
    return column in ("id", "pk") or column.endswith(("year", "_id", "_from", "_to"))


def is_number(value: Any, column: str = "") -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool) and not _is_label(column)


def install(app: Flask) -> None:
    app.jinja_env.filters.update(
        {
            "number": number, "money": money, "km": km, "percent": percent, "phone": phone, "when": when,
            "clock": clock, "day": day, "duration": duration, "ago": ago, "count_of": count_of, "cell": cell,
        }
    )  # fmt: skip
    app.jinja_env.tests["numeric"] = is_number
