"""Choose the Russian name of a place among GeoNames alternates, which carry no language mark in the packaged data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_RUSSIAN = re.compile(r"^[А-ЯЁа-яё0-9][А-ЯЁа-яё0-9 .\-]*$")
_LATIN = dict(zip("абвгдезийклмнопрстуфцчъыьэ", "abvgdeziyklmnoprstuf??-y-e", strict=True))
_LATIN |= {
    "ц": "ts",
    "ч": "ch",
    "ъ": "",
    "ь": "",
    "ё": "e",
    "ж": "zh",
    "х": "kh",
    "ш": "sh",
    "щ": "shch",
    "ю": "yu",
    "я": "ya",
}

# Neighbours of Russian share its letters; these endings and pairs of letters give their spellings away.
_FOREIGN_SIGNS = (
    (re.compile(r"[сц]ьк|ць$|ъ$|ъ[^еёюя]|[кпмбвгдц]ъ|ъл"), 1.5),  # Ukrainian, Bulgarian, Caucasian
    (re.compile(r"шч|[бвдзлмпрст]ий\b|[мн]ь[нс]"), 0.5),
    (re.compile(r"[жшчщ]ы"), 0.7),
    (re.compile(r"[гкх]ы"), 0.3),
    (re.compile(r"(?<=[бвгкнрс])[иы]\b"), 0.1),
    (re.compile(r"(?<!^)(?<![ -])э"), 0.4),
    (re.compile(r"\.| ош$|^г\.|шаары"), 1.5),
    (re.compile(r"(?<!совет)(?<!совеc)тс"), 0.2),
    (re.compile(r"(совец|брац|солдац|флоц)к"), 0.6),
)


def is_russian(text: str) -> bool:
    return bool(_RUSSIAN.match(text)) and any("а" <= letter <= "ё" for letter in text)


def in_latin(russian: str) -> str:
    """As the maps write it: Е that opens a name is Ye, so Engels is Энгельс and Yelets is Елец."""
    spelled = "".join(_LATIN.get(letter, letter) for letter in russian.lower())
    return "y" + spelled if russian[:1] in "ЕЁ" else spelled


def choose(latin: str, alternates: Iterable[str]) -> tuple[str, float]:
    """The best Russian spelling of `latin` and how far it is from it; ("", 99) when there is none."""
    cost = {name: _distance_to(latin, name) for name in dict.fromkeys(alternates) if is_russian(name)}
    if not cost:
        return "", 99.0
    best = min(cost, key=lambda name: (cost[name], -len(name), name))
    return best, cost[best]


def _distance_to(latin: str, russian: str) -> float:
    heard = in_latin(russian)
    distance = float(_edits(_loose(heard), _loose(latin)))
    distance += 0.2 * min(3, _edits(_strict(heard), _strict(latin)))
    distance -= 0.3 * ("ё" in russian.lower())
    distance -= 0.05 * russian.endswith(("ь", "й"))
    distance += 0.05 * (("-" in russian) != ("-" in latin))
    distance += 0.3 * (not russian[0].isupper() and not russian[0].isdigit())
    return distance + sum(price for sign, price in _FOREIGN_SIGNS if sign.search(russian.lower()))


def _bare(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


def _strict(text: str) -> str:
    text = re.sub("[^a-z]", "", _bare(text)).replace("yo", "e").replace("yy", "y").replace("iy", "i")
    return text[:1] + text[1:].replace("ye", "e")


def _loose(text: str) -> str:
    text = re.sub("[^a-z]", "", _bare(text).replace("shch", "sh").replace("sch", "sh"))
    text = text.replace("ye", "e").replace("yo", "e").replace("j", "y").replace("iy", "i").replace("yy", "i")
    return text.replace("y", "i").replace("ii", "i")


def _edits(a: str, b: str) -> int:
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        fresh = [i]
        for j, y in enumerate(b, 1):
            fresh.append(min(row[j] + 1, fresh[-1] + 1, row[j - 1] + (x != y)))
        row = fresh
    return row[-1]
