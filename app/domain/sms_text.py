"""The text of an SMS: fields filled in for one card, and how many messages the networks make of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.filters import fold_text
from app.domain.script import FIELD
from app.domain.verdict import Verdict, no, yes

# 3GPP TS 23.038: the letters that take seven bits, and those that take two places because an escape goes before them.
_SEVEN = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED = frozenset("^{}\\[~]|€\f")
LONGEST = 800  # characters of a template
MOST_PARTS = 6
LONGEST_VALUE = 60  # what comes from an ad must not make the message longer than its writer meant
FIELDS = ("имя", "машина", "марка", "модель", "год", "цена", "город", "оператор", "компания", "телефон", "ссылка")
_SPACES = re.compile(r"\s+")
_HOLES = re.compile(r"[ ,]+([,.!?])")


@dataclass(frozen=True, slots=True)
class Count:
    encoding: str  # gsm7, ucs2
    characters: int  # as the networks count: an escaped letter and an emoji are two
    parts: int
    left: int  # so many more until the next part begins


def asks_to_stop(answer: str, stop_words: str) -> bool:
    """Whether somebody wants no more messages: the answer begins with one of the words, in any case and alphabet."""
    first = fold_text(answer).partition(" ")[0]
    return bool(first) and first in {fold_text(word) for word in stop_words.split(",")}


def count(text: str) -> Count:
    """A longer text is cut into parts, each a little shorter for the mark that joins them; no letter is cut in two."""
    if all(letter in _SEVEN or letter in _ESCAPED for letter in text):
        return _count("gsm7", [2 if letter in _ESCAPED else 1 for letter in text], 160, 153)
    return _count("ucs2", [2 if ord(letter) > 0xFFFF else 1 for letter in text], 70, 67)


def _count(encoding: str, sizes: list[int], alone: int, joined: int) -> Count:
    whole = sum(sizes)
    if whole <= alone:
        return Count(encoding, whole, 1 if sizes else 0, alone - whole)
    parts, room = 1, joined
    for size in sizes:
        if size > room:
            parts, room = parts + 1, joined
        room -= size
    return Count(encoding, whole, parts, room)


def check_template(text: str) -> Verdict:
    """May this text be a template? An unknown field would reach the seller in braces."""
    if not text.strip():
        return no("sms_text_empty")
    if len(text) > LONGEST:
        return no("sms_text_long", n=len(text), most=LONGEST)
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn") and letter != "\n" for letter in text):
        return no("sms_text_control")
    for name in FIELD.findall(text):
        if name.strip().casefold() not in FIELDS:
            return no("sms_field_unknown", name=name)
    if "{" in FIELD.sub("", text) or "}" in FIELD.sub("", text):
        return no("sms_field_open")
    return yes("sms_text_good")


def fill(template: str, values: Mapping[str, str]) -> str:
    """The message. An empty field leaves no hole: the spaces and the comma around it close up."""
    filled = FIELD.sub(lambda found: one_line(values.get(found[1].strip().casefold(), "")), template)
    lines = (_HOLES.sub(r"\1", _SPACES.sub(" ", line)).strip(" ,") for line in filled.split("\n"))
    text = "\n".join(lines).strip()
    return text[:1].upper() + text[1:]


def one_line(value: str) -> str:
    """What comes from outside, harmless: no control characters, no second line, no braces, not longer than fits."""
    kept = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in value)
    return _SPACES.sub(" ", kept.replace("{", "(").replace("}", ")")).strip()[:LONGEST_VALUE].strip()
