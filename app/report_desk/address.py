"""What stands in the address of a report: its question, the key of a row, what the filters can choose from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import abort, current_app, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from app.extensions import db
from app.reports import asking
from app.reports.answers import TIMES, names_of_key, words_of
from app.reports.asking import Asked
from app.services import exports, report_views


def zone() -> ZoneInfo:
    return ZoneInfo(current_app.config["PROZVON"].timezone)


def preset_names() -> dict[str, str]:
    return {
        "today": _("Today"), "yesterday": _("Yesterday"), "7days": _("7 days"), "month": _("This month"),
        "last_month": _("Last month"),
    }  # fmt: skip


def key_word(key: tuple[Any, ...]) -> str:
    """A row's key as one word of an address."""
    return "|".join("" if part is None else part.isoformat() if isinstance(part, date) else str(part) for part in key)


def read_key(asked: Asked, word: str) -> Mapping[str, Any]:
    """The key that an address names; 404 for one that cannot be."""
    if not word:
        return {}
    parts = word.split("|")
    if len(parts) != len(asked.grouping.by):
        abort(404)
    key = {dim: _key_value(dim, part) for dim, part in zip(asked.grouping.by, parts, strict=True)}
    if not asked.sight.is_own and not all(asked.sight.reaches(dim, value) for dim, value in key.items()):
        abort(404)
    return key


def _key_value(dim: str, part: str) -> Any:
    if part == "":
        return None
    try:
        if dim in TIMES:
            return date.fromisoformat(part)
        if dim.endswith("_id") or dim in ("hour", "weekday"):
            value = int(part)
            return value if abs(value) < 2**31 else abort(404)
    except ValueError:
        abort(404)
    return part[:100]


def name_of(asked: Asked, key: Mapping[str, Any]) -> str:
    return " · ".join(names_of_key(db.session(), asked.grouping, key)) if key else ""


def order_words(asked: Asked) -> dict[str, Any]:
    order = {"sort": asked.sort, "rising": "1" if asked.is_rising else ""}
    return {**asked.words, **{name: value for name, value in order.items() if value},
            "sight": asked.sight.as_words()}  # fmt: skip


def address(asked: Asked, rule: str = ".chart", **more: Any) -> str:
    """The page again with some words changed; None takes one away. A preset and typed days exclude each other."""
    words = {
        **asked.words,
        **({"sort": asked.sort} if asked.sort else {}),
        **({"rising": "1"} if asked.is_rising else {}),
    }
    if "preset" in more:
        words.pop("from", None)
        words.pop("to", None)
    words.update(more)
    told = {name: value for name, value in words.items() if value not in (None, "")}
    return url_for(rule, **told)


def choices(asked: Asked) -> list[tuple[str, str, list[tuple[Any, str]], tuple[Any, ...]]]:
    """The filters of this grouping: name, label, what can be chosen, what is."""
    if asked.sight.is_own:
        return []
    possible, chosen = asking.filters_of(asked.grouping), asked.words
    return [
        (
            name, label, [one for one in _known(name) if asked.sight.reaches(name, one[0])],
            tuple(one for one in str(chosen.get(name) or "").split(",") if one),
        )
        for name, label in _filter_labels().items()
        if name in possible
    ]  # fmt: skip


def _known(name: str) -> list[tuple[Any, str]]:
    if name == "type":
        return list(words_of("type").items())
    return report_views.choices(db.session(), name)


def _filter_labels() -> dict[str, str]:
    return {
        "operator_id": _("Operator"), "group_id": _("Group"), "city_id": _("City"), "source_id": _("Source"),
        "make_id": _("Make"), "filter_id": _("Filter"), "trunk_id": _("Phone line"), "type": _("Type"),
        "gateway_id": _("SMS gateway"), "template_id": _("SMS template"), "connection_id": _("CRM"),
    }  # fmt: skip


def file_of(asked: Asked) -> Any:
    token = str(request.args.get("made") or "")
    return exports.mine(db.session(), current_user.id, token) if token else None
