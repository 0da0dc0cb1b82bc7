"""What the templates of generated pages (lists, forms, users and roles) have to ask while they are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, current_app, request
from flask_babel import gettext as _

from app import safety
from app.formats import viewer_zone
from app.wording_fab import PAGES, right


def install(app: Flask) -> None:
    app.jinja_env.globals.update(
        count_cap=safety.COUNT_CAP,
        max_page=safety.MAX_PAGE,
        empty_text=empty_text,
        is_filtered=is_filtered,
        is_fixed_role=is_fixed_role,
        is_row_page=is_row_page,
        rights_by_page=rights_by_page,
        utc_offset=utc_offset,
    )
    app.jinja_env.filters.update(first_page=first_page, right=right, page_name=page_name)


def empty_text(view_name: str) -> str:
    """What the view itself says about its empty list: where rows come from and what to do."""
    for view in current_app.extensions["appbuilder"].baseviews:
        if type(view).__name__ == view_name:
            return str(getattr(view, "empty_text", ""))
    return ""


def is_filtered() -> bool:
    return any(name.startswith("_flt_") for name in request.args)


def is_row_page() -> bool:
    """A row has its own page; the same widget also shows a person to himself, where edit and delete have no place."""
    return (request.endpoint or "").endswith((".show", ".show_item"))


def is_fixed_role(view_name: str, name: Any) -> bool:
    """A built-in role lives in the code: editing or copying its row would change nothing."""
    return view_name == "RoleModelView" and name in current_app.extensions["appbuilder"].sm.builtin_roles


def rights_by_page(rights: Any) -> list[tuple[str, list[str]]]:
    groups: dict[str, list[str]] = {}
    for given in rights or []:
        groups.setdefault(given.view_menu.name, []).append(given.permission.name)
    return sorted((page, sorted(names)) for page, names in groups.items())


def page_name(name: str) -> str:
    """A view or a menu entry by its title; rights know them by the name in the code only."""
    if name in PAGES:
        return str(PAGES[name])
    appbuilder = current_app.extensions["appbuilder"]
    for view in appbuilder.baseviews:
        if view.class_permission_name == name:
            titles = (getattr(view, kind, "") for kind in ("list_title", "form_title", "title"))
            return next((str(title) for title in titles if title), name)
    for entry in _entries(appbuilder.menu.get_list()):
        if entry.baseview is not None and getattr(entry.baseview, "class_permission_name", "") == name:
            return _(str(entry.label))
    entry = appbuilder.menu.find(name)
    return _("%(name)s (menu)", name=_(str(entry.label))) if entry else name


def _entries(menu: list[Any]) -> Iterator[Any]:
    for entry in menu:
        yield entry
        yield from _entries(entry.childs)


def first_page(address: str, view_name: str) -> str:
    """The same list from its beginning: with another page size the old page number means nothing."""
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name != f"page_{view_name}"]
    return f"{parts.path}?{urlencode(kept)}"


def utc_offset() -> str:
    """+03:00: what a time typed into a filter has to carry, for the database compares moments."""
    text = datetime.now(viewer_zone()).strftime("%z")
    return f"{text[:3]}:{text[3:]}"
