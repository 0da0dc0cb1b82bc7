"""How columns look in generated lists, and what they are called: one word for one thing on every screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from app import formats
from app.shell import icon
from app.wording import say, word

LABELS: dict[str, Any] = {
    "id": _l("No."), "name": _l("Name"), "title": _l("Advert"), "state": _l("State"), "stage": _l("Stage"),
    "source": _l("Source"), "external_id": _l("Id on the site"), "url": _l("Link"), "price": _l("Price"),
    "prev_price": _l("Price before"), "year": _l("Year"), "mileage_km": _l("Mileage"), "city_name": _l("City"),
    "city": _l("City"), "region": _l("Region"), "timezone": _l("Time zone"), "population": _l("Population"),
    "phone": _l("Phone"), "phones": _l("Phones"), "phone_trouble": _l("Trouble with the phone"),
    "phone_protected": _l("Substitute number"), "seller_name": _l("Seller"), "seller_kind": _l("Who sells"),
    "published_at": _l("Published"), "first_seen_at": _l("First seen"), "changed_at": _l("Changed"),
    "gone_at": _l("Removed"), "description": _l("Text of the ad"), "written": _l("As written"),
    "vehicle": _l("Vehicle"), "vehicle_id": _l("Vehicle"), "status": _l("Status"), "operator_name": _l("Operator"),
    "filter_name": _l("Filter"), "ad_filter": _l("Filter"), "group_name": _l("Group"), "priority": _l("Priority"),
    "next_call_at": _l("Next call"), "assigned_at": _l("Assigned"), "attempts_n": _l("Attempts"),
    "opened_at": _l("Opened"), "taken_at": _l("Taken"), "processed_at": _l("Last result"),
    "closed_why": _l("Why closed"), "matched_at": _l("Matched"), "make": _l("Make"), "model": _l("Model"),
    "make_name": _l("Make"), "model_name": _l("Model"), "generation_name": _l("Generation"),
    "is_enabled": _l("Switched on"), "group": _l("Group"), "user": _l("Operator"), "weight": _l("Weight"),
    "started_at": _l("Started"), "finished_at": _l("Finished"), "took": _l("Took"), "error": _l("Trouble"),
    "counts": _l("Done"), "worker": _l("Worker"), "job": _l("Job"), "at": _l("When"), "by_name": _l("Who"),
    "actor": _l("By"), "what": _l("What"), "subject": _l("On what"), "subject_id": _l("No. of the row"),
    "details": _l("Details"), "address": _l("Address"), "reason": _l("Reason"), "until": _l("Until"),
    "body": _l("Body"), "fuel": _l("Fuel"), "gearbox": _l("Gearbox"), "drive": _l("Drive"), "wheel": _l("Wheel"),
    "color": _l("Colour"), "engine_cc": _l("Engine, cc"), "power_hp": _l("Power, hp"), "owners": _l("Owners"),
    "vin": _l("VIN"), "plate": _l("Plate"), "on_sale": _l("On sale"), "is_reserved": _l("Reserved"),
    "is_damaged": _l("Damaged"), "is_new": _l("New car"), "price_pct": _l("Against the median"),
    "reseller_score": _l("Reseller score"), "edits": _l("Corrected by operators"), "kind": _l("Kind"),
    "health": _l("Health"), "read": _l("Read"), "new": _l("New"), "changed": _l("Changed"),
    "price_changed": _l("Price changed"), "unchanged": _l("Unchanged"), "rejected": _l("Rejected"),
    "rejected_reasons": _l("Why rejected"), "vehicles_new": _l("New vehicles"), "missed": _l("Missed"),
    "file_name": _l("File"), "window": _l("Window"), "user_name": _l("User"), "seen_n": _l("Seen in ads"),
    "generation": _l("Generation"), "modification": _l("Modification"), "lat": _l("Latitude"), "lon": _l("Longitude"),
    "email": _l("E-mail"), "roles": _l("Roles"), "groups": _l("Access groups"), "active": _l("Active"),
    "first_name": _l("First name"), "last_name": _l("Last name"), "copy_of": _l("Copy of"), "rights": _l("Rights"),
    "username": _l("User name"), "role": _l("Role"), "version": _l("Version"), "value": _l("Value"), "why": _l("Why"),
    "old": _l("Before"), "n": _l("Number"), "secrets": _l("Keys and passwords"), "is_reseller": _l("Reseller"),
    "text": _l("Spelling"), "context_name": _l("Belongs to"), "target_name": _l("Means"),
}  # fmt: skip

TONES = {  # health of a source, state of a run
    "ok": "success", "empty": "info", "not_modified": "success", "partial": "warning", "demo": "warning",
    "blocked": "danger", "auth": "danger", "quota": "danger", "layout_changed": "danger", "network": "danger",
}  # fmt: skip
STAGES = {0: "stage:pool", 1: "stage:new", 2: "stage:work", 3: "stage:callback", 9: "stage:closed"}
STAGE_TONES = {0: "secondary", 1: "info", 2: "primary", 3: "warning", 9: "secondary"}


def labels(**own: Any) -> dict[str, Any]:
    return {**LABELS, **own}


def tag(text: Any, tone: str = "secondary", icon_name: str = "") -> Markup:
    return Markup('<span class="tag tag-{}">{}{}</span>').format(tone, icon(icon_name) if icon_name else "", text)


def lamp(health: str) -> Markup:
    tone = TONES.get(health, "secondary")
    sign = {"success": "circle-check", "danger": "alert-circle", "warning": "alert-triangle"}.get(tone, "circle-dot")
    return tag(word(health or "never", "health"), tone, sign)


def stage(value: Any) -> Markup:
    return tag(word(STAGES.get(value, str(value))), STAGE_TONES.get(value, "secondary"))


def ad_state(value: Any) -> Markup:
    return tag(word(value, "ad"), {"active": "success", "reserved": "warning"}.get(value, "secondary"))


def yes_no(value: Any) -> Any:
    if value is None:
        return formats.cell(None)
    return tag(_("Yes"), "success", "check") if value else tag(_("No"))


def words(kind: str = "") -> Callable[[Any], str]:
    return lambda value: word(value, kind)


def masked(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return Markup(", ").join(masked(one) for one in value) or formats.NOTHING
    return Markup('<span class="nowrap">{}</span>').format(formats.phone(value, masked=True))


def clipped(length: int = 60, css: str = "") -> Callable[[Any], Any]:
    def show(value: Any) -> Any:
        words_ = " ".join(str(value or "").split())
        if not words_:
            return formats.cell(None)
        short = words_ if len(words_) <= length else words_[: length - 1] + "…"
        return Markup('<span class="{}" title="{}">{}</span>').format(css, words_[:500], short)

    return show


def outward(value: Any) -> Any:
    """A link to the site. Only http(s): what a feed says may be anything."""
    address = str(value or "")
    if not address.startswith(("http://", "https://")):
        return formats.cell(address or None)
    shown = address if len(address) <= 70 else address[:69] + "…"
    return Markup('<a href="{}" target="_blank" rel="noopener noreferrer">{} {}</a>').format(
        address, shown, icon("external-link", _("opens in a new tab"))
    )


def linked(endpoint: str, argument: str = "pk", prefix: str = "") -> Callable[[Any], Any]:
    """A row's number as a link to the page of what it names."""

    def show(value: Any) -> Any:
        if value is None:
            return formats.cell(None)
        key = getattr(value, "id", value)
        return Markup('<a href="{}">{}{}</a>').format(url_for(endpoint, **{argument: key}), prefix, value)

    return show


