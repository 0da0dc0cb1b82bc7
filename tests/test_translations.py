"""Everything on the screen has a Russian text: what our code says, and what Flask-AppBuilder says without one."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import flask_appbuilder
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[1]
FAB = Path(flask_appbuilder.__file__).parent
OURS = ROOT / "translations" / "ru" / "LC_MESSAGES" / "messages.po"
WORDS: dict[str, Any] = {
    "_": None, "_l": None, "__": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2), "_n": (1, 2),
}  # fmt: skip


def said_in(folder: Path) -> set[Any]:
    found = extract_from_dir(
        folder,
        [("**.py", "python"), ("templates/**.html", "jinja2")],
        options_map={"templates/**.html": {"encoding": "utf-8"}},
        keywords=WORDS,
    )
    return {message for _file, _line, message, _comments, _context in found}


@cache
def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale="ru")


def key(message: Any) -> str:
    return message if isinstance(message, str) else message[0]


def is_translated(entry: Message | None) -> bool:
    if entry is None or entry.fuzzy or not entry.string:
        return False
    return isinstance(entry.string, str) or (len(entry.string) == 3 and all(entry.string))


def test_every_text_of_ours_has_a_russian_one() -> None:
    bare = sorted(
        key(message) for message in said_in(ROOT / "app") if not is_translated(catalogue(OURS).get(key(message)))
    )
    assert not bare, f"{len(bare)} without a translation: {bare[:20]}"


def test_texts_that_flask_appbuilder_leaves_in_english_are_ours_to_translate() -> None:
    theirs = catalogue(FAB / "translations" / "ru" / "LC_MESSAGES" / "messages.po")
    bare = [
        key(message)
        for message in said_in(FAB)
        if not is_translated(theirs.get(key(message))) and not is_translated(catalogue(OURS).get(key(message)))
    ]
    assert not bare, bare


def test_a_translation_names_the_same_things_as_its_original() -> None:
    def names(text: str) -> set[str]:
        return set(re.findall(r"%\(\w+\)\w", text))

    for entry in catalogue(OURS):
        if not entry.id:
            continue
        originals = (entry.id,) if isinstance(entry.id, str) else entry.id
        wanted = set().union(*map(names, originals))
        texts = (entry.string,) if isinstance(entry.string, str) else entry.string
        for text in texts:
            assert not text or names(text) == wanted, f"{entry.id!r} -> {text!r}"


def test_nothing_is_translated_to_latin_words_of_the_interface() -> None:
    """A text copied over untranslated is the commonest slip; names of products may stay."""
    slips = [entry.id for entry in catalogue(OURS) if entry.id and entry.string == entry.id and entry.id.islower()]
    assert not slips, slips
