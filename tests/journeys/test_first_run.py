"""A new installation reads as a guided start: what is empty says what to do, and a newcomer finishes the first card."""

from __future__ import annotations

import time
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests.journeys import everywhere, walk


def test_an_empty_page_says_what_to_do(app: Flask, as_admin: Any) -> None:
    """Lists without rows: not only that nothing is there, but where it comes from or what to press."""
    mute, seen = [], 0
    for page in everywhere.pages(app):
        if not page.address.endswith("/list/"):
            continue
        body = BeautifulSoup(as_admin.get(page.address).text, "lxml")
        for state in body.select("main .empty-state"):
            seen += 1
            words = state.select_one("p:not(.empty-state-title)")
            if len(words.text.strip() if words else "") < 20 and not state.select("a, button"):
                mute.append(f"{page.address}: {state.text.strip()[:80]}")
    assert seen >= 5, "no list is empty: the check has nothing to look at"
    assert not mute, "\n".join(mute)


@pytest.mark.browser
def test_a_newcomer_finishes_the_first_card_by_what_the_screen_says(full_server: Any, browser: Any) -> None:
    """Only with what is seen: the big button, the number, a field, a result. No key and no guide."""
    context = browser.new_context(base_url=full_server.url, locale="ru-RU", viewport={"width": 1366, "height": 768})
    page = context.new_page()
    started = time.monotonic()
    walk.log_in(page, "operator")
    page.get_by_role("button", name="Следующее").first.click()
    page.wait_for_selector("#result")
    first = page.locator("#result").get_attribute("action")
    page.get_by_role("button", name="Показать номер").click()
    page.wait_for_selector("#phones a[href^='tel:']")
    page.get_by_label("Комментарий", exact=False).first.fill("Торг возможен")
    page.get_by_role("button", name="Отказ").click()
    page.wait_for_function("was => document.querySelector('#result')?.getAttribute('action') !== was", arg=first)
    assert time.monotonic() - started < 60
    context.close()
