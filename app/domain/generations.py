"""Which generation of a model a text or a year means: «B9 (2015—н. в.)», «IV (G05) Рестайлинг», «II рестайлинг»."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from app.domain.spelling import fold, plain, words

_NUMERALS = "i ii iii iv v vi vii viii ix x xi xii xiii xiv xv xvi xvii xviii xix xx"
_ROMAN = {roman: number for number, roman in enumerate(_NUMERALS.split(" "), start=1)}
_YEARS = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*(?:г\.?\s*)?(?:(?:[-–—−]|по)\s*((?:19|20)\d\d|н\W*в)?)?")
_MARK = re.compile(r"mk(\d{1,2})")  # «Mk5»: the British way to count
# Words that stand in the name of a generation and name none.
_FILLER_WORDS = "рестайлинг restyling facelift поколение generation series серия кузов по"
_FILLERS = frozenset(map(fold, _FILLER_WORDS.split(" ")))
_RESTYLED = fold("рестайлинг")
_LONGEST_CODE = 8
_CODE_SCORE, _ROMAN_SCORE, _YEARS_SCORE, _FIT_SCORE = 8, 4, 2, 1


class GenerationRow(NamedTuple):
    id: int
    model_id: int
    name: str
    year_from: int | None = None
    year_to: int | None = None


class _Marks(NamedTuple):
    """What tells a generation apart: its ordinal, its body codes, its years, whether it is a restyling."""

    roman: int
    codes: frozenset[str]
    year_from: int
    is_restyled: bool


class _Known(NamedTuple):
    row: GenerationRow
    marks: _Marks

    def fits(self, year: int, slack: int = 0) -> bool:
        since, until = self.row.year_from or 0, self.row.year_to or 9999
        return since - slack <= year <= until + slack


def _marks(text: str) -> _Marks:
    years = _YEARS.search(text)
    roman, codes, is_restyled = 0, set(), False
    for word in words(plain(_YEARS.sub(" ", text))):
        if word.text in _ROMAN:
            roman = roman or _ROMAN[word.text]
        elif mark := _MARK.fullmatch(word.text):
            roman = int(mark[1])
        elif word.text == _RESTYLED:
            is_restyled = True
        elif word.text not in _FILLERS and len(word.text) <= _LONGEST_CODE:
            codes.add(word.text)
    return _Marks(roman, frozenset(codes), int(years[1]) if years else 0, is_restyled)


def _marks_in_tail(tail: str, codes_of_model: frozenset[str]) -> _Marks:
    """In a tail stand engines and trims too: a code counts only when the model has it, an ordinal only in capitals."""
    tail = plain(tail)
    codes: set[str] = set()
    roman, is_restyled = 0, False
    for at, word in enumerate(words(tail)):
        written = tail[word.start : word.end]
        if word.text in _ROMAN and written.isupper():
            roman = roman or _ROMAN[word.text]
        elif at == 0 and word.text.isdigit() and len(word.text) <= 2 and word.text not in codes_of_model:
            roman = int(word.text)  # «Focus 2», «Golf 7»
        elif word.text == _RESTYLED:
            is_restyled = True
        elif len(word.text) > 1 or written.isupper():
            codes.update(code for code in codes_of_model if _is_same_code(code, word.text))
    return _Marks(roman, frozenset(codes), 0, is_restyled)


class GenerationBook:
    def __init__(self, rows: Iterable[GenerationRow]) -> None:
        self._by_model: dict[int, list[_Known]] = {}
        self._aliases: dict[tuple[int, str], int] = {}
        for row in rows:
            self._by_model.setdefault(row.model_id, []).append(_Known(row, _marks(row.name)))
        self._codes = {
            model_id: frozenset(code for one in known for code in one.marks.codes)
            for model_id, known in self._by_model.items()
        }

    def learn(self, model_id: int, text: str, target_id: int) -> None:
        self._aliases[model_id, fold(text)] = target_id

    def find(self, model_id: int, text: str, year: int | None) -> tuple[int | None, bool]:
        """(generation id, whether the text named one that the book lacks)."""
        known = self._by_model.get(model_id, ())
        if text.strip():
            mapped = self._aliases.get((model_id, fold(text)))
            if mapped is not None:
                return mapped, False
            marks = _marks(text)
            if marks.roman or marks.codes or marks.year_from:
                target = _best(known, marks, year)
                return target, target is None and bool(known)
        return self.by_year(model_id, year), False

    def find_in_tail(self, model_id: int, tail: str, year: int | None) -> int | None:
        known = self._by_model.get(model_id, ())
        if tail and known:
            marks = _marks_in_tail(tail, self._codes.get(model_id, frozenset()))
            target = _best(known, marks, year) if marks.roman or marks.codes else None
            if target is not None:
                return target
        return self.by_year(model_id, year)

    def by_year(self, model_id: int, year: int | None) -> int | None:
        if year is None:
            return None
        # A generation without years says nothing about a year: it would make every year doubtful.
        told = (one for one in self._by_model.get(model_id, ()) if one.row.year_from or one.row.year_to)
        fitting = [one.row.id for one in told if one.fits(year)]
        return fitting[0] if len(fitting) == 1 else None


def _best(known: Iterable[_Known], marks: _Marks, year: int | None) -> int | None:
    scored = sorted(((_score(one, marks, year), one.row.id) for one in known), key=lambda pair: -pair[0])
    if not scored or scored[0][0] < _YEARS_SCORE:
        return None
    if len(scored) > 1 and scored[0][0] == scored[1][0]:
        return None
    return scored[0][1]


def _score(one: _Known, marks: _Marks, year: int | None) -> int:
    by_code = _same_code(one.marks.codes, marks.codes)
    starts = marks.year_from - (one.row.year_from or 0) if marks.year_from else None
    begins_then = starts is not None and abs(starts) <= 1
    # A site may count the generations otherwise than we do; then only the first year can tell which it means.
    if not by_code and _contradict(one.marks, marks):
        return _YEARS_SCORE if begins_then else -1
    score = _CODE_SCORE * by_code + _ROMAN_SCORE * (marks.roman == one.marks.roman > 0)
    if starts is not None:
        # A restyling begins in the middle of its generation.
        score += _YEARS_SCORE * (begins_then or one.fits(marks.year_from))
    if year is not None:
        # Sellers name last year's body, but not one of another decade.
        score += _FIT_SCORE if one.fits(year, slack=1) else -_ROMAN_SCORE
    return score + (score > 0 and one.marks.is_restyled == marks.is_restyled)


def _contradict(ours: _Marks, theirs: _Marks) -> bool:
    if ours.roman and theirs.roman:
        return ours.roman != theirs.roman
    return bool(ours.codes and theirs.codes and not theirs.roman)


def _same_code(ours: frozenset[str], theirs: frozenset[str]) -> bool:
    return any(_is_same_code(a, b) for a in ours for b in theirs)


def _is_same_code(a: str, b: str) -> bool:
    return a == b or _covers(a, b) or _covers(b, a)


def _covers(pattern: str, code: str) -> bool:
    """«G2x» means G20 and G21."""
    return pattern.endswith("x") and len(pattern) == len(code) > 2 and code[:-1] == pattern[:-1]
