"""Our own first books, typed by hand: makes, models, generations and their spellings. The format is in README.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from app.domain.names import AliasRow, CatalogueRows, GenerationRow, MakeRow, ModelRow, fold

_FOLDER = Path(__file__).parent / "catalogue"
_MAKE = re.compile(r"\[([^\]]+)\]\s*(.*)")
_YEARS = re.compile(r"(?P<name>.*?)\s*(?P<since>\d{4})-(?P<until>\d{4})?$")


def load_seed(folder: Path = _FOLDER) -> CatalogueRows:
    """Plain rows with ids of their own, counted in the order of the files."""
    files = sorted(folder.glob("*.txt"))
    return read_catalogue(line for path in files for line in path.read_text("utf-8").splitlines())


def read_catalogue(lines: Iterator[str]) -> CatalogueRows:
    return _Reader().read(lines)


class _Reader:
    """Gathers rows; a name or spelling that came before in the same place is not repeated."""

    def __init__(self) -> None:
        self.rows = CatalogueRows([], [], [], [])
        self._seen: set[tuple[str, int | None, str]] = set()

    def read(self, lines: Iterator[str]) -> CatalogueRows:
        entries: list[tuple[ModelRow, list[str]]] = []
        for line in lines:
            line = line.strip()
            if not line or line.startswith("#"):
                continue
            if make := _MAKE.match(line):
                self._make(make[1].strip(), _listed(make[2]))
            else:
                entries += [self._model(entry) for entry in line.split(" | ") if entry.strip(" |")]
        # A model's own name beats another model's alias, wherever they stand, so the aliases come last.
        for model, aliases in entries:
            for text in aliases:
                self._alias("model", model.make_id, text, model.id)
        return self.rows

    def _make(self, name: str, aliases: list[str]) -> None:
        make = MakeRow(len(self.rows.makes) + 1, name)
        self.rows.makes.append(make)
        self._seen.add(("make", None, fold(name)))
        for text in aliases:
            self._alias("make", None, text, make.id)

    def _model(self, entry: str) -> tuple[ModelRow, list[str]]:
        head, _, generations = entry.strip(" |").partition(" : ")
        name, _, aliases = head.partition(" =")
        make_id = self.rows.makes[-1].id
        model = ModelRow(len(self.rows.models) + 1, make_id, name.strip())
        if ("model", make_id, fold(model.name)) in self._seen:
            raise ValueError(f"{self.rows.makes[-1].name}: {model.name!r} stands twice")
        self._seen.add(("model", make_id, fold(model.name)))
        self.rows.models.append(model)
        for text in _listed(generations):
            self._generation(model.id, text)
        return model, _listed(aliases)

    def _generation(self, model_id: int, text: str) -> None:
        match = _YEARS.match(text)
        if match is None:
            raise ValueError(f"a generation ends with its years: {text!r}")
        until = int(match["until"]) if match["until"] else None
        self.rows.generations.append(
            GenerationRow(len(self.rows.generations) + 1, model_id, match["name"], int(match["since"]), until)
        )

    def _alias(self, kind: str, make_id: int | None, text: str, target_id: int) -> None:
        key = (kind, make_id, fold(text))
        if key[2] and key not in self._seen:
            self._seen.add(key)
            self.rows.aliases.append(AliasRow(kind, make_id, text, target_id))


def _listed(text: str) -> list[str]:
    return [part for part in (piece.strip() for piece in text.split(",")) if part]
