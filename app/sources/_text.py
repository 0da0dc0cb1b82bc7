"""Reading what people type: numbers with spaces and units, money, dates, text without the characters no database takes.

Nothing here knows a make, a city or a body: recognising is another stop.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

MOSCOW = ZoneInfo("Europe/Moscow")
PRICE_MOST = 1_000_000_000
MILEAGE_MOST = 5_000_000

_BAD = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
# Direction marks and byte order marks carry nothing and let a text show itself in another order.
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")
_SPACES = re.compile(r"\s+")
_TAG = re.compile(r"<\s*/?\s*(?:p|br|li|ul|ol|div|b|i|u|em|strong|span|h[1-6]|a)\b[^<>]*>", re.IGNORECASE)
_BREAK = re.compile(r"<\s*(?:br\s*/?|/p|/li|/div|/h[1-6])\s*>", re.IGNORECASE)

_NUMBER = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?![0-9])(?:[.,][0-9]+)?|[0-9]+(?:[.,'][0-9]+)*")
_EXPONENT = re.compile(r"[eE][+-]?[0-9]")
_SCALE = re.compile(r"\s?(млн|миллион|mln|тыс|т\.\s?р|т\.\s?км|k\b|к\b)", re.IGNORECASE)
_FOREIGN_MONEY = re.compile(r"[$€£¥₸₴]|\b(?:usd|eur|byn|kzt)\b|у\.\s?е|тенге|долл|евро", re.IGNORECASE)
_TITLE_YEAR = re.compile(r"\b(?:19[3-9]|20[0-4])[0-9]\b")


class Absurd(ValueError):
    """A record that says an impossible thing of itself; `reason` is a code of domain.ads.REJECT_REASONS."""

    def __init__(self, reason: str, said: object) -> None:
        self.reason = reason
        super().__init__(str(said)[:80])


def line(value: object) -> str:
    """One line of text: no control characters, runs of any space are one space."""
    if value is None or value is False or value is True:
        return ""
    text = value if isinstance(value, str) else str(value)
    if text.isalnum():
        return text
    return " ".join(_UNSEEN.sub("", _BAD.sub("", text)).split())


def prose(value: object) -> str:
    """A longer text: its lines and emoji stay, mark-up goes."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    if _BAD.search(text):
        text = _BAD.sub("", text)
    if "\u200e" in text or "\u202e" in text or "\ufeff" in text:
        text = _UNSEEN.sub("", text)
    if "<" in text and _TAG.search(text):
        text = html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    return text.replace("\r\n", "\n").replace("\r", "\n").strip()


def number(value: object, *, thousands: bool = True) -> float | None:
    """The first number of a text; negative when a minus stands before it. None when there is none.

    `thousands`: a lone separator before exactly three digits groups thousands («1.050» roubles); without it the
    separator is a decimal point («1.984» litres).
    """
    if value is None or isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value) if abs(value) < 1e15 else None  # NaN compares false too
    if not isinstance(value, str):
        return None
    if value.isascii() and value.isdigit():
        return float(value) if len(value) < 16 else None
    text = _SPACES.sub(" ", value)
    found = None if text.lstrip()[:1] == "=" else _NUMBER.search(text)  # a formula says nothing: it is not evaluated
    if not found or _EXPONENT.match(text, found.end()):
        return None
    result = _written(found.group(), thousands)
    if result is None:
        return None
    scale = _SCALE.match(text, found.end())
    if scale:
        result *= 1_000_000 if scale.group(1).lower()[0] == "м" or scale.group(1).lower() == "mln" else 1_000
    before = text[: found.start()].rstrip()
    minus = before.endswith(("-", "−")) and not before[:-1].strip()
    return -result if minus else result


def _written(text: str, thousands: bool) -> float | None:
    text = text.replace(" ", "").replace("'", "")
    groups = re.split("[.,]", text)
    if len(groups) == 1:
        return float(text) if len(text) < 16 else None
    if len(groups) > 2:
        last_is_cents = "." in text and "," in text or len(groups[-1]) != 3
        body = "".join(groups[:-1]) + ("." if last_is_cents else "") + groups[-1]
        return float(body) if len(body) < 20 else None
    if thousands and len(groups[1]) == 3 and len(groups[0]) < 4 and groups[0] != "0":
        return float(groups[0] + groups[1])
    body = groups[0] + "." + groups[1]
    return float(body) if len(groups[0]) < 16 else None


