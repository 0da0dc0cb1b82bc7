"""How the things that reports are grouped by are called: operators, groups, cities, lines, filters, statuses …"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import text
from sqlalchemy.orm import Session

CODE_DIGITS = 4  # of a number: the country and the range
# A dimension that is not counted itself, and the one that tells it.
DERIVED = {"group_id": "operator_id", "carrier": "code"}

# dimension -> statement that gives (id, name) of the ids asked for
_LOOK_UP = {
    "operator_id": "SELECT id, trim(concat(last_name, ' ', first_name)) FROM ab_user WHERE id = ANY(:ids)",
    "group_id": "SELECT id, name FROM operator_group WHERE id = ANY(:ids)",
    "city_id": """SELECT c.id, c.name || CASE WHEN r.name IS NULL OR r.name = c.name THEN '' ELSE ', ' || r.name END
                  FROM city c LEFT JOIN region r ON r.id = c.region_id WHERE c.id = ANY(:ids)""",
    "source_id": "SELECT id, name FROM source WHERE id = ANY(:ids)",
    "make_id": "SELECT id, name FROM make WHERE id = ANY(:ids)",
    "filter_id": "SELECT id, name FROM ad_filter WHERE id = ANY(:ids)",
    "trunk_id": "SELECT id, name FROM trunk WHERE id = ANY(:ids)",
    "prefix_id": "SELECT id, CASE digits WHEN '' THEN '—' ELSE digits END FROM dial_prefix WHERE id = ANY(:ids)",
    "status_id": "SELECT id, name FROM status WHERE id = ANY(:ids)",
    "connection_id": "SELECT id, name FROM crm_connection WHERE id = ANY(:ids)",
    "gateway_id": "SELECT id, name FROM sms_gateway WHERE id = ANY(:ids)",
    "template_id": "SELECT id, name FROM sms_template WHERE id = ANY(:ids)",
}


def groups_of_operators(session: Session) -> dict[int, int]:
    """Operator -> group of today."""
    rows = session.execute(text("SELECT user_id, group_id FROM operator_profile WHERE group_id IS NOT NULL"))
    return {row.user_id: row.group_id for row in rows}


def names_of(
    session: Session, dims: tuple[str, ...], keys: Iterable[tuple[Any, ...]]
) -> dict[tuple[Any, ...], tuple[str, ...]]:
    """The names of each key, value by value."""
    keys = list(keys)
    books = [_book(session, dim, {key[n] for key in keys}) for n, dim in enumerate(dims)]
    return {key: tuple(book[value] for book, value in zip(books, key, strict=True)) for key in keys}


def _book(session: Session, dim: str, values: set[Any]) -> dict[Any, str]:
    book: dict[Any, str] = {}
    if dim in _LOOK_UP:
        ids = [value for value in values if value is not None]
        book = {row[0]: row[1] for row in session.execute(text(_LOOK_UP[dim]), {"ids": ids})}
    for value in values:
        if value not in book:
            book[value] = _said(dim, value)
    return book


def _said(dim: str, value: Any) -> str:
    if value is None or value == "":
        return _("Not known")
    if dim in ("day", "week"):
        return f"{value:%d.%m.%Y}"
    if dim == "month":
        return f"{value:%m.%Y}"
    if dim == "weekday":
        return [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")][value]
    if dim == "hour":
        return f"{value:02d}:00–{value:02d}:59"
    known = said(dim)
    if known:
        return known.get(value, str(value))
    if dim == "code":
        return _code(str(value))
    return f"#{value}" if isinstance(value, int) else str(value)


def said(dim: str) -> dict[str, str]:
    """The words of a dimension whose values are codes."""
    words = {
        "type": _types,
        "outcome": _outcomes,
        "state": _states,
        "ground": _grounds,
        "plan": _plans,
        "thing": _things,
    }
    return words[dim]() if dim in words else {}


def _types() -> dict[str, str]:
    return {
        "individual": _("Individual"), "campaign": _("Campaign"), "callback": _("Call-back"),
        "incoming": _("Incoming"), "internal": _("Internal"),
    }  # fmt: skip


def _outcomes() -> dict[str, str]:
    return {
        "answered": _("Answered"), "busy": _("Busy"), "no_answer": _("No answer"), "unavailable": _("Unavailable"),
        "rejected": _("Rejected"), "wrong_number": _("Wrong number"), "machine": _("Answering machine"),
        "failed": _("Failed"), "cancelled": _("Cancelled"),
    }  # fmt: skip


def _states() -> dict[str, str]:
    return {
        "ready": _("Ready"), "talking": _("Talking"), "wrap_up": _("Wrap-up"), "break": _("Break"),
        "lunch": _("Lunch"), "training": _("Training"), "paused": _("Pause"), "offline": _("Offline"),
    }  # fmt: skip


def _grounds() -> dict[str, str]:
    return {
        "operator": _("by hand"), "status": _("by status"), "missed_calls": _("after unanswered calls"),
        "command": _("by command"),
    }  # fmt: skip


def _plans() -> dict[str, str]:
    return {
        "personal": _("by its operator"), "common": _("by anyone of the group"),
        "automatic": _("planned by the status"), "missed": _("after a missed call"),
    }  # fmt: skip


def _things() -> dict[str, str]:
    return {"lead": _("Lead"), "note": _("Note"), "call": _("Call"), "sms": _("SMS")}


def _code(code: str) -> str:
    """The range and whom it was given to first; numbers may have moved to another operator since."""
    owner = carrier_of(code)
    return f"{code[0]} {code[1:]}" + (f" · {owner}" if owner else "")


@lru_cache(maxsize=4096)
def carrier_of(code: str | None) -> str | None:
    """The mobile operator whose range it is, or the region of a town's number; None where nobody knows."""
    import phonenumbers
    from phonenumbers import carrier, geocoder

    if not code or len(code) != CODE_DIGITS or not code.isascii() or not code.isdigit():
        return None
    number = phonenumbers.PhoneNumber(country_code=7, national_number=int(f"{code[1:]}0000000"))
    return carrier.name_for_number(number, "ru") or geocoder.description_for_number(number, "ru") or None


def codes_of(owner: str | None) -> list[str]:
    """Every code of this owner; of None: the codes of anybody known."""
    codes = (f"7{n:03d}" for n in range(1000))
    return [code for code in codes if (carrier_of(code) is not None if owner is None else carrier_of(code) == owner)]
