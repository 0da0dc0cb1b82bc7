"""The frame around every page: left menu by rights, icons, theme; what all templates may use without importing it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from flask import Flask, current_app, g, request, url_for
from flask_login import current_user
from markupsafe import Markup

from app import formats, generated_pages, kept, widgets
from app.kept import language

# The order of the groups on the left; a group not named here comes before the settings.
GROUPS = ("Work", "Control", "Reports", "Directories", "Settings", "Security")
# Flask-AppBuilder names its own entries by Font Awesome; ours are Tabler names already.
ICONS = {
    "fa-user": "user", "fa-users": "users", "fa-user-gear": "shield", "fa-group": "users-group", "fa-cogs": "settings",
    "fa-lock": "lock", "fa-bar-chart-o": "chart-bar", "fa-edit": "edit", "fa-copy": "copy", "fa-rocket": "check",
    "fa-trash": "trash", "fa-unlock": "lock", "fa-user-plus": "user",
}  # fmt: skip
HIDDEN = {"-"}


class Item(NamedTuple):
    label: str
    url: str
    icon: str


class Group(NamedTuple):
    name: str
    label: str
    is_folder: bool
    items: tuple[Item, ...]


def install(app: Flask) -> None:
    """Before Flask-AppBuilder starts: its forms are built from the fields that `widgets` puts in."""
    widgets.install(app)
    formats.install(app)
    generated_pages.install(app)
    kept.install(app)
    app.jinja_env.globals.update(icon=icon, menu=menu, account=account)
    app.context_processor(lambda: {"appbuilder": app.extensions.get("appbuilder"), "page_lang": language()})


def icon(name: str, text: str = "", css: str = "") -> Markup:
    """An icon of the sprite. Decoration unless it has a text, which then names it to those who cannot see it."""
    drawn, sprite = _sprite()
    name = ICONS.get(name, name.removeprefix("fa-"))
    return _svg(name if drawn is None or name in drawn else "point", text, css, sprite)


@lru_cache(maxsize=2_000)
def _svg(name: str, text: str, css: str, sprite: str) -> Markup:
    label = Markup('role="img" aria-label="{}"').format(text) if text else Markup('aria-hidden="true"')
    return Markup('<svg class="icon {}" {}><use href="{}#{}"/></svg>').format(css, label, sprite, name)


def _sprite() -> tuple[frozenset[str] | None, str]:
    """(names that are drawn, None when there is no sprite yet; its address): looked up once a request."""
    if "sprite" not in g:
        file = Path(str(current_app.static_folder)) / "vendor" / "icons.svg"
        drawn = _drawn(file, file.stat().st_mtime) if file.is_file() else None
        g.sprite = drawn, url_for("static", filename="vendor/icons.svg")
    found: tuple[frozenset[str] | None, str] = g.sprite
    return found


@lru_cache(maxsize=2)
def _drawn(sprite: Path, changed: float) -> frozenset[str]:
    """The icons that the sprite has: a name that is not there would leave a hole in the menu."""
    return frozenset(re.findall(r'<symbol id="([^"]+)"', sprite.read_text(encoding="utf-8")))


def menu() -> Markup | str:
    """The menu of this person with this page marked; empty before the log-in."""
    user = current_user._get_current_object()
    if not user.is_authenticated:
        return ""
    rights = getattr(user, "rights", None)
    groups = _groups() if rights is None else kept.keep("menu", rights, _groups)
    return kept.piece("_menu.html", menu_tree=groups, current=_current(groups, request.path)) if groups else ""


def account() -> Markup:
    """Who is logged in and what belongs to the account."""
    user = current_user._get_current_object()
    roles = tuple(str(role) for role in user.roles)
    return kept.piece("_account.html", first=user.first_name or "", last=user.last_name or "", roles=roles)


def _groups() -> tuple[Group, ...]:
    """Only what this person may open, in the words of the reader."""
    groups: list[Group] = []
    for entry in current_app.extensions["appbuilder"].menu.get_data():
        if entry == "-":
            continue
        entries = [e for e in entry.get("childs", [entry]) if e != "-" and e["name"] not in HIDDEN]
        items = tuple(Item(str(e["label"]), e["url"], ICONS.get(e["icon"], e["icon"]) or "point") for e in entries)
        if items:
            groups.append(Group(entry["name"], str(entry["label"]), "childs" in entry, items))
    return tuple(sorted(groups, key=lambda group: _place(group.name)))


def _place(name: str) -> int:
    return GROUPS.index(name) if name in GROUPS else GROUPS.index("Settings")


def _current(groups: tuple[Group, ...], here: str) -> str:
    """The entry whose address, or whose view's folder, is the longest beginning of this page's address."""
    best, found = 0, ""
    for item in (item for group in groups for item in group.items):
        path = item.url.partition("?")[0]
        # /users/list/ also stands for /users/show/7.
        folder = path.removesuffix("list/")
        fits = here == path or (len(folder) > 1 and folder.endswith("/") and here.startswith(folder))
        rank = len(path) + 1000 * (here == path) if fits else 0
        if rank > best:
            best, found = rank, item.url
    return found
