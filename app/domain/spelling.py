"""One spelling for names that people write differently: case, accents, punctuation, look-alike letters, sound."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

# «ВМW», «Аudi», «Х5»: keyboards mix the alphabets, so letters that look alike become one letter before comparing.
_LOOK_ALIKE = dict(zip("авекмнорстухіё", "abekmhopctyxie", strict=True))
_SUPERSCRIPT = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))


def _without_accent(code: int) -> str:
    plain = "".join(c for c in unicodedata.normalize("NFKD", chr(code)) if not unicodedata.combining(c))
    return plain if plain.isascii() and plain.isalnum() else chr(code)


_FOLD = {ord(old): new for old, new in {**_LOOK_ALIKE, **_SUPERSCRIPT}.items()}
_FOLD.update({code: _without_accent(code) for code in range(0xC0, 0x250)})

# «1.6» is one word (an engine), «CX-5» and «ID.4» are two that get glued again.
_WORD = re.compile(r"(?<![\d.,])\d[.,]\d(?![\d.,]\d|\d)|[^\W_]+")
_RUN = re.compile(r"\d+|[^\W\d_]+")
_INNER_APOSTROPHE = re.compile(r"(?<=\w)['`’ʼ´](?=\w)")


class Word(NamedTuple):
    text: str  # folded
    start: int  # where it begins and ends in the text as written
    end: int


def words(text: str) -> list[Word]:
    """The folded words of a `plain` text, with their places, so that what follows a name can be cut out as written."""
    return [Word(_fold_word(m.group()), m.start(), m.end()) for m in _WORD.finditer(text)]


def plain(text: str) -> str:
    """An apostrophe inside a word does not part it (cee'd, R'nessa), nor does a multiplication sign (4×4)."""
    return _INNER_APOSTROPHE.sub("", text).replace("×", "x")


def _fold_word(word: str) -> str:
    return word.casefold().translate(_FOLD).replace(",", ".")


def fold(text: str) -> str:
    """The key under which spellings of one name meet: «Е-Класс», «e класс» and «E_КЛАСС» are the same."""
    return "".join(word.text for word in words(plain(text)))


def split_runs(found: list[Word]) -> list[Word]:
    """Letters and digits apart: «320i» becomes 320, i; «E200d» becomes e, 200, d."""
    parts: list[Word] = []
    for word in found:
        if "." in word.text or word.end - word.start != len(word.text):
            parts.append(word)
            continue
        parts += [Word(m.group(), word.start + m.start(), word.start + m.end()) for m in _RUN.finditer(word.text)]
    return parts


# Russian letters as they sound; the Latin side is brought to the same sounds below.
_SOUND = dict(zip("абвгдеёжзийклмнопрстуфхцчшщыэюя", "abvgdeejziiklmnoprstufhs466ieua", strict=True))
_SOUND.update({"ъ": "", "ь": ""})
_RUSSIAN = re.compile("[а-яё]", re.IGNORECASE)
_LATIN_SOUNDS = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"sch|sh", "6"), (r"tch|ch", "4"), (r"ph", "f"), (r"ck|qu|q", "k"), (r"dj|dzh|zh|дж", "j"),
        (r"c(?=[eiy])", "s"), (r"c", "k"), (r"x", "ks"), (r"w", "v"), (r"oo|ou", "u"), (r"ee|ea", "i"), (r"y", "i"),
    )
)  # fmt: skip
_TWICE = re.compile(r"(.)\1+")


def is_russian(text: str) -> bool:
    return _RUSSIAN.search(text) is not None


def sound(word: str) -> str:
    """How a word sounds, roughly: «Октавия» and «Octavia» give the same. Only for names that no spelling matched."""
    heard = word.casefold().replace("дж", "j")
    if is_russian(heard):
        heard = "".join(_SOUND.get(letter, letter) for letter in heard)
    else:
        for pattern, same in _LATIN_SOUNDS:
            heard = pattern.sub(same, heard)
    return _TWICE.sub(r"\1", heard)
