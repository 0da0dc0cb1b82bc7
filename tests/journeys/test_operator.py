"""The desk in a real browser: hostile adverts, small screens, weight; the whole day is in test_operator_day."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from tests.journeys.desk_parts import log_in, pool, row, troubles

__all__ = ["pool", "troubles"]
pytestmark = pytest.mark.browser


def test_a_text_typed_a_moment_before_the_result_is_saved_with_it(
    page: Any, live_server: Any, pool: list[int], troubles: list[str]
) -> None:
    log_in(page, "operator")
    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector(f".desk-card[data-card='{pool[0]}']")
    page.fill("#f-comment", "Записано за миг до результата")
    page.keyboard.press("Alt+Digit7")
    page.wait_for_selector(f".desk-card[data-card='{pool[1]}']")
    assert row(live_server, "SELECT form FROM card WHERE id = :id", id=pool[0]).form["comment"].startswith("Записано")


def test_hostile_ads_run_nothing_in_the_browser(page: Any, live_server: Any, pool: list[int]) -> None:
    with live_server.app.app_context():
        session = db.session()
        session.execute(
            text("UPDATE vehicle SET title = '<script>window.hurt = 1</script>' "),
        )
        session.execute(
            text("UPDATE ad SET description = '<img src=x onerror=\"window.hurt=2\">', seller_name = '{{7*7}}<b>x</b>'")
        )
        session.commit()
        db.session.remove()
    log_in(page, "operator")
    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector(f".desk-card[data-card='{pool[0]}']")
    assert page.evaluate("window.hurt") is None
    assert "{{7*7}}" in page.content()


def test_the_desk_fits_a_small_screen(page: Any, live_server: Any, pool: list[int]) -> None:
    log_in(page, "operator")
    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector(f".desk-card[data-card='{pool[0]}']")
    for width, height in ((1366, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{wider} px too wide at {width}"


def test_first_load_of_the_desk_is_light(page: Any, live_server: Any, pool: list[int]) -> None:
    sizes: dict[str, int] = {}
    log_in(page, "operator")
    client = page.context.new_cdp_session(page)
    client.send("Network.enable")
    client.send("Network.clearBrowserCache")
    client.on("Network.loadingFinished", lambda told: sizes.update({told["requestId"]: told["encodedDataLength"]}))
    page.goto("/desk/")
    page.wait_for_load_state("networkidle")
    first = sum(sizes.values())
    assert first <= 350 * 1024, first
    sizes.clear()
    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector(f".desk-card[data-card='{pool[0]}']")
    page.wait_for_load_state("networkidle")
    assert sum(sizes.values()) <= 30 * 1024, sizes