def price(value: object) -> int | None:
    """Whole roubles. Zero and another currency are «not told»; a negative or giant price is absurd."""
    amount = number(value)
    if amount is None:
        if isinstance(value, str) and value.isdigit() and value.isascii() and len(value) > 15:
            raise Absurd("bad_price", value)
        return None
    if amount < 0 or amount > PRICE_MOST:
        raise Absurd("bad_price", value)
    if isinstance(value, str) and not value.isdigit() and _FOREIGN_MONEY.search(value):
        return None
    return round(amount) or None


def year(value: object) -> int | None:
    amount = number(value, thousands=False)
    if not amount:
        return None
    if not 1900 <= amount <= 2050 or amount != int(amount):
        raise Absurd("bad_year", value)
    return int(amount)


def year_in(title: str) -> int | None:
    """The year a title ends with or mentions: «Kia Rio, 2018», «Продажа …, 2022 год в …»."""
    found = _TITLE_YEAR.findall(title)
    return int(found[-1]) if found else None


def mileage(value: object) -> int | None:
    """Kilometres; «новый автомобиль» is zero, nonsense is None."""
    amount = number(value)
    if amount is None:
        return 0 if isinstance(value, str) and value.strip().lower().startswith("нов") else None
    return int(amount) if 0 <= amount <= MILEAGE_MOST else None


def engine_cc(value: object) -> int | None:
    """Cubic centimetres from litres («1.6 л», «2.967») or from cubic centimetres («1498», «1600.0»)."""
    amount = number(value, thousands=False)
    if amount is None or amount <= 0:
        return None
    cc = round(amount * 1000) if amount < 30 else int(amount)
    return cc if 200 <= cc <= 20_000 else None


def whole(value: object, least: int, most: int) -> int | None:
    amount = number(value)
    return int(amount) if amount is not None and least <= amount <= most else None


def power(value: object) -> int | None:
    return whole(value, 1, 3000)


def doors(value: object) -> int | None:
    return whole(value, 1, 9)


def coordinate(value: object, most: int) -> float | None:
    try:
        amount = float(str(value).replace(",", "."))
    except ValueError:
        return None
    return amount if -most <= amount <= most and amount != 0 else None


def latitude(value: object) -> float | None:
    return coordinate(value, 90)


def longitude(value: object) -> float | None:
    return coordinate(value, 180)


_DAY_FIRST = re.compile(r"([0-3]?[0-9])\.([01]?[0-9])\.([0-9]{4})(?:[ ,T]+([0-2]?[0-9]):([0-5][0-9]))?")


def moment(value: object, zone: ZoneInfo = MOSCOW) -> datetime | None:
    """An aware time from ISO text, «28.03.2022 14:05», seconds or milliseconds. «8 часов назад» tells nothing here."""
    if value is None or isinstance(value, bool):
        return None
    text = str(value).strip()
    try:
        if text.replace(".", "", 1).isdigit():
            seconds = float(text)
            seconds = seconds / 1000 if seconds > 1e11 else seconds
            return datetime.fromtimestamp(seconds, UTC) if 6e8 < seconds < 4e9 else None
        day_first = _DAY_FIRST.match(text)
        if day_first:
            day, month, full_year, hour, minute = (int(part or 0) for part in day_first.groups())
            return datetime(full_year, month, day, hour, minute, tzinfo=zone)
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def external_key(value: object) -> str:
    """An id as text: a table that was a spreadsheet once writes 1114739656 as «1114739656.0»."""
    text = line(value)
    return text[:-2] if text.endswith(".0") and text[:-2].isdigit() else text[:200]


def photos(values: object) -> tuple[str, ...]:
    """Links to pictures out of a list or a text with separators, in order, each once."""
    if isinstance(values, str):
        values = re.split(r"[\s,;|]+(?=(?:https?:)?//)", values)
    if not isinstance(values, list | tuple):
        return ()
    links = (line(item) for item in values if isinstance(item, str))
    full = ("https:" + link if link.startswith("//") else link for link in links)
    return tuple(dict.fromkeys(link for link in full if link.startswith(("http://", "https://"))))
