"""Every page in a browser, in both themes and at three widths: no barrier that axe calls serious, nothing cut off."""

from __future__ import annotations

from typing import Any

import pytest

from tests.journeys import everywhere, walk

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def walked(full_server: Any, browser: Any) -> walk.Walker:
    """Every page looked at once; the tests share what was found."""
    walker = walk.Walker(browser, full_server.url)
    walker.walk(everywhere.pages(full_server.app))
    return walker


def test_no_page_has_a_serious_barrier(walked: walk.Walker) -> None:
    assert walked.visited > 60
    assert not walked.barriers, "\n".join(walked.barriers)


def test_every_page_fits_a_wide_screen_a_small_one_and_a_phone(walked: walk.Walker) -> None:
    assert not walked.misfits, "\n".join(walked.misfits)


def test_the_menu_works_on_a_phone(full_server: Any, browser: Any) -> None:
    context = browser.new_context(
        base_url=full_server.url, viewport={"width": 390, "height": 844}, reduced_motion="reduce"
    )
    page = context.new_page()
    walk.log_in(page, "supervisor")
    menu = page.locator("#menu")
    assert not menu.is_visible()
    page.click("[data-bs-target='#menu']:not([data-bs-dismiss])")
    menu.locator(".menu-item").first.wait_for(state="visible")
    box = menu.bounding_box()
    assert box and 200 <= box["width"] <= 390
    for item in menu.locator(".menu-item:visible").all()[:5]:
        assert (item.bounding_box() or {})["height"] >= 24
    menu.locator("a[href='/adfilterview/list/']").click()
    page.wait_for_url("**/adfilterview/list/**")
    context.close()


def test_the_checker_is_not_among_the_files_that_are_served() -> None:
    static = walk.ROOT / "app" / "static"
    assert not [path for path in static.rglob("*") if "axe" in path.name.lower()]
