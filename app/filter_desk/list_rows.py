"""A row of the list of filters: whom for, cars and places in words, how many cards wait and are in work."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from markupsafe import Markup
from sqlalchemy import text

from app import formats
from app.extensions import db
from app.filter_desk import words
from app.models import AdFilter
from app.services import filters
from app.wording import word

SHOWN = 2  # cars or places of a filter in its row; the others are in the tooltip


def summarise(rows: list[AdFilter]) -> None:
    """What the list shows of each filter: for whom, cars and places in words, how many cards wait and are in work."""
    counted = db.session.execute(
        text("""
        SELECT filter_id, count(*) FILTER (WHERE stage = 0) AS pool, count(*) FILTER (WHERE stage IN (1,2,3)) AS work
        FROM card WHERE filter_id = ANY(:ids) AND stage < 9 GROUP BY filter_id
        """),
        {"ids": [row.id for row in rows]},
    ).all()
    counts = {row.filter_id: row for row in counted}
    drafts = {row.id: filters.draft_of(row) for row in rows}
    names = words.Names.of(db.session(), drafts.values(), users=(row.changed_by_id for row in rows))
    for row in rows:
        mine, draft = counts.get(row.id), drafts[row.id]
        row.pool_n = _cards(mine.pool if mine else 0, row.id, 0)
        row.work_n = _cards(mine.work if mine else 0, row.id, 1, 2, 3)
        row.link = Markup('<a href="{}"><strong>{}</strong></a>{}').format(
            url_for("AdFilterView.build", filter_id=row.id), row.name, _kind(draft)
        )
        row.target = words.target(draft, names)
        row.cars_text = _short(words.cars(draft, names) or [_("any")])
        row.places_text = _short(words.places(draft, names))
        row.quota = _quota(row)
        row.changed = Markup('<span class="nowrap">{}</span><br><span class="text-secondary">{}</span>').format(
            formats.when(row.changed_at), names("user", row.changed_by_id)
        )


def _kind(draft: filters.FilterDraft) -> Markup:
    """A filter of leads alone is marked: it is another work than looking through adverts."""
    if draft.criteria.get("origin") != ["lead"]:
        return Markup("")
    return Markup(' <span class="tag tag-info">{}</span>').format(word("lead", "origin"))


def _cards(n: int, filter_id: int, *stages: int) -> Any:
    """The number as a link to the cards that it counts."""
    address = url_for("BoardView.move", filter=filter_id, stage=stages)
    return Markup('<div class="num"><a href="{}">{}</a></div>').format(address, formats.number(n)) if n else 0


def _quota(row: AdFilter) -> Any:
    parts: list[str] = []
    if row.open_cap is not None:
        parts.append(_("%(n)s of %(cap)s in work", n=formats.number(row.open_n), cap=formats.number(row.open_cap)))
    if row.day_cap is not None:
        parts.append(_("%(cap)s a day", cap=formats.number(row.day_cap)))
    return _lines(parts) if parts else formats.cell(None)


def _lines(parts: list[str]) -> Markup:
    return Markup("<br>").join(Markup('<span class="nowrap">{}</span>').format(part) for part in parts)


def _short(names: list[str]) -> Markup:
    few = _lines(names[:SHOWN])
    rest = Markup(' <span class="text-secondary">+{}</span>').format(len(names) - SHOWN) if len(names) > SHOWN else ""
    return Markup('<div title="{}">{}{}</div>').format(", ".join(names)[:1000], few, rest)
