"""Phones of adverts: any spelling becomes 7XXXXXXXXXX or the reason why it is no Russian number."""

from __future__ import annotations

import hmac
import re
import unicodedata
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumberType

MAX_FIELD = 80  # a phone field; what is longer is not a number
MAX_TEXT = 20_000  # a description
CACHED = 100_000


class PhoneKind(StrEnum):
    MOBILE = "mobile"
    FIXED = "fixed"
    TOLL_FREE = "toll_free"
    OTHER = "other"


class PhoneRead(NamedTuple):
    """`number` is 7XXXXXXXXXX, or None with the `trouble`: masked, invalid, foreign."""

    number: str | None
    trouble: str = ""
    kind: PhoneKind = PhoneKind.OTHER


MASKED = PhoneRead(None, "masked")
INVALID = PhoneRead(None, "invalid")
FOREIGN = PhoneRead(None, "foreign")

_KINDS = {
    PhoneNumberType.MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.FIXED_LINE: PhoneKind.FIXED,
    PhoneNumberType.FIXED_LINE_OR_MOBILE: PhoneKind.MOBILE,
    PhoneNumberType.TOLL_FREE: PhoneKind.TOLL_FREE,
}

_EXTENSION = re.compile(
    r"(?:доб(?:авочный)?|внутр?(?:енний)?|вн|ext(?:ension)?|x|х|#)\s*[.:]?\s*\d{1,6}\s*\)?\s*$", re.I
)
_HIDDEN = re.compile(r"\d[\d\s()\-]*(?:[xхX]{2,}|[*•●_…]+)|(?:[xх]{2,}|[*•●_…]{2,})[\s()\-]*\d|\d[xх]$", re.I)
_LEAD_WORDS = re.compile(r"^[^\d+]*[:.\s](?=[+(]?\d)|^(?:тел|моб|tel|phone)[^\d+(]*", re.I)
_TAIL_WORDS = re.compile(r"(?<=\d)[\s,;(\-–—]+[^\d]+$")
_SPLIT = re.compile(r"[,;/|\n]+|\s+(?:или|и|or)\s+", re.I)
# Letters written for digits to slip past a site's filter.
_SLIPPED = re.compile(r"(?<=\d )[OoОо]{2,3}(?= \d)|(?<=[\d\-OoОо])[OoОо](?=[\d\-OoОо])|(?<=\d)[ЗзB](?=\d)")
_DIGIT_WORDS = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять")
_SPOKEN = re.compile(rf"\b(?:{'|'.join(_DIGIT_WORDS)})\b", re.I)

# In a description a number starts with +7, 7, 8 or 9 and no digits stand before it: neither a VIN nor a price does.
_GAP = r"[\s\-.()]{0,3}"
_IN_TEXT = re.compile(
    rf"(?<![\w+])(?<!\d[\s.,])(?:\+?7|8)?{_GAP}[3489](?:{_GAP}\d){{9}}(?![\d*]|{_GAP}[xх*]{{2}})", re.I
)
MOST_IN_TEXT = 20

# Nine in ten numbers are plain mobile ones: nearly every 9xx prefix is valid in whole (a test asks the library), so the
# library, which takes most of the time of a cold import, is not asked again.
_PLAIN_MOBILE = re.compile(r"[ ]?(?:\+?7|8)?[ (-]{0,2}(9\d\d)[ )-]{0,2}(\d{3})[ -]?(\d\d)[ -]?(\d\d)[ ]?", re.ASCII)

# Abkhazia dials under +7, yet it is abroad; the library counts it as Russia.
_ABKHAZIA = ("7940", "7840")


def read_phone(text: str | None) -> PhoneRead:
    """One number out of a phone field; when the field holds several, the first good one."""
    if not text or len(text) > MAX_FIELD:
        return INVALID
    plain = _PLAIN_MOBILE.fullmatch(text)
    if plain is not None and plain[1] not in ("930", "940", "999"):  # partly given out; Abkhazia; nines only
        return PhoneRead("7" + "".join(plain.groups()), "", PhoneKind.MOBILE)
    return _read(text)


def read_phones(texts: Iterable[str]) -> tuple[PhoneRead, ...]:
    """Every number of the fields once, in their order; then the troubles, each kind once."""
    good: dict[str, PhoneRead] = {}
    bad: dict[str, PhoneRead] = {}
    for text in texts:
        for piece in _pieces(text or ""):
            read = read_phone(piece)
            if read.number:
                good.setdefault(read.number, read)
            else:
                bad.setdefault(read.trouble, read)
    return (*good.values(), *bad.values())


