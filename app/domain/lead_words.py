"""What a site or a partner says of somebody who wants to be called: junk is named, the rest is made tidy."""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from app.domain.phones import read_phone

WINDOW_S = 300
TEXTS = {"make": 100, "model": 100, "city": 100, "vin": 30, "url": 500}
NUMBERS = {"year": (1900, 2100), "mileage_km": (0, 3_000_000), "price": (1, 1_000_000_000)}
TRAP = "website"  # a field that no person sees: what fills it is a robot
LONGEST_NOTE = 2000


class Junk(ValueError):
    """It cannot be a lead: the text says why, to its sender."""


@dataclass(frozen=True, slots=True)
class LeadWords:
    phone: str
    once: str
    name: str = ""
    note: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()


def is_signed(secret: str, timestamp: str, given: str, body: bytes, now_s: float) -> bool:
    """Signed by who knows the secret, within five minutes: an older copy is a replay."""
    if not (timestamp.isascii() and timestamp.isdigit()) or abs(int(timestamp[:12]) - now_s) > WINDOW_S:
        return False
    expected = signature(secret, timestamp, body).encode()
    return bool(secret) and hmac.compare_digest(expected, given.encode("utf-8", "replace"))


def parsed(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        raise Junk("the body is no JSON in UTF-8") from None
    if not isinstance(told, dict):
        raise Junk("the body is no JSON object")
    return told


def read(told: Mapping[str, Any], *, day: str) -> LeadWords:
    """`day` makes the same words of tomorrow another lead, where the sender gives no id. Raises Junk."""
    if _text(told.get(TRAP), 10):
        raise Junk("not taken")
    phone = read_phone(_text(told.get("phone"), 50)).number
    if not phone:
        raise Junk("phone: a Russian number is needed")
    facts: dict[str, Any] = {name: text for name, most in TEXTS.items() if (text := _text(told.get(name), most))}
    facts |= {name: n for name, (low, high) in NUMBERS.items() if (n := _number(told.get(name), low, high)) is not None}
    name, note = _text(told.get("name"), 200), _text(told.get("comment"), LONGEST_NOTE, lines=True)
    said = json.dumps([phone, name, note, sorted(facts.items())], ensure_ascii=False)
    own_id = _text(told.get("id"), 200)
    once = (
        "id:" + sha256(own_id.encode()).hexdigest()[:48]
        if own_id
        else f"{day}:{sha256(said.encode()).hexdigest()[:48]}"
    )
    return LeadWords(phone, once, name, note, facts)


def _text(said: Any, most: int, *, lines: bool = False) -> str:
    if isinstance(said, bool) or not isinstance(said, str | int | float):
        return ""
    text = str(said).encode("utf-8", "ignore").decode()
    text = "".join(sign if sign.isprintable() or (lines and sign == "\n") else " " for sign in text)
    return text.strip()[:most] if lines else " ".join(text.split())[:most]


def _number(said: Any, low: int, high: int) -> int | None:
    digits = re.sub(r"[\s\u00a0\u202f]", "", _text(said, 30))
    digits = re.sub(r"[.,]0*$", "", digits)
    if not (digits.isascii() and digits.isdigit()):
        return None
    return int(digits) if low <= int(digits) <= high else None
