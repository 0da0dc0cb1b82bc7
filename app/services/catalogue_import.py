"""A catalogue file joins the books: what is missing is added, what people have named stays as it is."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.domain.catalogue_names import KnownNames, fault
from app.domain.names import NameBook
from app.domain.spelling import fold
from app.errors import Refused
from app.seeds.importers import CatalogueEntry
from app.services import books, catalogue_writing, revisions
from app.services.audit import note_event
from app.services.catalogue_writing import NewGeneration, NewModification, Spelling

SHOWN = 20  # rejected rows told word for word


@dataclass(slots=True)
class Grown:
    """What a catalogue file has brought."""

    makes_new: int = 0
    models_new: int = 0
    generations_new: int = 0
    modifications_new: int = 0
    aliases_new: int = 0
    years_filled: int = 0  # of generations that had none
    names_resolved: int = 0  # that waited for a person and are known now
    unchanged: int = 0
    rejected: int = 0
    rejected_reasons: dict[str, int] = field(default_factory=dict)
    rejected_rows: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0

    def reject(self, code: str, entry: CatalogueEntry) -> None:
        self.rejected += 1
        self.rejected_reasons[code] = self.rejected_reasons.get(code, 0) + 1
        if len(self.rejected_rows) < SHOWN:
            names = {name: getattr(entry, name)[:100] for name in ("make", "model", "generation", "modification")}
            self.rejected_rows.append({"reason": code} | {name: value for name, value in names.items() if value})

    @property
    def has_new(self) -> bool:
        return any((self.makes_new, self.models_new, self.generations_new, self.modifications_new, self.aliases_new,
                    self.years_filled))  # fmt: skip


def import_catalogue(
    session: Session, entries: Iterable[CatalogueEntry], now: datetime, *, file_name: str = "", dry_run: bool = False,
    actor_id: int | None = None, actor: str = "command",
) -> Grown:  # fmt: skip
    """All of its good rows in one transaction; a second run changes nothing."""
    started = time.perf_counter()
    step = session.begin_nested()
    # Two files at once would each miss what the other adds.
    session.execute(text("LOCK TABLE make, car_model, generation, modification IN SHARE ROW EXCLUSIVE MODE"))
    grown = _Growing(session, now).grow(entries)
    if dry_run:
        step.rollback()
    else:
        if grown.has_new:
            revisions.raise_it(session, "names")
        told = {name: n for name in Grown.__slots__ if name.endswith("_new") and (n := getattr(grown, name))}
        note_event(session, "catalogue_imported", actor_id=actor_id, actor=actor, subject="make",
                   file_name=file_name[:200], rejected=grown.rejected, **told)  # fmt: skip
        step.commit()
    grown.seconds = round(time.perf_counter() - started, 2)
    return grown


class _Growing:
    """Level by level, because a row needs the id of the row above it."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session, self.now = session, now
        self.known = KnownNames(books.rows_of(session))
        self.done = Grown()
        self.makes: dict[str, int] = {}  # as written in the file
        self.models: dict[tuple[str, str], int] = {}
        self.generations: dict[tuple[str, str, str], int] = {}

    def grow(self, entries: Iterable[CatalogueEntry]) -> Grown:
        good = self._judged(entries)
        if not good:
            raise Refused("catalogue_empty", n=self.done.rejected)
        self._makes(good)
        self._models(good)
        self._generations(good)
        self._modifications(good)
        self._aliases(good)
        if self.done.has_new:
            self.done.names_resolved = self._resolve_waiting()
        return self.done

    def _judged(self, entries: Iterable[CatalogueEntry]) -> list[CatalogueEntry]:
        good = []
        for entry in entries:
            years = (entry.year_from, entry.year_to)
            if code := fault(entry.make, entry.model, entry.generation, entry.modification, years):
                self.done.reject(code, entry)
            else:
                good.append(entry)
        return good

    def _makes(self, entries: list[CatalogueEntry]) -> None:
        also: dict[str, tuple[str, ...]] = {}
        for entry in entries:
            also[entry.make] = also.get(entry.make) or entry.make_aliases
        new: dict[str, str] = {}
        for name, others in also.items():
            known = self.known.make(name, others)
            if known is None:
                new.setdefault(fold(name), name)
            else:
                self.makes[name] = known
        added = catalogue_writing.add_makes(self.session, list(new.values()))
        self.known.makes.update({fold(name): row_id for name, row_id in added.items()})
        self.makes.update({name: self.known.makes[fold(name)] for name in also if name not in self.makes})
        self.done.makes_new += len(added)
        self.done.unchanged += len(also) - len(added)

    def _models(self, entries: list[CatalogueEntry]) -> None:
        written = dict.fromkeys((entry.make, entry.model) for entry in entries if entry.model)
        new: dict[tuple[int, str], str] = {}
        for make, name in written:
            known = self.known.model(self.makes[make], name)
            if known is None:
                new.setdefault((self.makes[make], fold(name)), name)
            else:
                self.models[make, name] = known
        added = catalogue_writing.add_models(self.session, [(key[0], name) for key, name in new.items()])
        self.known.models.update({(make_id, fold(name)): row_id for (make_id, name), row_id in added.items()})
        for make, name in written:
            self.models.setdefault((make, name), self.known.models.get((self.makes[make], fold(name)), 0))
        self.done.models_new += len(added)
        self.done.unchanged += len(written) - len(added)

    def _generations(self, entries: list[CatalogueEntry]) -> None:
        new: dict[tuple[int, str], NewGeneration] = {}
        years_of_known: dict[int, NewGeneration] = {}
        for entry in (one for one in entries if one.generation and not one.modification):
            self._generation(entry, new, years_of_known)
        # A catalogue may name a generation only beside its modifications, and those have years of their own.
        for entry in (one for one in entries if one.generation and one.modification):
            self._generation(entry._replace(year_from=None, year_to=None), new, years_of_known)
        added = catalogue_writing.add_generations(self.session, list(new.values()))
        self.known.generations.update({(model_id, fold(name)): one for (model_id, name), one in added.items()})
        for make, model, name in list(self.generations):
            if not self.generations[make, model, name]:
                self.generations[make, model, name] = self.known.generations[self.models[make, model], fold(name)]
        self.done.generations_new += len(added)
        self.done.years_filled += catalogue_writing.fill_years(self.session, years_of_known)

    def _generation(
        self, entry: CatalogueEntry, new: dict[tuple[int, str], NewGeneration], years: dict[int, NewGeneration]
    ) -> None:
        where = (entry.make, entry.model, entry.generation)
        row = NewGeneration(self.models[where[:2]], entry.generation, entry.year_from, entry.year_to)
        key = (row.model_id, fold(row.name))
        if key in new:  # its years were told before, or are told only now
            if row.year_from and new[key].year_from and row[2:] != new[key][2:]:
                self.done.reject("generation_of_other_years", entry)
            elif row.year_from:
                new[key] = new[key]._replace(year_from=row.year_from, year_to=row.year_to)
            self.generations.setdefault(where, 0)
            return
        known = self.known.generation(row.model_id, row.name, (row.year_from, row.year_to))
        if known is None and self.known.overlaps(row.model_id, (row.year_from, row.year_to)):
            self.done.reject("generation_overlaps", entry)
            return
        if known is None:
            new[key] = row
        else:
            if row.year_from:
                years.setdefault(known, row)
            self.done.unchanged += where not in self.generations
        self.generations.setdefault(where, known or 0)

    def _modifications(self, entries: list[CatalogueEntry]) -> None:
        new: dict[tuple[int, str], NewModification] = {}
        for entry in (one for one in entries if one.modification):
            target = self.generations.get((entry.make, entry.model, entry.generation))
            if not target:
                self.done.reject("modification_without_generation", entry)
            else:
                new.setdefault((target, entry.modification), catalogue_writing.modification_of(target, entry))
        n = catalogue_writing.add_modifications(self.session, list(new.values()))
        self.done.modifications_new += n
        self.done.unchanged += len(new) - n

    # --- spellings

    def _aliases(self, entries: list[CatalogueEntry]) -> None:
        asked: dict[Spelling, set[int]] = {}
        for entry in entries:
            make_id = self.makes[entry.make]
            for name in (entry.make, *entry.make_aliases):
                asked.setdefault(Spelling("make", "", fold(name)[:200], name[:200]), set()).add(make_id)
            for name in entry.model_aliases if entry.model else ():
                spelling = Spelling("model", str(make_id), fold(name)[:200], name[:200])
                asked.setdefault(spelling, set()).add(self.models[entry.make, entry.model])
        targets: dict[tuple[str, str, str], set[int]] = {}
        for spelling, ids in asked.items():
            targets.setdefault(spelling[:3], set()).update(ids)
        # A spelling that the file gives to two is nobody's.
        wanted = {one: ids for one, ids in asked.items() if one.folded and len(targets[one[:3]]) == 1}
        new = {one[:3]: (one, next(iter(ids))) for one, ids in wanted.items() if not self._is_known(one)}
        n = catalogue_writing.add_spellings(self.session, list(new.values()), self.now)
        self.done.aliases_new += n
        self.done.unchanged += len(wanted) - n

    def _is_known(self, spelling: Spelling) -> bool:
        """As it is written: what is only heard today may be heard otherwise when the books have grown."""
        if spelling.kind == "make":
            return spelling.folded in self.known.makes
        return (int(spelling.context), spelling.folded) in self.known.models

    def _resolve_waiting(self) -> int:
        """What the books can read by now waits for nobody."""
        book = NameBook.of(books.rows_of(self.session))
        rows = self.session.execute(
            text("""
            SELECT id, kind, context, text FROM name_alias
            WHERE target_id IS NULL AND NOT is_ignored AND kind IN ('make', 'model') FOR UPDATE
            """)
        ).all()
        found = [row.id for row in rows if _reads(book, row)]
        self.session.execute(text("DELETE FROM name_alias WHERE id = ANY(:ids)"), {"ids": found})
        return len(found)


def _reads(book: NameBook, row: Any) -> bool:
    if row.kind == "make":
        return book.make(row.text).id is not None
    return row.context.isdigit() and book.model(int(row.context), row.text).id is not None
