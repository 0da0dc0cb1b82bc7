"""Small helpers over BeautifulSoup for saved pages: texts, attributes, JSON in attributes and scripts."""

from __future__ import annotations

import html
import json
import warnings
from collections.abc import Iterator
from typing import Any

from bs4 import BeautifulSoup, Tag

from app.sources import _text as text


def soup_of(page: str) -> BeautifulSoup:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # advice on pages that look like XML; whatever comes is read as a page
        return BeautifulSoup(page, "lxml")


def said(root: Tag, selector: str, attribute: str = "") -> str:
    """The text, or an attribute, of the first element of a selector."""
    found = root.select_one(selector)
    if found is None:
        return ""
    return text.line(found.get(attribute) if attribute else found.get_text(" "))


def said_at_length(root: Tag, selector: str) -> str:
    found = root.select_one(selector)
    return text.prose(found.get_text("\n")) if found is not None else ""


def json_of(written: object) -> Any:
    """JSON as it stands or HTML-escaped once more; None when it is neither."""
    source = str(written or "").strip()
    for attempt in (source, html.unescape(source)):
        try:
            return json.loads(attempt)
        except (ValueError, RecursionError):
            continue
    return None


def scripts(root: Tag, kind: str) -> Iterator[Any]:
    """The JSON of every <script type=kind> that holds some."""
    for script in root.find_all("script", attrs={"type": kind}):
        found = json_of(script.string or script.get_text())
        if found is not None:
            yield found