def find_in_text(description: str | None) -> tuple[str, ...]:
    """Russian numbers a seller wrote into the text, however spaced or spelled; each once."""
    if not description:
        return ()
    text = _plain(description[:MAX_TEXT])
    text = _SPOKEN.sub(lambda word: str(_DIGIT_WORDS.index(word[0].lower())), text)
    text = _unslip(text)
    found: dict[str, None] = {}
    while len(found) < MOST_IN_TEXT and (match := _IN_TEXT.search(text)):
        text = text[match.end() :]  # cut, so that a second number right behind is seen as a beginning
        digits = re.sub(r"\D", "", match[0])
        # Ten digits alone are a phone only when they look like a mobile one.
        number = read_phone(digits).number if len(digits) == 11 or digits[0] == "9" else None
        if number:
            found[number] = None
    return tuple(found)


def phone_mark(number: str, key: bytes) -> str:
    """A mark by which a number is known again without being kept. Keyed: of eleven digits a plain hash is guessed."""
    if not key:
        raise ValueError("a mark without a key could be guessed")
    return hmac.new(key, number.encode(), "sha256").hexdigest()


def show_phone(number: str | None) -> str:
    """+7 916 123-45-67; anything that is not our form is shown as it came."""
    if not number or not _is_ours(number):
        return number or ""
    return f"+7 {number[1:4]} {number[4:7]}-{number[7:9]}-{number[9:]}"


def mask_phone(number: str | None) -> str:
    """+7 916 ***-**-67, for logs and for those who may not see numbers."""
    if not number:
        return ""
    if not _is_ours(number):
        return "***"
    return f"+7 {number[1:4]} ***-**-{number[9:]}"


def _is_ours(number: str) -> bool:
    return len(number) == 11 and number[0] == "7" and number.isascii() and number.isdigit()


def _pieces(text: str) -> list[str]:
    text = text[: MAX_FIELD * 10]
    parts = [part for part in _SPLIT.split(text) if any(letter.isdigit() for letter in part)]
    whole = read_phone(text)
    return [text] if whole.number is None and len(parts) <= 1 or len(parts) == 0 else parts


def _plain(text: str) -> str:
    """Digits of any script as ASCII, dashes and spaces of any kind as one; emoji key-caps lose their caps."""
    out = []
    for letter in unicodedata.normalize("NFKC", text):
        if letter.isdecimal():
            out.append(str(unicodedata.decimal(letter)))
        elif unicodedata.category(letter) in ("Mn", "Me", "Cf"):
            continue
        elif letter in "‐‑‒–—―−":
            out.append("-")
        else:
            out.append(" " if letter.isspace() and letter != "\n" else letter)
    return "".join(out)


def _unslip(text: str) -> str:
    return _SLIPPED.sub(lambda found: {"з": "3", "b": "8"}.get(found[0].lower(), "0" * len(found[0])), text)


@lru_cache(maxsize=CACHED)
def _read(text: str) -> PhoneRead:
    plain = _plain(text).strip()
    if _HIDDEN.search(plain):
        return MASKED
    bare = _EXTENSION.sub("", plain.removesuffix(".0"))  # spreadsheets turn numbers into fractions
    bare = _TAIL_WORDS.sub("", _LEAD_WORDS.sub("", _unslip(bare)).strip(" .:"))
    first = _in_own_form(bare)
    if first is not INVALID:
        return first
    for piece in _SPLIT.split(bare)[:8]:
        read = _in_own_form(piece)
        if read.number:
            return read
    return INVALID


def _in_own_form(text: str) -> PhoneRead:
    text = text.strip(" .:")
    if re.search(r"[^\W\d_]", text):
        return INVALID  # letters stand for digits nowhere in Russia
    digits = re.sub(r"\D", "", text)
    if not 10 <= len(digits) <= 15 or len(set(digits)) == 1:
        return INVALID
    return _judge(_international(digits, is_plus=text.lstrip("( ").startswith("+")))


def _international(digits: str, *, is_plus: bool) -> str:
    """The number with its country code, whichever of the usual Russian ways it was dialled in."""
    for prefix in ("810", "00"):
        if not is_plus and digits.startswith(prefix) and len(digits) >= 12:
            return digits[len(prefix) :]
    if len(digits) == 10 and not is_plus:
        return "7" + digits
    if len(digits) == 11 and digits[0] == "8":
        return "7" + digits[1:]  # «+8 916 …» is written too: no country has this code and this length
    if len(digits) == 12 and digits[:2] in ("78", "87") and digits[2] in "3489":
        return "7" + digits[2:]  # «+7 8 916 …»
    return digits


def _judge(digits: str) -> PhoneRead:
    try:
        number = phonenumbers.parse("+" + digits, None)
    except phonenumbers.NumberParseException:
        return INVALID
    if not phonenumbers.is_valid_number(number):
        return INVALID
    if phonenumbers.region_code_for_number(number) != "RU" or digits.startswith(_ABKHAZIA):
        return FOREIGN
    return PhoneRead(digits, "", _KINDS.get(phonenumbers.number_type(number), PhoneKind.OTHER))
