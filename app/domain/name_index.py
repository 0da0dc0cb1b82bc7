"""Names of one kind under their folded spelling, and how a name is told from the words that follow it."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.spelling import Word, fold, sound, words

LONGEST_NAME = 7  # words
_HEARD_MIN = 4  # shorter names sound alike too easily, unless they have digits: «Г3», «Д60»
# These words of the tail make another model of the same family: «GLC 300 Coupe», «E 400 AMG».
_FAMILY = {"coupe": "coupe", "купе": "coupe", "amg": "amg", "амг": "amg", "opc": "opc", "опс": "opc"}
_FAMILY_WORDS = {fold(word): same for word, same in _FAMILY.items()}
ADJECTIVES = frozenset(map(fold, ("new", "новый", "новая", "новое", "the", "модель", "автомобиль", "марка")))


class NameIndex:
    """The names of one kind (all makes, or the models of one make), by their folded text and by their sound."""

    __slots__ = ("_heard", "ids", "own")

    def __init__(self) -> None:
        self.ids: dict[str, int] = {}
        self.own: dict[int, str] = {}  # the folded catalogue name of an id
        self._heard: dict[str, int | None] | None = None

    def add(self, text: str, target: int, *, is_name: bool = False) -> None:
        """A catalogue name is never overruled; of aliases the later wins, because people map after we shipped."""
        key = fold(text)
        if not key:
            return
        if is_name:
            self.own.setdefault(target, key)
        if is_name or self.own.get(self.ids.get(key, 0)) != key:
            self.ids[key] = target
        self._heard = None

    def heard(self, key: str) -> int | None:
        if self._heard is None:
            self._heard = {}
            for name, target in self.ids.items():
                said = sound(name) if name.isascii() else ""
                if len(said) >= (_HEARD_MIN if said.isalpha() else 2):
                    self._heard[said] = target if self._heard.get(said, target) == target else None
        return self._heard.get(key)

    def longest(self, found: Sequence[Word]) -> tuple[int, int]:
        """(id, how many words it took); the longest run of first words that is a name. (0, 0) when there is none."""
        ids = self.ids
        key = "".join([word.text for word in found[:LONGEST_NAME]])
        for count in range(min(len(found), LONGEST_NAME), 0, -1):
            target = ids.get(key)
            if target is not None:
                return target, count
            key = key[: -len(found[count - 1].text)]
        return 0, 0


def tail_of(text: str, start: int) -> str:
    return text[start:].lstrip(' ,.)»"-_').rstrip(" ,")


def words_as_written(text: str) -> list[str]:
    return [text[word.start : word.end] for word in words(text)]


def without_make(makes: NameIndex, found: list[Word]) -> list[Word]:
    target, count = makes.longest(found[:-1])
    return found[count:] if target else found


def is_sibling(index: NameIndex, target: int, found: Sequence[Word], count: int) -> bool:
    """«Tiggo 12» is no Tiggo while the book knows Tiggo 7 and Tiggo 8 as models of their own: a person shall see it."""
    if count >= len(found) or not (found[count].text.isdigit() and len(found[count].text) <= 2):
        return False
    base = "".join(word.text for word in found[:count])
    return any(
        name.startswith(base) and name[len(base) :].isdigit() and other != target for other, name in index.own.items()
    )


def own_length(index: NameIndex, target: int, found: Sequence[Word], count: int) -> int:
    """«Astra J» and «Prado 150» are spellings of Astra and Prado; what the spelling adds names the generation."""
    name = index.own.get(target, "")
    for fewer in range(1, count):
        if "".join(word.text for word in found[:fewer]) == name:
            return fewer
    return count


def of_family(index: NameIndex, target: int, found: Sequence[Word], count: int) -> int:
    name = index.own.get(target, "")
    for word in found[count:]:
        extra = _FAMILY_WORDS.get(word.text)
        if extra:
            target = index.ids.get(name + extra, target)
            name = index.own.get(target, name)
        elif word.text == "grand":  # «Scenic Grand» of some sites
            target = index.ids.get(word.text + name, target)
    return target
