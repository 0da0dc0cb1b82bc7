"""The builder's form as a FilterDraft and back; every field judged by itself, so that an error stands at its field."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Protocol

from app.domain.cars import Body, Drive, Fuel, Gearbox, Wheel
from app.domain.filters import CRITERIA
from app.domain.vocabulary import COLORS
from app.services.filters import MAX_CITIES, SPAN_NAMES, FilterDraft

# What each span may hold; outside it the number is a slip of the finger.
BOUNDS: dict[str, tuple[int, int]] = {
    "year": (1900, 2100),
    "mileage_km": (0, 3_000_000),
    "price": (0, 1_000_000_000),
    "price_to_median_pct": (1, 1000),
    "engine_cc": (0, 20_000),
    "power_hp": (0, 3000),
    "owners": (0, 20),
    "reseller_score": (0, 100),
    "age_hours": (0, 100_000),
}
CHOICES: dict[str, tuple[str, ...]] = {
    "fuel": tuple(Fuel),
    "gearbox": tuple(Gearbox),
    "drive": tuple(Drive),
    "body": tuple(Body),
    "wheel": tuple(Wheel),
    "seller_kind": ("private", "dealer"),
    "color": tuple(COLORS),
    "crm_client": ("client", "stranger"),
    "origin": ("ad", "lead"),
}
MAX_LINES = 300
_WORDS = re.compile(r"[,;\n]+")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


MAX_WINDOWS = 7


class Fields(Protocol):
    """A posted form."""

    def get(self, name: str, default: str, /) -> Any: ...
    def getlist(self, name: str, /) -> Sequence[str]: ...


def read(form: Fields) -> tuple[FilterDraft, dict[str, str]]:
    """The draft, and {field: reason code} for what is wrong. A bad field is left out of the draft."""
    bad: dict[str, str] = {}
    draft = FilterDraft(name=_text(form.get("name", ""))[:200])
    if not draft.name:
        bad["name"] = "filter_needs_name"
    draft.priority = _number(form, "priority", -1000, 1000, bad, "filter_priority_range") or 0
    draft.open_cap = _number(form, "open_cap", 1, 1_000_000, bad, "filter_cap_range")
    draft.day_cap = _number(form, "day_cap", 1, 1_000_000, bad, "filter_cap_range")
    _read_target(form, draft, bad)
    draft.all_russia = form.get("all_russia", "") == "1"
    draft.region_ids = whole_numbers(form.getlist("region_ids"))[:100]
    _read_cities(form, draft, bad)
    _read_cars(form, draft, bad)
    draft.criteria = _criteria(form, bad)
    draft.schedule = _schedule(form, bad)
    return draft, bad


def _text(value: str) -> str:
    return " ".join(value.replace("\0", "").split())


def _number(form: Fields, name: str, low: int, high: int, bad: dict[str, str], code: str) -> int | None:
    digits = re.sub(r"[\s\u00a0\u202f]", "", form.get(name, "")).replace("−", "-")
    if not digits:
        return None
    if not re.fullmatch(r"-?[0-9]{1,12}", digits):
        bad[name] = "field_number"
        return None
    if not low <= int(digits) <= high:
        bad[name] = code
        return None
    return int(digits)


def _read_target(form: Fields, draft: FilterDraft, bad: dict[str, str]) -> None:
    kind, _, number = form.get("target", "").partition(":")
    if not kind:
        return
    if kind not in ("group", "operator") or not (number.isascii() and number.isdigit() and len(number) < 10):
        bad["target"] = "field_choice"
    elif kind == "group":
        draft.group_id = int(number)
    else:
        draft.operator_id = int(number)


def _read_cities(form: Fields, draft: FilterDraft, bad: dict[str, str]) -> None:
    cities, radii = form.getlist("city_id"), form.getlist("radius_km")
    if len(cities) > MAX_CITIES:
        bad["cities"] = "filter_many_cities"
        return
    for city, radius in zip(cities, [*radii, *[""] * len(cities)], strict=False):
        radius = radius.strip() or "0"
        if not (city.isascii() and city.isdigit() and len(city) < 18):
            bad["cities"] = "filter_unknown_city"
        elif not (radius.isascii() and radius.isdigit() and len(radius) < 6 and int(radius) <= 1000):
            bad["cities"] = "filter_radius_range"
        else:
            draft.cities.append((int(city), int(radius)))


def _read_cars(form: Fields, draft: FilterDraft, bad: dict[str, str]) -> None:
    """Lines as make:model:generation, the later two may be empty."""
    for line in form.getlist("car")[: MAX_LINES + 1]:
        parts = (line.split(":") + ["", ""])[:3]
        if not parts[0] or not all(part == "" or _is_id(part) for part in parts):
            bad["cars"] = "field_choice"
            continue
        make, model, generation = (int(part) if part else None for part in parts)
        if make is not None and not (generation is not None and model is None):
            draft.cars.append((make, model, generation))
    if len(draft.cars) > MAX_LINES:
        bad["cars"] = "filter_many_lines"
        del draft.cars[MAX_LINES:]


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _criteria(form: Fields, bad: dict[str, str]) -> dict[str, Any]:
    wishes: dict[str, Any] = {}
    for name, allowed in CHOICES.items():
        chosen = [value for value in form.getlist(name) if value in allowed]
        if chosen:
            wishes[name] = sorted(set(chosen))
    for name in SPAN_NAMES:
        low, high = BOUNDS[name]
        span = [_number(form, f"{name}_{end}", low, high, bad, "field_range") for end in ("from", "to")]
        if None not in span and span[0] > span[1]:  # type: ignore[operator]
            bad[f"{name}_from"] = "field_reversed"
        elif span != [None, None]:
            wishes[name] = span
    sources = [number for number in whole_numbers(form.getlist("source_ids")) if number < 2**31]
    if sources:
        wishes["source_ids"] = sorted(set(sources))
    for name in ("words_yes", "words_no"):
        words = [_text(word)[:100] for word in _WORDS.split(form.get(name, ""))]
        if any(words):
            wishes[name] = [word for word in words if word][:50]
    if points := _number(form, "client_points", -1000, 1000, bad, "filter_priority_range"):
        wishes["client_points"] = points
    if minutes := _number(form, "take_min", 1, 1440, bad, "intake_target"):
        wishes["take_min"] = minutes
    wishes["include_foreign"] = form.get("include_foreign", "") == "1"
    wishes["accept_damaged"] = form.get("accept_damaged", "") == "1"
    wishes["unknown_ok"] = sorted({name for name in form.getlist("unknown_ok") if name in CRITERIA})
    return wishes


def _schedule(form: Fields, bad: dict[str, str]) -> list[dict[str, Any]]:
    """Weekly windows: days_N, from_N, to_N. An end at or before the start belongs to the next day."""
    rows = []
    for n in range(MAX_WINDOWS):
        days = sorted({int(day) for day in form.getlist(f"days_{n}") if day in "0123456" and day})
        since, until = form.get(f"from_{n}", "").strip(), form.get(f"to_{n}", "").strip()
        if not (days or since or until):
            continue
        if not all(_CLOCK.fullmatch(clock) for clock in (since or "00:00", until or "00:00")):
            bad["schedule"] = "field_time"
            continue
        rows.append({"days": days or list(range(7)), "from": since or "00:00", "to": until or "00:00"})
    return rows


def fields_of(draft: FilterDraft) -> dict[str, list[str]]:
    """The draft as the browser would send it: `read` gives the same draft again."""
    wishes = draft.criteria
    fields: dict[str, list[str]] = {
        "name": [draft.name],
        "priority": [str(draft.priority)],
        "open_cap": [_shown(draft.open_cap)],
        "day_cap": [_shown(draft.day_cap)],
        "target": [_target_of(draft)],
        "all_russia": ["1"] * draft.all_russia,
        "region_ids": [str(region) for region in draft.region_ids],
        "city_id": [str(city) for city, _ in draft.cities],
        "radius_km": [str(radius) for _, radius in draft.cities],
        "car": [":".join(_shown(part) for part in line) for line in draft.cars],
        "source_ids": [str(source) for source in wishes.get("source_ids", ())],
        "words_yes": [", ".join(wishes.get("words_yes", ()))],
        "words_no": [", ".join(wishes.get("words_no", ()))],
        "client_points": [_shown(wishes.get("client_points"))],
        "take_min": [_shown(wishes.get("take_min"))],
        "include_foreign": ["1"] * bool(wishes.get("include_foreign")),
        "accept_damaged": ["1"] * bool(wishes.get("accept_damaged", True)),
        "unknown_ok": list(wishes.get("unknown_ok", ("damage",))),
    }
    fields |= {name: list(wishes.get(name) or ()) for name in CHOICES}
    for name in SPAN_NAMES:
        low, high = wishes.get(name) or (None, None)
        fields |= {f"{name}_from": [_shown(low)], f"{name}_to": [_shown(high)]}
    for n, window in enumerate(draft.schedule):
        fields[f"days_{n}"] = [str(day) for day in window.get("days") or range(7)]
        fields |= {f"from_{n}": [window.get("from") or "00:00"], f"to_{n}": [window.get("to") or "00:00"]}
    return fields


def _shown(number: int | None) -> str:
    return "" if number is None else str(number)


def _target_of(draft: FilterDraft) -> str:
    if draft.operator_id is not None:
        return f"operator:{draft.operator_id}"
    return f"group:{draft.group_id}" if draft.group_id is not None else ""


def whole_numbers(values: Sequence[str]) -> list[int]:
    """What of the values is an id: the names of these rows can be asked for."""
    return [int(value) for value in values if value.isascii() and value.isdigit() and len(value) < 18]
