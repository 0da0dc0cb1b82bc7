"""Which row of the books a catalogue file means: what people and the seed have named stays, the rest is new."""

from __future__ import annotations

import re

from app.domain.names import CatalogueRows, NameBook
from app.domain.spelling import fold

LONGEST = 100  # letters of a name, as in the forms of the admin
FIRST_YEAR, LAST_YEAR = 1885, 2100
_PARTS = re.compile(r"[()/,]")
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ufffd]")


def fault(make: str, model: str, generation: str, modification: str, years: tuple[int | None, int | None]) -> str:
    """Why a line of a catalogue is of no use, as a code; empty when it is."""
    if not fold(make):
        return "no_make"
    if (generation or modification) and not fold(model):
        return "no_model"
    for name in (make, model, generation, modification):
        if len(name) > LONGEST:
            return "name_long"
        if _UNPRINTABLE.search(name) or (name and not fold(name)):
            return "name_unreadable"
    since, until = years
    if any(year is not None and not FIRST_YEAR <= year <= LAST_YEAR for year in years):
        return "year_impossible"
    return "years_reversed" if since and until and since > until else ""


class KnownNames:
    """The names of the books by their folded spelling; grows with what is added."""

    def __init__(self, rows: CatalogueRows) -> None:
        self.book = NameBook.of(rows)
        self.makes: dict[str, int] = {}
        self.models: dict[tuple[int, str], int] = {}
        self.generations: dict[tuple[int, str], int] = {
            (row.model_id, fold(row.name)): row.id for row in rows.generations
        }
        self._years: dict[int, list[tuple[int, int]]] = {}
        for row in rows.generations:
            if row.year_from or row.year_to:
                self._years.setdefault(row.model_id, []).append((row.year_from or FIRST_YEAR, row.year_to or LAST_YEAR))
        for make in rows.makes:
            self.makes.setdefault(fold(make.name), make.id)
        for model in rows.models:
            self.models.setdefault((model.make_id, fold(model.name)), model.id)
        for alias in rows.aliases:  # a name is never overruled by an alias
            if alias.kind == "make":
                self.makes.setdefault(fold(alias.text), alias.target_id)
            elif alias.kind == "model" and alias.make_id is not None:
                self.models.setdefault((alias.make_id, fold(alias.text)), alias.target_id)

    def make(self, text: str, also: tuple[str, ...] = ()) -> int | None:
        """By its name, by the parts of «Lada (ВАЗ)» when they agree, or by what else the file calls it."""
        found = self.makes.get(fold(text))
        if found is None:
            parts = {self.makes.get(fold(part)) for part in _PARTS.split(text) if fold(part)}
            found = parts.pop() if len(parts) == 1 else None
        if found is None:
            others = {self.makes[fold(name)] for name in also if fold(name) in self.makes}
            found = others.pop() if len(others) == 1 else None
        return found

    def model(self, make_id: int, text: str) -> int | None:
        """A name that is read as a model to its last letter today goes on meaning that model."""
        known = self.models.get((make_id, fold(text)))
        if known is not None:
            return known
        read = self.book.model(make_id, text)
        return read.id if not read.tail else None

    def generation(self, model_id: int, text: str, years: tuple[int | None, int | None]) -> int | None:
        """«C4» is «IV (C4)» of the books: two rows of one generation would make every year of it doubtful."""
        known = self.generations.get((model_id, fold(text)))
        if known is not None:
            return known
        written = f"{text} ({years[0]}—{years[1] or 'н.в.'})" if years[0] else text
        return self.book.generation(model_id, written).id

    def overlaps(self, model_id: int, years: tuple[int | None, int | None]) -> bool:
        """Another generation of the books was built in these years; then a year would tell neither of the two."""
        if years[0] is None:
            return False
        since, until = years[0], years[1] or LAST_YEAR
        return any(max(since, other[0]) < min(until, other[1]) for other in self._years.get(model_id, ()))
