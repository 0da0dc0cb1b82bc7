"""The frame around every page: left menu by rights, icons, theme; what all templates may use without importing it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import get_locale
from flask_login import current_user
from markupsafe import Markup

from app import formats, generated_pages, widgets

# The order of the groups on the left; a group not named here comes before the settings.
GROUPS = ("Work", "Control", "Reports", "Directories", "Settings", "Security")
# Flask-AppBuilder names its own entries by Font Awesome; ours are Tabler names already.
ICONS = {
    "fa-user": "user", "fa-users": "users", "fa-user-gear": "shield", "fa-group": "users-group", "fa-cogs": "settings",
    "fa-lock": "lock", "fa-bar-chart-o": "chart-bar", "fa-edit": "edit", "fa-copy": "copy", "fa-rocket": "check",
    "fa-trash": "trash", "fa-unlock": "lock", "fa-user-plus": "user",
}  # fmt: skip
HIDDEN = {"-"}


def install(app: Flask) -> None:
    """Before Flask-AppBuilder starts: its forms are built from the fields that `widgets` puts in."""
    widgets.install(app)
    formats.install(app)
    generated_pages.install(app)
    app.jinja_env.globals.update(icon=icon, menu_groups=menu_groups)
    app.context_processor(lambda: {"appbuilder": app.extensions.get("appbuilder"), "page_lang": page_lang()})


def page_lang() -> str:
    locale = get_locale()
    return locale.language if locale else "ru"


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


def menu_groups() -> list[dict[str, Any]]:
    """[{name, label, icon, items: [{label, url, icon, current}], current}]: only what this person may open."""
    if not current_user.is_authenticated:
        return []
    groups: list[dict[str, Any]] = []
    for entry in current_app.extensions["appbuilder"].menu.get_data():
        if entry == "-":
            continue
        items = [item for item in entry.get("childs", [entry]) if item != "-" and item["name"] not in HIDDEN]
        items = [{**item, "icon": ICONS.get(item["icon"], item["icon"]) or "point"} for item in items]
        if items:
            groups.append({**entry, "items": items})
    _mark_current([item for group in groups for item in group["items"]])
    for group in groups:
        group["current"] = any(item["current"] for item in group["items"])
    return sorted(groups, key=lambda group: _place(group["name"]))


def _place(name: str) -> int:
    return GROUPS.index(name) if name in GROUPS else GROUPS.index("Settings")


def _mark_current(items: list[dict[str, Any]]) -> None:
    """The entry whose address, or whose view's folder, is the longest beginning of this page's address."""
    here = request.path
    best = 0
    for item in items:
        path = item["url"].partition("?")[0]
        # /users/list/ also stands for /users/show/7.
        folder = path.removesuffix("list/")
        fits = here == path or (len(folder) > 1 and folder.endswith("/") and here.startswith(folder))
        item["rank"] = len(path) + 1000 * (here == path) if fits else 0
        best = max(best, item["rank"])
    for item in items:
        item["current"] = bool(best) and item["rank"] == best
