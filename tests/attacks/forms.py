"""Forms and addresses as they stand in a page: found by reading it, so that no list has to be kept by hand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qsl, urljoin, urlsplit

FREE = {"text", "search", "tel", "number", "email", "url", "hidden", "password", "datetime-local", "date", "time", ""}


@dataclass
class Form:
    address: str
    method: str
    values: dict[str, str] = field(default_factory=dict)  # what would be sent untouched
    free: list[str] = field(default_factory=list)  # what a person may type into, or change with the browser's tools
    files: list[str] = field(default_factory=list)

    @property
    def kind(self) -> tuple[str, str, tuple[str, ...]]:
        """Forms that differ in the row only are one."""
        path = re.sub(r"\d+|[0-9a-f]{32}", "N", urlsplit(self.address).path)
        return self.method, path, tuple(sorted({*self.values, *self.free, *self.files}))


class Reader(HTMLParser):
    """Reads forms and links; a field outside of a form belongs to it by its `form` attribute or not at all."""

    def __init__(self, here: str) -> None:
        super().__init__(convert_charrefs=True)
        self.here = here
        self.forms: list[Form] = []
        self.links: set[str] = set()
        self._form: Form | None = None
        self._select = ""

    def handle_starttag(self, tag: str, pairs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in pairs}
        for name in ("href", "hx-get"):
            if name in told and tag != "link":
                self._link(told[name])
        if tag == "form":
            address = told.get("hx-post") or told.get("action") or told.get("hx-get") or self.here
            method = "POST" if "hx-post" in told or told.get("method", "").lower() == "post" else "GET"
            self._form = Form(urljoin(self.here, address), method)
            self.forms.append(self._form)
        elif "hx-post" in told:
            self.forms.append(Form(urljoin(self.here, told["hx-post"]), "POST"))
        if self._form is not None and "name" in told and "disabled" not in told:
            self._field(tag, told)
        if tag == "option" and self._form is not None and self._select:
            known = self._form.values
            known[self._select] = told.get("value", "") if "selected" in told else known.get(self._select, "")

    def _field(self, tag: str, told: dict[str, str]) -> None:
        assert self._form is not None
        name, kind = told["name"], told.get("type", "").lower()
        if tag == "select":
            self._select = name
            self._form.free.append(name)
        elif tag == "textarea" or tag == "input" and kind in FREE:
            self._form.values.setdefault(name, told.get("value", ""))
            self._form.free.append(name)
        elif tag == "input" and kind == "file":
            self._form.files.append(name)
        elif tag == "input" and kind in ("checkbox", "radio") and ("checked" in told or name not in self._form.values):
            self._form.values[name] = told.get("value", "on")
            self._form.free.append(name)
        elif tag == "button" and name:
            self._form.values.setdefault(name, told.get("value", ""))
            self._form.free.append(name)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag == "select":
            self._select = ""

    def _link(self, address: str) -> None:
        whole = urljoin(self.here, address)
        if not urlsplit(whole).netloc and not whole.startswith("/static"):
            self.links.add(whole.partition("#")[0])


def read(page: str, here: str) -> Reader:
    reader = Reader(here)
    reader.feed(page)
    return reader


def arguments(links: Any) -> dict[str, dict[str, str]]:
    """path -> the arguments that any link gives it."""
    found: dict[str, dict[str, str]] = {}
    for link in sorted(links):
        parts = urlsplit(link)
        path = re.sub(r"/\d+(?=/|$)", "/1", parts.path)
        found.setdefault(path, {}).update(parse_qsl(parts.query, keep_blank_values=True))
    return found
