"""A short sketch of an advert's description that survives cuts and small rewrites, and what two sketches share.

The sketch is the smallest hashes of the text's three-word runs ("bottom-k"), so two sketches can be compared without
the texts. Sellers' boilerplate is told apart by counting: a run that stands in adverts of several cars proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

SIGNATURE_SIZE = 32
_NUMBERS_BELOW = (1 << 22) - 0x80000000  # a run of words falls there once in a thousand
_TEXT_CAP = 4000  # Longer texts are catalogues of equipment; their start tells enough.

_WORD = re.compile(r"[a-zа-я]+|[0-9]{2,}")
# Sellers swap look-alike letters to slip past the sites' copy detectors; ё is written at will.
_LOOK_ALIKE = str.maketrans("aceopxyktmhbё", "асеорхуктмнве")


@lru_cache(maxsize=200_000)
def _word_hash(word: str) -> int:
    return crc32(word.encode())


def text_signature(description: str) -> tuple[int, ...]:
    """At most 32 signed 32-bit numbers, ascending; empty when the text says too little to compare."""
    words = _WORD.findall(description[:_TEXT_CAP].lower().translate(_LOOK_ALIKE))
    hashes = [_word_hash(word) for word in words]
    runs = {
        # The shifts keep the order of the words in the hash; the odd multiplier spreads neighbours apart.
        (first << 2 ^ second << 1 ^ third) * 0x9E3779B1 >> 8 & 0xFFFFFFFF
        for first, second, third in zip(hashes, hashes[1:], hashes[2:], strict=False)
    }
    # Lot numbers and the like name one car, so they come first and are never crowded out; round sums are prices.
    runs.update(_word_hash(word) >> 10 for word in words if word.isdigit() and len(word) > 5 and word[-2:] != "00")
    return tuple(value - 0x80000000 for value in sorted(runs)[:SIGNATURE_SIZE])


def numbers_of(signature: tuple[int, ...]) -> set[int]:
    """The lot numbers and the like that the text named."""
    return {value for value in signature if value < _NUMBERS_BELOW}


@dataclass(frozen=True, slots=True)
class Overlap:
    """How many runs two texts share, and how many they could; the same of those that hardly anybody else wrote."""

    found: int
    possible: int
    rare_found: int
    rare_possible: int

    @property
    def whole(self) -> bool:
        """One text is the other, as far as the shorter one goes."""
        return self.possible >= 8 and self.found >= 0.9 * self.possible


def overlap(left: tuple[int, ...], right: tuple[int, ...], common: Container[int]) -> Overlap:
    """What two sketches share, with and without the runs of `common`, over the text that has fewer of them.

    Only the hash range that both sketches cover is looked at, so a shortened text is not held against the long one.
    """
    ceiling = min(_reach(left), _reach(right))
    ours = {value for value in left if value <= ceiling}
    theirs = {value for value in right if value <= ceiling}
    shared = ours & theirs
    usual = [value for value in shared if value in common]
    rare_ours = len(ours) - len(usual) - sum(1 for value in ours - shared if value in common)
    rare_theirs = len(theirs) - len(usual) - sum(1 for value in theirs - shared if value in common)
    possible = min(len(ours), len(theirs))
    return Overlap(len(shared), possible, len(shared) - len(usual), min(rare_ours, rare_theirs))


def _reach(signature: tuple[int, ...]) -> int:
    """A sketch that is not full holds every run of its text, hence the whole range."""
    return signature[-1] if len(signature) >= SIGNATURE_SIZE else 0x7FFFFFFF


def common_runs(users: Iterable[tuple[object, tuple[int, ...]]], *, cars: int) -> dict[int, int]:
    """The runs that stand in the texts of at least `cars` different cars, with their number of cars.

    `users` are pairs of (which car, the sketch of its text).
    """
    seen: dict[int, object] = {}
    counted: dict[int, set[object]] = {}
    for car, signature in users:
        for value in signature:
            first = seen.setdefault(value, car)
            if first != car:
                counted.setdefault(value, {first}).add(car)
    return {value: len(who) for value, who in counted.items() if len(who) >= cars}
