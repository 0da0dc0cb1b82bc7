"""Two browsers: what an operator does stands on the supervisor's board within five seconds, and the board acts back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.desk_parts import begin, log_in, pool, row, troubles
from tests.journeys.test_supervisor import log_in as log_in_supervisor

__all__ = ["pool", "troubles"]
pytestmark = pytest.mark.browser

SOON_MS = 5_000


@pytest.fixture
def board(browser: Any, live_server: Any) -> Iterator[Any]:
    """The supervisor's own browser, with the board open."""
    context = browser.new_context(base_url=live_server.url, locale="ru-RU", viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    log_in_supervisor(page, "supervisor")
    page.goto("/board/live/")
    yield page
    context.close()


def row_of(board: Any, user_id: int) -> Any:
    return board.locator(f"tr:has(a[href='/board/live/person/{user_id}'])")


def test_what_an_operator_does_is_on_the_board_in_five_seconds(
    page: Any, board: Any, live_server: Any, pool: list[int], troubles: list[str]
) -> None:
    me = row(live_server, "SELECT id FROM ab_user WHERE username = 'operator'").id
    mine = row_of(board, me)
    log_in(page, "operator")
    page.keyboard.press("Alt+KeyB")
    page.keyboard.press("Enter")
    expect(page.locator("#presence.desk-presence-ready")).to_be_visible()
    expect(mine.get_by_text("На линии")).to_be_visible(timeout=SOON_MS)

    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector(f".desk-card[data-card='{pool[0]}']")
    started = time.monotonic()
    expect(mine.get_by_text("Пробная машина 0")).to_be_visible(timeout=SOON_MS)
    assert time.monotonic() - started <= SOON_MS / 1000

    # the supervisor acts: a limit, a pause, the card to somebody else
    board.goto(f"/board/live/person/{me}")
    board.get_by_role("link", name="Изменить лимиты").click()
    board.fill("input[name=max_open]", "7")
    board.locator("form button[type=submit].btn-primary").last.click()
    board.wait_for_load_state("networkidle")
    board.goto(f"/board/live/person/{me}")
    board.select_option("#pause", label="Обед")
    board.get_by_role("button", name="Отправить на паузу").click()
    board.goto("/board/live/")
    expect(mine.get_by_text("1 / 7")).to_be_visible()
    expect(mine.get_by_text("Обед")).to_be_visible()
    mine.get_by_text("1 / 7").click()
    board.check(f"input[name=card][value='{pool[0]}']")
    other = row(live_server, "SELECT id FROM ab_user WHERE username = 'operator2'").id
    board.check(f"#to-{other}")
    board.fill("#why", "ушёл на обед")
    board.get_by_role("button", name="Передать", exact=True).click()
    board.wait_for_selector(".board-done")
    assert row(live_server, "SELECT operator_id FROM card WHERE id = :id", id=pool[0]).operator_id == other


def test_every_number_of_the_board_leads_to_its_rows(page: Any, board: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    board.reload()
    links = board.eval_on_selector_all(".floor a[href]", "all => all.map(one => one.getAttribute('href'))")
    tiles = board.locator(".floor-tiles .stat").count()
    assert tiles == board.locator(".floor-tiles .stat-value a").count(), "each tile is a link"
    for link in sorted({link for link in links if not link.startswith("#")}):
        answer = board.request.get(link)
        assert answer.status == 200, link


def test_a_red_number_and_the_whole_screen(page: Any, board: Any, live_server: Any, pool: list[int]) -> None:
    board.goto("/board/live/marks")
    board.fill("input[name='pool.amber']", "1")
    board.fill("input[name='pool.red']", str(len(pool)))
    board.get_by_role("button", name="Сохранить").click()
    board.wait_for_url("**/board/live/")
    tile = board.locator(".floor-tiles .stat-danger").filter(has_text="срочно")
    expect(tile.first).to_be_visible()
    board.click("#full")
    board.wait_for_function("document.fullscreenElement && document.fullscreenElement.id === 'floor'")
