"""How much of the written car the product recognises, on the shared files of adverts, feeds and pages.

Run: python -m bench.recognition [data folder]. Nothing of the data is kept; only counts and misses leave this module.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.domain.ads import AdData
from app.domain.cars import KnownAd
from app.domain.names import CatalogueRows, NameBook, fold
from app.domain.places import Atlas
from app.domain.recognition import recognise
from app.domain.spelling import plain, words
from app.domain.titles import car_in
from app.seeds import load_seed
from app.seeds.importers import read_catalogue_file
from app.seeds.places import load_places
from bench.recognition_data import read_files

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
CATALOGUES = (
    "catalogs/carsbase_cars.json.gz",
    "catalogs/bethazari_autoru_models.json",
    "catalogs/k4mas_marks_models.xml",
)
ENOUGH = 0.98
WORDS = ("body", "fuel", "gearbox", "drive", "wheel", "color")
LONGEST = 6  # words of a name


@dataclass
class Counted:
    """Of one file. `named`: rows that tell a make and model, in fields or in the title.

    `contradictory` rows are left out of `named`: their model field names nothing but another make.
    """

    rows: int = 0
    named: int = 0
    contradictory: int = 0
    right: int = 0
    generations_written: int = 0
    generations: int = 0
    seconds: float = 0.0
    written: Counter[str] = field(default_factory=Counter)
    read: Counter[str] = field(default_factory=Counter)
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed_words: Counter[tuple[str, str]] = field(default_factory=Counter)

    def shares(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "rows": self.rows,
            "contradictory": self.contradictory,
            "make_model": share(self.right, self.named),
            "generation_of_written": share(self.generations, self.generations_written),
            "ads_per_s": round(self.rows / self.seconds) if self.seconds else 0,
            "missed": self.missed.most_common(10),
            "missed_words": self.missed_words.most_common(10),
        }
        told |= {word: share(self.read[word], self.written[word]) for word in WORDS if self.written[word]}
        return told


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


class Reference:
    """Names of catalogues that are not ours. They tell when we cut a longer name short: «Rio X-Line» taken for Rio."""

    def __init__(self, data: Path, rows: CatalogueRows, names: NameBook) -> None:
        self._theirs: set[tuple[int, str]] = set()
        self._ours = {(model.make_id, fold(model.name)): model.id for model in rows.models}
        for alias in rows.aliases:
            if alias.kind == "model" and alias.make_id is not None:
                self._ours.setdefault((alias.make_id, fold(alias.text)), alias.target_id)
        for path in CATALOGUES:
            for entry in read_catalogue_file((data / path).read_bytes()):
                make = names.make(entry.make).id
                if make and entry.model:
                    self._theirs.add((make, fold(entry.model)))

    def agrees(self, make_id: int, model_id: int, written: str) -> bool:
        """False when the words begin with a name of the reference that is longer than ours and is not ours too."""
        found = [word.text for word in words(plain(written))]
        for start in range(min(2, len(found))):
            for end in range(min(len(found), start + LONGEST), start, -1):
                key = (make_id, "".join(found[start:end]))
                if key in self._ours:
                    # A family word later in the text («GLC 300 Coupe») may refine what stands here.
                    return self._ours[key] == model_id or "coupe" in found or "amg" in found or "grand" in found
                if key in self._theirs:
                    return False
        return True


def evaluate(data_dir: Path | str = DATA) -> dict[str, dict[str, Any]]:
    """Per file: the share of adverts whose make and model are recognised and agree with what is written."""
    data = Path(data_dir)
    rows = load_seed()
    names, atlas = NameBook.of(rows), load_places()
    reference = Reference(data, rows, names)
    return {name: _count(ads, names, atlas, reference).shares() for name, ads in read_files(data)}


def _count(ads: Iterable[AdData], names: NameBook, atlas: Atlas, reference: Reference) -> Counted:
    counted = Counted()
    all_ads = list(ads)
    started = time.perf_counter()
    known = [recognise(ad, names, atlas) for ad in all_ads]
    counted.seconds = time.perf_counter() - started
    for ad, one in zip(all_ads, known, strict=True):
        _count_one(ad, one, counted, names, reference)
    return counted


def _count_one(ad: AdData, one: KnownAd, counted: Counted, names: NameBook, reference: Reference) -> None:
    counted.rows += 1
    written_name = f"{ad.make} {ad.model}".strip() or ad.title
    if one.model_id is None and _is_contradictory(ad, names):
        counted.contradictory += 1
    elif written_name:
        counted.named += 1
        if _is_right(ad, one, names, reference):
            counted.right += 1
        else:
            counted.missed[(ad.make, ad.model or ad.title)] += 1
    if ad.generation:
        counted.generations_written += 1
        counted.generations += one.generation_id is not None
    for word in WORDS:
        if text := getattr(ad, word).strip():
            counted.written[word] += 1
            if getattr(one, word) is None:
                counted.missed_words[(word, text)] += 1
            else:
                counted.read[word] += 1


def _is_contradictory(ad: AdData, names: NameBook) -> bool:
    """«Audi» + «ТАЙОТА»: no reading of such a row is right."""
    make, model = names.make(ad.make), names.make(ad.model)
    return bool(ad.make and make.id and model.id and model.id != make.id and not model.tail and not ad.title)


def _is_right(ad: AdData, one: KnownAd, names: NameBook, reference: Reference) -> bool:
    if one.make_id is None or one.model_id is None:
        return False
    told = names.make(ad.make).id if ad.make else None
    if told is not None and told != one.make_id:
        return car_in(ad.model, names).make_id == one.make_id  # the model field names a make of its own
    written = ad.model or _after_make(ad.title, one.make_id, names)
    return written is not None and reference.agrees(one.make_id, one.model_id, written)


def _after_make(title: str, make_id: int, names: NameBook) -> str | None:
    """What a title says after the make, which stands among its first words; None when it does not stand there."""
    for start in [0, *(word.end for word in words(title)[:2])]:
        make, _, rest = names.make_at_start(title[start:])
        if make == make_id:
            return rest
    return None


def main() -> None:
    figures = evaluate(sys.argv[1] if len(sys.argv) > 1 else DATA)
    for name, shares in figures.items():
        mark = "" if (shares["make_model"] or 0) >= ENOUGH else "   <-- below"
        print(f"{name}: {shares}{mark}")


if __name__ == "__main__":
    main()