def card_link(value: Any) -> Markup:
    return Markup('<a href="{}" class="nowrap">{} №{}</a>').format(
        url_for("DeskView.my_ads", card=value), icon("id"), value
    )


def pairs(value: Any) -> Any:
    """{name: n} as «name: n» lines; anything deeper as JSON."""
    if not value:
        return formats.cell(None)
    if isinstance(value, dict):
        lines = [Markup("{}: {}").format(_called(name), _short(one)) for name, one in value.items()]
        return Markup("<br>").join(lines)
    return _short(value)


def _called(name: str) -> str:
    """A column by its label, anything else by its word."""
    found = word(name)
    return found if found != name else str(LABELS.get(name, name))


def _short(value: Any) -> Any:
    if isinstance(value, bool):
        return formats.cell(value)
    if isinstance(value, int | float):
        return formats.number(value)
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)[:300]
    return str(value)[:300]


def reasons(value: Any) -> Any:
    """[{code, args}] in words, one per line."""
    if not value:
        return formats.cell(None)
    return Markup("<br>").join(escape(say(one) if isinstance(one, dict) else str(one)) for one in value)


def signs(value: Any) -> Any:
    """What speaks for one car and what against, the strongest first. The values stay away: they may be phones."""
    if not value:
        return formats.cell(None)
    return Markup(" ").join(
        tag(word(one["code"], "sign"), "success", "plus") if one.get("args", {}).get("bits", 0) > 0
        else tag(word(one["code"], "sign"), "danger" if one.get("args", {}).get("bits", 0) < 0 else "warning", "minus")
        for one in value
    )  # fmt: skip


def load(taken: int, cap: int) -> Markup:
    """«3 of 10» with a tone: amber from 70 %, red when full."""
    tone = "danger" if taken >= cap else "warning" if cap and taken * 10 >= cap * 7 else "secondary"
    return tag(_("%(n)s of %(cap)s", n=taken, cap=cap), tone)


def took(started: datetime | None, finished: datetime | None) -> str:
    if started is None or finished is None:
        return formats.NOTHING
    seconds = (finished - started).total_seconds()
    return _("%(n)s s", n=formats.number(seconds, 1)) if seconds < 60 else formats.duration(seconds)


def moment(value: datetime | None) -> Markup:
    """A date and its time stay on one line."""
    return Markup('<span class="nowrap">{}</span>').format(formats.when(value))


MOMENTS = (
    "published_at", "first_seen_at", "changed_at", "gone_at", "next_call_at", "assigned_at", "opened_at", "taken_at",
    "processed_at", "matched_at", "started_at", "finished_at", "at", "until", "last_ok_at", "next_pull_at",
    "undone_at", "found_at", "decided_at", "presence_since", "seen_at", "created_at", "mapped_at",
)  # fmt: skip
FORMATS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(MOMENTS, moment),
    "price": formats.money, "prev_price": formats.money, "mileage_km": formats.km, "phone": masked, "phones": masked,
    "url": outward, "stage": stage, "health": lamp, "is_enabled": yes_no, "on_sale": yes_no, "error": clipped(80),
    "missed": clipped(80), "seller_kind": words(), "body": words(), "fuel": words(), "gearbox": words(),
    "drive": words("drive"), "wheel": words(), "color": words(), "counts": pairs, "written": pairs, "edits": pairs,
    "price_pct": lambda value: formats.NOTHING if value is None else f"{value}\u00a0%",
    "details": pairs, "rejected_reasons": pairs, "title": clipped(70, "named"),
}  # fmt: skip


def formatted(**own: Callable[[Any], Any]) -> dict[str, Callable[[Any], Any]]:
    return {**FORMATS, **own}
