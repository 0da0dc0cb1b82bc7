"""How a place is written: folding of spellings, the small words around a name, a sound key for Latin letters."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

MAX_TEXT = 300  # an address is shorter; whatever is longer is not read further

_LOOKALIKE = str.maketrans("aceopxykmthb", "асеорхукмтнв")
_PLAIN = str.maketrans({"ё": "е", "«": " ", "»": " ", '"': " ", "'": "", "’": "", "‘": "", "`": "", "_": " ", "*": " "})
_LETTERS = dict(zip("абвгдезийклмнопрстуфцчъыьэ", "abvgdeziyklmnoprstufcq-y-e", strict=True))
_LETTERS |= {"ч": "ch", "ъ": "", "ь": "", "ж": "zh", "х": "h", "ш": "sh", "щ": "sh", "ю": "yu", "я": "ya", "ё": "e"}
_TO_LATIN = str.maketrans(_LETTERS)

_SPLIT = re.compile(r"[,;|/\\()\[\]\n\r\t•·]+")
_DOTTED = (
    (re.compile(r"\bр\s?\.\s?п\b\.?"), "рп "),
    (re.compile(r"\bп\s?\.\s?г\s?\.\s?т\b\.?"), "пгт "),
    (re.compile(r"\bг\s?\.\s?о\b\.?"), "го "),
    (re.compile(r"\bст\s?-\s?ца\b\.?"), "станица "),
    (re.compile(r"\bр\s?-\s?он\b|\bр\s?-\s?н\b\.?"), "район "),
    (re.compile(r"\bб\s?-\s?р\b\.?"), "бульвар "),
    (re.compile(r"\bпр\s?-\s?(?:к?т|д)\b\.?"), "проспект "),
    (re.compile(r"\bс\s?/\s?с\b\.?|\bс\s?/\s?п\b\.?"), "поселение "),
    (re.compile(r"\bм\s?\.\s?о\b\.?"), "мо "),
)


def _words(text: str) -> list[str]:
    return text.split()


_TOWN = frozenset(_words("г гор город го городской"))
_VILLAGE = frozenset(
    _words(
        "п пос посёлок поселок пгт рп рабочий дп кп с село сел д дер деревня ст станица х хут хутор аул аал слобода сл "
        "мкр микрорайон снт днп жк тер территория нп ж/д"
    )
)
_ADMIN = frozenset(_words("го район округ сельсовет поселение муниципальный мр мо волость улус"))
_STREET = frozenset(
    _words(
        "ул улица проспект пр просп пер переулок ш шоссе наб набережная бульвар пл площадь тракт проезд дом корп "
        "корпус стр строение кв квартал тупик аллея км трасса метро ст.м тц трц"
    )
)
NOTHING = frozenset(
    ("", "россия", "рф", "российскаяфедерация", "russia", "russianfederation", "неуказан", "неуказано", "нет")
)

_INSIDE = re.compile(
    r"(?:\b[а-я-]+ая\s+(?:обл(?:асть)?|автономная область|ао|респ(?:ублика)?)\b\.?"
    r"|\b(?:обл|область)\b\.?\s+[а-я-]+ая\b"
    r"|\b[а-я-]+ий\s+(?:край|автономный округ|ао)\b|\bкрай\s+[а-я-]+ий\b"
    r"|\bресп(?:ублика)?\b\.?\s+(?:[а-я-]+\s+(?=осетия|эл\b)[а-я-]+|[а-я-]+))"
)


class Part(NamedTuple):
    """One piece between commas: its words without the small ones, and what the small ones said."""

    words: tuple[str, ...]
    is_town: bool = False
    is_district: bool = False
    is_street: bool = False

    @property
    def key(self) -> str:
        return "".join(self.words)


def fold(text: str) -> str:
    """Lower case, е for ё, plain dashes and spaces; Latin look-alikes inside a Russian word become Russian."""
    text = unicodedata.normalize("NFKC", text[:MAX_TEXT]).casefold().translate(_PLAIN)
    text = re.sub(r"[‐-―−]", "-", text)
    if re.search("[а-я]", text):
        text = re.sub(r"\S*[а-я]\S*", lambda word: word[0].translate(_LOOKALIKE), text)
    return " ".join(text.split())


def key_of(text: str) -> str:
    """The name without case, ё, spaces, dashes and dots: two spellings of one name have one key."""
    return re.sub(r"[\s.\-]+", "", fold(text))


def is_latin(text: str) -> bool:
    return bool(re.search("[a-z]", text)) and not re.search("[а-я]", text)


def sound_of(text: str) -> str:
    """What any of the usual transliterations of a Russian name comes to: Ekaterinburg and Yekaterinburg are one."""
    text = fold(text).translate(_TO_LATIN)
    text = "".join(c for c in unicodedata.normalize("NFD", text) if "a" <= c <= "z")
    for old, new in (("shch", "sh"), ("sch", "sh"), ("kh", "h"), ("tz", "c"), ("ts", "c"), ("j", "y"), ("x", "ks")):
        text = text.replace(old, new)
    text = text.replace("yo", "e").replace("y", "i").replace("ie", "e")
    return re.sub("i+", "i", text)


def pieces(text: str) -> Iterator[str]:
    """The folded text between commas."""
    for raw in _SPLIT.split(text[:MAX_TEXT]):
        piece = fold(raw)
        for pattern, plain in _DOTTED:
            piece = pattern.sub(plain, piece)
        piece = " ".join(piece.strip(" .-:").split())
        if piece:
            yield piece


def cut(piece: str) -> list[str]:
    """«Луговая область г Заречёнск», «Самара и область»: names told without a comma, each by itself."""
    found = _INSIDE.search(piece)
    if found and found[0] != piece:
        return [found[0], *pieces(f"{piece[: found.start()]},{piece[found.end() :]}")]
    return piece.split(" и ")


def read_part(piece: str) -> Part:
    """Take the small words off: «г. Самара», «Тольятти г», «пос. Мирный», «городской округ Химки»."""
    words = re.sub(r"\.(?=\S)|\.\s|\.$", " ", piece).split()
    small = set(words)
    if small & _STREET:
        return Part(tuple(words), is_street=True)
    admin = bool(small & _ADMIN)
    kept = [word for word in words if word not in _ADMIN] if admin else words
    ends = {kept[0], kept[-1]} if kept else set()
    while len(kept) > 1 and kept[0] in _TOWN | _VILLAGE:
        kept = kept[1:]
    while len(kept) > 1 and kept[-1] in _TOWN | _VILLAGE:
        kept = kept[:-1]
    kept = [bit for word in kept for bit in word.split("-") if bit]
    return Part(tuple(kept), is_town=not admin and bool(ends & _TOWN), is_district=admin)
