"""The field map of a CRM: its field <- words of ours with {names} in braces. Plain text in, plain text out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

# What a lead can tell, by our names.
FACTS = (
    "title", "make", "model", "generation", "year", "mileage_km", "price", "asked_price", "our_price", "body", "fuel",
    "gearbox", "drive", "engine_cc", "power_hp", "owners", "vin", "plate", "city", "region", "seller_name", "phone",
    "condition", "comment", "where", "haggle", "documents", "status", "operator", "source", "ad_url", "card_url",
    "card_id", "lead_id", "key",
)  # fmt: skip
MOST_ROWS, LONGEST = 100, 2000
_NAME = re.compile(r"\{([^{}]*)\}")


def unknown_names(template: str) -> list[str]:
    """Names in braces that no lead can tell."""
    return [name for name in _NAME.findall(template) if name.strip() not in FACTS]


def fill(template: str, facts: Mapping[str, Any]) -> str:
    """The template with its names filled in. What is not known leaves no traces: no double spaces, no empty line."""
    lines = []
    for line in template.split("\n"):
        filled = _NAME.sub(lambda found: _text(facts.get(found[1].strip())), line)
        tidy = re.sub(r"[ \t]+", " ", filled).strip()
        if _NAME.search(line):
            tidy = re.sub(r"\s+([,;.])", r"\1", tidy).strip(" ,;")
        if tidy or not line.strip():
            lines.append(tidy)
    return "\n".join(lines).strip()


def fields_of(rows: Sequence[Sequence[str]], facts: Mapping[str, Any]) -> dict[str, Any]:
    """{the CRM's field: value}. A template that is one name keeps the value's own type."""
    found: dict[str, Any] = {}
    for name, template in rows:
        whole = _NAME.fullmatch(template.strip())
        value = facts.get(whole[1].strip()) if whole else fill(template, facts)
        if value not in (None, ""):
            found[name] = value
    return found


def _text(value: Any) -> str:
    return "" if value is None else str(value)
