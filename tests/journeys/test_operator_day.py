"""The operator's whole day in a real browser, with keys only; and what may go wrong in it: two windows, no
connection, an ended log-in, a card taken away, keys pressed too soon or twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.desk_parts import (
    begin,
    comment_of,
    log_in,
    pool,
    results_of,
    row,
    stage_of,
    the_card,
    troubles,
)

__all__ = ["pool", "troubles"]
pytestmark = pytest.mark.browser


def test_a_day_with_keys_only(page: Any, live_server: Any, pool: list[int], troubles: list[str]) -> None:
    log_in(page, "operator")
    press = page.keyboard.press

    press("Alt+KeyB")  # at work: the menu of states
    press("Enter")
    expect(page.locator("#presence.desk-presence-ready")).to_be_visible()

    press("Alt+KeyN")  # the best card of the pool
    the_card(page, pool[0])
    assert stage_of(live_server, pool[0]) == 2
    press("Alt+KeyC")
    page.wait_for_selector("#phones a[href^='tel:+79']")

    press("Alt+KeyA")  # into the form, and on by Tab
    page.keyboard.type("480 000")
    press("Tab")
    press("Tab")
    press("ArrowDown")  # a list is chosen from by arrows
    page.locator("#f-comment").focus()
    page.keyboard.type("Торг у капота")
    expect(page.locator("#saved")).to_contain_text("Сохранено")
    saved = row(live_server, "SELECT form FROM card WHERE id = :id", id=pool[0]).form
    assert saved == {"asked_price": 480_000, "haggle": "yes", "comment": "Торг у капота"}

    press("Alt+KeyM")
    page.keyboard.type("Код домофона 12")
    press("Enter")
    expect(page.locator(".desk-history")).to_contain_text("Код домофона 12")

    press("Alt+Digit7")  # refused: the next card comes by itself
    the_card(page, pool[1])
    assert stage_of(live_server, pool[0]) == 9

    press("Alt+Digit4")  # a call-back needs a time: a digit chooses it, Enter is the result
    expect(page.locator("#again")).to_have_attribute("open", "")
    press("Digit4")
    press("Enter")
    the_card(page, pool[2])
    planned = row(live_server, "SELECT stage, next_call_at FROM card WHERE id = :id", id=pool[1])
    assert planned.stage == 3 and planned.next_call_at > datetime.now(UTC)

    press("Alt+Digit6")  # success
    the_card(page, pool[3])
    assert row(live_server, "SELECT count(*) AS n FROM lead WHERE card_id = :id", id=pool[2]).n == 1

    press("Alt+KeyB")  # on a break
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    press("Enter")
    expect(page.locator("#presence.desk-presence-paused")).to_be_visible()
    kept = row(live_server, "SELECT presence FROM operator_profile p JOIN ab_user u ON u.id = p.user_id "
                            "WHERE u.username = 'operator'")  # fmt: skip
    assert kept.presence == "paused"


def test_a_key_pressed_before_the_answer_waits_for_it(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    held: list[Any] = []
    page.route("**/status", lambda route: held.append(route))
    page.keyboard.press("Alt+Digit1")  # no answer: a call-back two hours on, then the next
    page.wait_for_function("() => document.getElementById('desk-card').inert")
    page.keyboard.press("Alt+KeyC")  # the number of the card that is not here yet
    page.keyboard.press("Alt+Digit7")  # a second result would fall on a card that nobody has seen
    while not held:  # the desk waits before its request has come through to us
        page.wait_for_timeout(20)
    held[0].continue_()
    page.unroute("**/status")
    the_card(page, pool[1])
    page.wait_for_selector("#phones a[href^='tel:+79']")
    assert results_of(live_server) == 1
    assert stage_of(live_server, pool[1]) == 2


def test_next_and_a_result_in_one_breath_are_both_done(page: Any, live_server: Any, pool: list[int]) -> None:
    log_in(page, "operator")
    page.wait_for_selector("[data-key=next]")
    page.keyboard.press("Alt+KeyN")
    page.keyboard.press("Alt+Digit7")
    the_card(page, pool[1])
    assert stage_of(live_server, pool[0]) == 9
    assert results_of(live_server) == 1


@pytest.mark.parametrize("by", ["key", "mouse"])
def test_a_result_pressed_twice_counts_once(page: Any, live_server: Any, pool: list[int], by: str) -> None:
    begin(page, pool)
    if by == "key":
        page.keyboard.press("Alt+Digit7")
        page.keyboard.press("Alt+Digit7")
    else:
        page.locator("[data-digit='7']").dblclick()
    the_card(page, pool[1])
    page.keyboard.press("Alt+KeyA")
    assert results_of(live_server) == 1
    assert stage_of(live_server, pool[1]) == 2


def test_enter_in_the_note_sets_no_result(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    page.fill("#result-note", "ещё пишу")
    page.keyboard.press("Enter")
    page.keyboard.press("Alt+KeyC")
    page.wait_for_selector("#phones a[href^='tel:']")
    assert results_of(live_server) == 0 and page.input_value("#result-note") == "ещё пишу"


def test_letters_typed_into_the_form_are_no_keys(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    page.locator("#f-comment").press_sequentially("jk? жк")
    expect(page.locator("#saved")).to_contain_text("Сохранено")
    assert comment_of(live_server, pool[0]) == "jk? жк"
    assert page.locator(".desk-card").get_attribute("data-card") == str(pool[0])


def test_keys_that_are_switched_off_do_nothing(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    page.click("#keys-open")
    with page.expect_response("**/desk/settings"):
        page.uncheck("[data-own=keys_on]")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+Digit7")
    page.reload()
    page.keyboard.press("Alt+Digit7")
    page.fill("#f-comment", "мышью")
    expect(page.locator("#saved")).to_contain_text("Сохранено")
    assert results_of(live_server) == 0


def test_hurried_clicks_on_a_time_are_the_result(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    page.locator("[data-digit='4']").click()  # result + time + next: two clicks
    page.locator(".desk-chip").last.click()
    the_card(page, pool[1])
    assert stage_of(live_server, pool[0]) == 3
