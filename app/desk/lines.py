"""The lines of the desk's list, from rows to what the template prints: what fifty of them share is asked once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask_babel import gettext as _
from markupsafe import Markup

from app import kept

TABS = ("new", "work", "callbacks", "all", "done")
_TONES = {"yellow": "warning", "orange": "warning", "green": "success", "red": "danger", "azure": "info",
          "blue": "primary"}  # fmt: skip
MOST_LINES = 10_000  # of a tab: what two hundred operators see


class Tab(NamedTuple):
    code: str
    name: str
    url: str
    part_url: str


class Line(NamedTuple):
    """What a line says. Two lines that say the same are drawn once."""

    id: int
    title: str
    name: str
    year: int | None
    price: int | None
    is_cheaper: bool
    city: str | None
    run: int | None
    tone: str  # of the tag, empty: no tag
    state: str
    call_at: datetime | None
    is_open: bool


def tabs() -> tuple[Tab, ...]:
    return kept.keep("desk", "tabs", _tabs)


def _tabs() -> tuple[Tab, ...]:
    names = (_("New"), _("In work"), _("Call-backs"), _("All"), _("Done"))
    addresses = ((kept.address("DeskView.my_ads", tab=t), kept.address("DeskView.list_part", tab=t)) for t in TABS)
    return tuple(Tab(code, name, *urls) for code, name, urls in zip(TABS, names, addresses, strict=True))


def drawn(rows: Sequence[Any], tab: str, card_id: int | None, now: datetime) -> Markup:
    """All lines of a list. From one look to the next most of them stay as they are, so each is kept by its row."""
    known, found = kept.shelf("desk lines of " + tab), []
    if len(known) > MOST_LINES:
        known.clear()
    for row in rows:
        key = (tuple(row), row[0] == card_id, row[2] is not None and row[2] <= now)
        line = known.get(key)
        if line is None:
            line = known[key] = str(_draw(*key, tab))
        found.append(line)
    return Markup("".join(found))  # noqa: S704  each was drawn by the template


def _draw(row: tuple[Any, ...], is_open: bool, is_due: bool, tab: str) -> Markup:
    id_, stage, call_at, _closed, title, year, run, price, city, make, model, was, status, color = row
    tone, state = "", ""
    if stage == 3 and call_at:
        tone = "danger" if is_due else "info"
    elif status:
        tone, state = _TONES.get(color, "secondary"), status
    elif stage == 1 and tab != "new":
        tone, state = "primary", _("New ad")
    name = f"{make or ''} {model or title or _('Car')}"
    line = Line(id_, title or "", name, year, price, bool(was and price and was > price), city, run, tone, state,
                call_at if stage == 3 else None, is_open)  # fmt: skip
    return kept.draw("desk/_line.html", {"line": line, "tab": tab})
