"""The book of makes and models: a written name becomes a catalogue row, or waits for a person as an UnknownName."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.domain.cars import UnknownName
from app.domain.generations import GenerationBook, GenerationRow
from app.domain.name_index import (
    ADJECTIVES,
    LONGEST_NAME,
    NameIndex,
    is_sibling,
    of_family,
    own_length,
    tail_of,
    without_make,
    words_as_written,
)
from app.domain.spelling import Word, fold, is_russian, plain, sound, split_runs, words

__all__ = [
    "AliasRow", "CarName", "CatalogueRows", "Found", "GenerationRow", "MakeRow", "ModelRow", "NameBook", "fold",
]  # fmt: skip


class MakeRow(NamedTuple):
    id: int
    name: str


class ModelRow(NamedTuple):
    id: int
    make_id: int
    name: str


class AliasRow(NamedTuple):
    """`make_id` narrows the alias of a model; for a generation it is the id of its model; a make needs none."""

    kind: str  # make, model, generation
    make_id: int | None
    text: str
    target_id: int


class CatalogueRows(NamedTuple):
    makes: list[MakeRow]
    models: list[ModelRow]
    generations: list[GenerationRow]
    aliases: list[AliasRow]


class Found(NamedTuple):
    """`id` is None when the text is empty or, with `unknown`, when the book lacks it. `tail`: what follows the name."""

    id: int | None = None
    tail: str = ""
    unknown: UnknownName | None = None


class CarName(NamedTuple):
    make_id: int | None = None
    model_id: int | None = None
    tail: str = ""
    unknown: tuple[UnknownName, ...] = ()


NOTHING = Found()
_CACHED = 200_000  # spellings kept per book; titles differ without end, so the cache is emptied when full


class NameBook:
    """Built once from plain rows. Every spelling is worked out once and then remembered."""

    def __init__(
        self,
        makes: Iterable[Sequence[object]],
        models: Iterable[Sequence[object]],
        generations: Iterable[Sequence[object]] = (),
        aliases: Iterable[Sequence[object]] = (),
    ) -> None:
        self._makes = NameIndex()
        self._models: dict[int, NameIndex] = {}
        self._generations = GenerationBook(GenerationRow(*row) for row in generations)  # type: ignore[arg-type]
        for make in (MakeRow(*row) for row in makes):  # type: ignore[arg-type]
            self._makes.add(make.name, make.id, is_name=True)
            self._models[make.id] = NameIndex()
        for model in (ModelRow(*row) for row in models):  # type: ignore[arg-type]
            self._models[model.make_id].add(model.name, model.id, is_name=True)
        for alias in (AliasRow(*row) for row in aliases):  # type: ignore[arg-type]
            self._learn(alias)
        self._alone = self._models_known_alone()
        self._alone_heard = self._heard_alone()
        self._cached: dict[tuple[object, ...], object] = {}

    @classmethod
    def of(cls, rows: CatalogueRows) -> NameBook:
        return cls(rows.makes, rows.models, rows.generations, rows.aliases)

    def _learn(self, alias: AliasRow) -> None:
        if alias.kind == "make":
            self._makes.add(alias.text, alias.target_id)
        elif alias.kind == "model" and alias.make_id in self._models:
            self._models[alias.make_id].add(alias.text, alias.target_id)
        elif alias.kind == "generation" and alias.make_id is not None:
            self._generations.learn(alias.make_id, alias.text, alias.target_id)

    def _models_known_alone(self) -> dict[str, tuple[int, int]]:
        """Names that need no make: «Солярис», «Приора». Long enough, with letters, and of one make only."""
        owners: dict[str, tuple[int, int] | None] = {}
        for make_id, index in self._models.items():
            for key, model_id in index.ids.items():
                if len(key) >= 4 and not key.isdigit() and sum(c.isalpha() for c in key) >= 3:
                    owners[key] = None if key in owners else (make_id, model_id)
        return {key: owner for key, owner in owners.items() if owner}

    def _heard_alone(self) -> dict[str, tuple[int, int]]:
        """The same by their sound, for «Приора» where the book writes Priora; longer, because sounds meet sooner."""
        owners: dict[str, tuple[int, int] | None] = {}
        for key, owner in self._alone.items():
            said = sound(key) if key.isascii() and len(key) > 4 else ""
            if said:
                owners[said] = owner if owners.get(said, owner) == owner else None
        return {said: owner for said, owner in owners.items() if owner}

    # --- asked by recognition

    def car(self, make_text: str, model_text: str) -> CarName:
        """Make and model of two written fields."""
        key = (make_text, model_text)
        known = self._cached.get(key)
        if known is None:
            known = self._remember(key, self._car(make_text, model_text))
        return known  # type: ignore[return-value]

    def make(self, text: str) -> Found:
        key = ("make", text, "")
        known = self._cached.get(key)
        if known is None:
            known = self._remember(key, self._make(text))
        return known  # type: ignore[return-value]

    def model(self, make_id: int, text: str) -> Found:
        key = (make_id, text)
        known = self._cached.get(key)
        if known is None:
            known = self._remember(key, self._model(make_id, text))
        return known  # type: ignore[return-value]

    def generation(self, model_id: int, text: str, year: int | None = None) -> Found:
        """By its name where the text has one, by the year only where a single generation fits."""
        key = (model_id, text, year)
        known = self._cached.get(key)
        if known is None:
            target, is_unknown = self._generations.find(model_id, text, year)
            unknown = UnknownName("generation", text.strip(), str(model_id)) if is_unknown else None
            known = self._remember(key, Found(target, "", unknown))
        return known  # type: ignore[return-value]

    def generation_in_tail(self, model_id: int, tail: str, year: int | None = None) -> int | None:
        """The generation that a model's tail names («…, II (4K)»); an engine in the tail is no unknown name."""
        key = ("tail", model_id, tail, year)
        if key not in self._cached:
            self._remember(key, self._generations.find_in_tail(model_id, tail, year))
        return self._cached[key]  # type: ignore[return-value]

    def named_alone(self, text: str) -> CarName:
        """A model that is known without its make."""
        text = plain(text)
        found = words(text)
        for count in range(min(len(found), LONGEST_NAME), 0, -1):
            owner = self._alone.get("".join(word.text for word in found[:count]))
            if owner:
                return CarName(*owner, tail_of(text, found[count - 1].end))
        if found and is_russian(text[: found[0].end]):
            owner = self._alone_heard.get(sound(text[found[0].start : found[0].end]))
            if owner:
                return CarName(*owner, tail_of(text, found[0].end))
        return CarName()

    def make_at_start(self, text: str) -> tuple[int, int, str]:
        """(make id, how many words it took, what follows); zeros when the text does not begin with a make."""
        text = plain(text)
        found = words(text)
        target, count = self._makes.longest(found)
        return (target, count, text[found[count - 1].end :]) if target else (0, 0, text)

    # --- worked out once per spelling

    def _remember(self, key: tuple[object, ...], value: object) -> object:
        if len(self._cached) >= _CACHED:
            self._cached.clear()
        self._cached[key] = value
        return value

    def _car(self, make_text: str, model_text: str) -> CarName:
        make = self.make(make_text)
        if make.id is None:
            if not make_text.strip():
                return self._car_of_one_text(model_text)
            # «Great» + «Wall Hover H3»: a table that was cut at the first space.
            joined = self._car_of_one_text(f"{make_text} {model_text}")
            return joined if joined.make_id else CarName(unknown=(make.unknown,) if make.unknown else ())
        if not model_text.strip():
            model_text = make.tail
        model = self.model(make.id, model_text)
        if model.id is not None or not model_text.strip():
            return CarName(make.id, model.id, model.tail)
        other = self._car_of_one_text(model_text)
        if other.model_id is None and make.tail:
            other = self._car_of_one_text(f"{make_text} {model_text}")
        if other.model_id is not None and other.make_id != make.id:
            return other  # «Chery» + «Exeed TXL», «ВАЗ» + «ГАЗ 3110»: the model field names its own make.
        return CarName(make.id, None, model_text, (model.unknown,) if model.unknown else ())

    def _car_of_one_text(self, text: str) -> CarName:
        make_id, _, rest = self.make_at_start(text)
        if not make_id:
            return CarName()
        model = self._model(make_id, rest)
        return CarName(make_id, model.id, model.tail, (model.unknown,) if model.unknown else ())

    def _make(self, text: str) -> Found:
        text = plain(text)
        found = words(text)
        if not found:
            return NOTHING
        target, count = self._makes.longest(found)
        if target:
            return Found(target, tail_of(text, found[count - 1].end))
        heard = self._makes.heard(sound("".join(words_as_written(text)))) if is_russian(text) else None
        return Found(heard) if heard else Found(unknown=UnknownName("make", text.strip()))

    def _model(self, make_id: int, text: str) -> Found:
        text = plain(text)
        found = words(text)
        index = self._models.get(make_id)
        if not found or index is None:
            return NOTHING
        start = self._after_make(make_id, found)
        for reading in self._readings(found, start):
            target, count = index.longest(reading)
            if target and not is_sibling(index, target, reading, count):
                count = own_length(index, target, reading, count)
                return Found(of_family(index, target, reading, count), tail_of(text, reading[count - 1].end))
        heard = self._heard_model(index, text[found[start].start :]) if start < len(found) else NOTHING
        return heard if heard.id else Found(unknown=UnknownName("model", text.strip(" ,"), str(make_id)))

    def _after_make(self, make_id: int, found: list[Word]) -> int:
        """«LADA_2110», «(ВАЗ) 2107», «Mazda Mazda3»: the model field may begin with the make."""
        start = 0
        while start < len(found) - 1:
            target, count = self._makes.longest(found[start:-1])
            if target != make_id:
                return start
            start += count
        return start

    def _readings(self, found: list[Word], start: int) -> Iterable[list[Word]]:
        """As written, with and without the make; letters and digits apart; without «новый»; a long factory number."""
        own = self._makes.longest(found[start:])[0] == 0 or start == 0
        if start and own:
            yield found[start:]
        yield found
        if start:
            yield found[start:]
        apart = split_runs(found)
        if len(apart) > len(found):
            yield split_runs(found[start:])
            yield without_make(self._makes, apart)
        if found[start].text in ADJECTIVES:
            yield found[start + 1 :]
        first = found[start].text
        if first.isdigit() and len(first) > 4:
            for length in range(len(first) - 1, 3, -1):
                yield [Word(first[:length], found[start].start, found[start].end), *found[start + 1 :]]

    def _heard_model(self, index: NameIndex, text: str) -> Found:
        if not is_russian(text):
            return NOTHING
        said = [(sound(m), m) for m in words_as_written(text)]
        for count in range(min(len(said), LONGEST_NAME), 0, -1):
            target = index.heard("".join(s for s, _ in said[:count]))
            if target is not None:
                last = said[count - 1][1]
                return Found(target, tail_of(text, text.find(last) + len(last)))
        return NOTHING
