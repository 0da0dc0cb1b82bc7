"""The lines of the desk's list, from rows to what the template prints: what fifty of them share is asked once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from flask_babel import gettext as _
from markupsafe import escape

from app import formats, kept

TABS = ("new", "work", "callbacks", "all", "done")
_TONES = {"yellow": "warning", "orange": "warning", "green": "success", "red": "danger", "azure": "info",
          "blue": "primary"}  # fmt: skip


class Tab(NamedTuple):
    code: str
    name: str
    url: str
    part_url: str


class Line(NamedTuple):
    """What the template prints as it stands: its texts are escaped here, each different one once.

    The template takes a line apart by place: looking fifty times eleven names up is dear.
    """

    id: int
    is_open: bool
    title: str
    name: str
    year: int | None
    price: str
    is_cheaper: bool
    facts: str
    tone: str  # of the tag, empty: no tag
    state: str
    is_due_at: bool


@lru_cache(maxsize=20_000)
def _safe(text: str) -> str:
    return str(escape(text))


def tabs() -> tuple[Tab, ...]:
    return kept.keep("desk tabs", _tabs)


def _tabs() -> tuple[Tab, ...]:
    names = (_("New"), _("In work"), _("Call-backs"), _("All"), _("Done"))
    addresses = ((kept.address("DeskView.my_ads", tab=t), kept.address("DeskView.list_part", tab=t)) for t in TABS)
    return tuple(Tab(code, name, *urls) for code, name, urls in zip(TABS, names, addresses, strict=True))


def _words() -> tuple[str, str, str]:
    return _("Car"), _("New ad"), _("km")


def drawn(rows: Iterable[Any], tab: str, card_id: int | None, now: datetime) -> list[Line]:
    a_car, new_ad, km = kept.keep("desk words", _words)
    zone, found = formats.viewer_zone(), []
    for id_, stage, call_at, _closed, title, year, run, price, city, make, model, was, status, color in rows:
        tone, state = "", ""
        if stage == 3 and call_at:
            tone, state = "danger" if call_at <= now else "info", f"{call_at.astimezone(zone):%d.%m.%Y %H:%M}"
        elif status:
            tone, state = _TONES.get(color, "secondary"), _safe(status)
        elif stage == 1 and tab != "new":
            tone, state = "primary", new_ad
        facts = _safe(city) if city else formats.NOTHING
        if run is not None:
            facts = f"{facts} · {formats.number(run)}{formats.NBSP}{km}"
        name = f"{_safe(make or '')} {_safe(model or title or a_car)}"
        cheaper = bool(was and price and was > price)
        sum_ = formats.money(price)
        drawn_line = Line(
            id_, id_ == card_id, _safe(title or ""), name, year, sum_, cheaper, facts, tone, state, stage == 3
        )
        found.append(drawn_line)
    return found
