"""Pieces of pages that many requests share: drawn once for what they depend on, then kept in this process's memory."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, TypeVar

from babel import Locale
from flask import Flask, current_app, g, render_template, request, session, url_for
from flask_babel import get_locale
from jinja2 import StrictUndefined
from markupsafe import Markup

# What belongs to one request: a template that asks for it fails at once.
_BARRED = {
    name: StrictUndefined(f"a kept piece must not ask for {name}")
    for name in ("csrf_token", "csp_nonce", "current_user", "request", "session", "g", "browser_phone")
}
T = TypeVar("T")
MOST = 4_000  # of one kind: names of a few hundred people, the addresses of all views
FRAMES = 500  # a page of 15 kB for each person who is at work


def install(app: Flask) -> None:
    app.extensions["prozvon_kept"] = {}
    app.jinja_env.globals.update(piece=piece, static=static, address=address)


def install_languages(app: Flask) -> None:
    """Babel takes a language's name apart at every request, but not one that is taken apart already."""
    babel = app.extensions["babel"]
    told, taken_apart = babel.locale_selector, lru_cache(maxsize=16)(Locale.parse)
    babel.locale_selector = lambda: (name := told()) and taken_apart(name)


def language() -> str:
    """Of this request's reader; asking Babel is dearer than looking it up."""
    if "language" not in g:
        locale = get_locale()
        g.language = locale.language if locale else "ru"
    return str(g.language)


def shelf(kind: str) -> dict[Hashable, Any]:
    """What is kept of this kind for this reader's language and this root of addresses. Whoever adds minds `MOST`."""
    here: Any = g._get_current_object()  # type: ignore[attr-defined]  # each word of a proxy has its price here
    shelves: dict[str, dict[Hashable, Any]] | None = here.get("shelves")
    if shelves is None:
        kept: dict[Any, dict[str, dict[Hashable, Any]]] = current_app.extensions["prozvon_kept"]
        shelves = here.shelves = kept.setdefault((language(), request.environ.get("SCRIPT_NAME", "")), {})
    found = shelves.get(kind)
    if found is None:
        found = shelves[kind] = {}
    return found


def keep(kind: str, key: Hashable, make: Callable[[], T], most: int = MOST) -> T:
    """What `make` says, asked once for this key."""
    own = shelf(kind)
    found: T | None = own.get(key)
    if found is None:
        found = make()
        if len(own) >= most:
            own.clear()
        own[key] = found
    return found


def piece(template: str, **facts: Any) -> Markup:
    """A template drawn from these facts and the words of the language alone, hence kept by them.

    It sees no person, no request and neither token nor nonce: a piece of one reader may be shown to another.
    """
    return keep(template, tuple(facts.values()), lambda: _draw(template, facts))


def _draw(template: str, facts: dict[str, Any]) -> Markup:
    return draw(template, {**_BARRED, "page_lang": language(), **facts})


def draw(template: str, facts: dict[str, Any]) -> Markup:
    """A part of a page from these facts alone, without what Flask puts into every page."""
    drawn = current_app.jinja_env.get_template(template).render(facts)
    return Markup(drawn)  # noqa: S704  the template has escaped what it prints


def frame(template: str, key: Hashable, facts: dict[str, Any], parts: dict[str, str]) -> str:
    return "".join(pieces(template, key, facts, parts))


def pieces(template: str, key: Hashable, facts: dict[str, Any], parts: dict[str, str]) -> list[str]:
    """A page of which everything but `parts`, the token and the nonce stays the same for `key`: these at odd places.

    The key has to name the person: the frame around every page does.
    """
    cut = keep("frame of " + template, key, lambda: _cut(template, facts, parts), FRAMES)
    filled = dict(parts)
    known: Any = current_app.jinja_env.globals
    for name in cut[1::2]:
        if name not in filled:
            filled[name] = _token(known[name]) if name == "csrf_token" else known[name]()
    return [filled[text] if n % 2 else text for n, text in enumerate(cut)]


def _token(make: Callable[[], str]) -> str:
    """The form token of this log-in, signed once: it does not grow old before the log-in does."""
    own = session.get("csrf_token")
    return keep("form tokens", own, make) if own else make()


def _cut(template: str, facts: dict[str, Any], parts: dict[str, str]) -> list[str]:
    """The page's text with the names of its holes at the odd places. No text of the database can hold a NUL."""
    holes = {name: Markup(f"\0{name}\0") for name in (*parts, "csrf_token", "csp_nonce")}  # noqa: S704  a name of ours
    asked = {name: (lambda hole=holes[name]: hole) for name in ("csrf_token", "csp_nonce")}
    return render_template(template, **{**facts, **holes, **asked}).split("\0")


def address(endpoint: str, **values: Any) -> str:
    """url_for() for addresses without a person's own numbers in them."""
    return keep("addresses", (endpoint, tuple(values.items())), lambda: url_for(endpoint, **values))


def static(filename: str) -> str:
    return address("static", filename=filename)
