"""The operator's whole day in a real browser, with keys only; and what may go wrong in it: two windows, no
connection, an ended log-in, a card taken away, keys pressed too soon or twice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.desk_parts import begin, change, log_in, pool, row, troubles

__all__ = ["pool", "troubles"]
pytestmark = pytest.mark.browser


def the_card(page: Any, card_id: int) -> None:
    page.wait_for_selector(f".desk-card[data-card='{card_id}']")
    page.wait_for_selector("#desk .htmx-settling", state="detached")


def stage_of(live_server: Any, card_id: int) -> int:
    return int(row(live_server, "SELECT stage FROM card WHERE id = :id", id=card_id).stage)


def results_of(live_server: Any) -> int:
    return int(row(live_server, "SELECT count(*) AS n FROM status_change").n)


def comment_of(live_server: Any, card_id: int) -> str:
    return str(row(live_server, "SELECT form ->> 'comment' AS said FROM card WHERE id = :id", id=card_id).said)


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
    expect(page.locator("#presence.desk-presence-break")).to_be_visible()
    kept = row(live_server, "SELECT presence FROM operator_profile p JOIN ab_user u ON u.id = p.user_id "
                            "WHERE u.username = 'operator'")  # fmt: skip
    assert kept.presence == "break"


def test_a_key_pressed_before_the_answer_waits_for_it(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    held: list[Any] = []
    page.route("**/status", lambda route: held.append(route))
    page.keyboard.press("Alt+Digit1")  # no answer: a call-back two hours on, then the next
    page.wait_for_function("() => document.getElementById('desk-card').inert")
    page.keyboard.press("Alt+KeyC")  # the number of the card that is not here yet
    page.keyboard.press("Alt+Digit7")  # a second result would fall on a card that nobody has seen
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


def test_two_windows_show_both_texts_and_a_person_chooses(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    second = page.context.new_page()
    second.goto(f"/desk/?card={pool[0]}")
    page.fill("#f-comment", "первое окно")
    expect(page.locator("#saved")).to_contain_text("Сохранено")
    second.fill("#f-comment", "второе окно")
    expect(second.locator("#conflict")).to_be_visible()
    expect(second.locator("#conflict li")).to_contain_text("первое окно")
    assert second.input_value("#f-comment") == "второе окно"
    assert comment_of(live_server, pool[0]) == "первое окно"

    second.keyboard.press("Alt+Digit7")  # not before it is decided whose text stays
    expect(second.locator("#desk-alert")).to_contain_text("чей текст")
    assert results_of(live_server) == 0
    second.click("#conflict [data-mine]")
    expect(second.locator("#saved")).to_contain_text("Сохранено")
    assert comment_of(live_server, pool[0]) == "второе окно"

    page.fill("#f-comment", "снова первое")
    expect(page.locator("#conflict")).to_be_visible()
    page.click("#conflict [data-theirs]")
    assert page.input_value("#f-comment") == "второе окно"
    page.fill("#f-comment", "договорились")
    expect(page.locator("#saved")).to_contain_text("Сохранено")
    assert comment_of(live_server, pool[0]) == "договорились"


def test_without_a_connection_one_goes_on_writing_and_it_is_sent_when_it_is_back(
    page: Any, live_server: Any, pool: list[int]
) -> None:
    begin(page, pool)
    page.context.set_offline(True)
    page.fill("#f-comment", "без связи")
    expect(page.locator("#desk-lost")).to_contain_text("Нет связи", timeout=15_000)
    page.fill("#f-where", "у вокзала")
    page.keyboard.press("Alt+Digit7")
    expect(page.locator("#desk-alert")).to_contain_text("результат ещё не отправлен")
    assert comment_of(live_server, pool[0]) == "None"
    page.context.set_offline(False)
    expect(page.locator("#saved")).to_contain_text("Сохранено", timeout=15_000)
    expect(page.locator("#desk-lost")).to_be_hidden()
    form = row(live_server, "SELECT form FROM card WHERE id = :id", id=pool[0]).form
    assert form == {"comment": "без связи", "where": "у вокзала"}
    assert results_of(live_server) == 0
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('prozvon.draft'))") == []


def test_what_was_not_sent_outlives_a_reload(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    page.route("**/form", lambda route: route.abort())
    page.fill("#f-comment", "до перезагрузки")
    page.fill("#result-note", "недописанная пометка")
    expect(page.locator("#desk-lost")).to_be_visible()
    me = page.locator("#desk").get_attribute("data-me")
    page.context.set_offline(True)
    with pytest.raises(Exception, match="ERR_INTERNET_DISCONNECTED"):
        page.reload()
    page.context.set_offline(False)
    page.unroute("**/form")
    page.goto(f"/desk/?card={pool[0]}")
    assert page.input_value("#f-comment") == "до перезагрузки"
    assert page.input_value("#result-note") == "недописанная пометка"
    page.wait_for_function("""(name) => !Object.keys(JSON.parse(localStorage[name]).fields).length""",
                           arg=f"prozvon.draft.{me}.{pool[0]}")  # fmt: skip
    assert comment_of(live_server, pool[0]) == "до перезагрузки"


def test_an_ended_log_in_keeps_the_form_and_it_saves_after_a_new_one(
    page: Any, live_server: Any, pool: list[int]
) -> None:
    begin(page, pool)
    page.context.clear_cookies()
    change(live_server, "DELETE FROM user_session")
    page.fill("#f-comment", "вход кончился")
    expect(page.locator("#desk-alert a")).to_be_visible()
    with page.context.expect_page() as opened:
        page.click("#desk-alert a")
    log_in(opened.value, "operator")
    opened.value.close()
    expect(page.locator("#saved")).to_contain_text("Сохранено", timeout=15_000)
    expect(page.locator("#desk-alert")).to_be_hidden()
    assert page.input_value("#f-comment") == "вход кончился"
    assert comment_of(live_server, pool[0]) == "вход кончился"
    page.keyboard.press("Alt+Digit7")  # and the work goes on in the same window
    the_card(page, pool[1])
    assert stage_of(live_server, pool[0]) == 9


def test_next_after_the_log_in_has_ended_keeps_the_card_and_goes_on_after_a_new_one(
    page: Any, live_server: Any, pool: list[int]
) -> None:
    begin(page, pool)
    change(live_server, "DELETE FROM user_session")
    page.keyboard.press("Alt+Digit7")
    expect(page.locator("#desk-alert a")).to_be_visible()
    the_card(page, pool[0])
    again = page.context.new_page()
    log_in(again, "operator")
    again.close()
    expect(page.locator("#desk-alert")).to_be_hidden(timeout=15_000)
    assert results_of(live_server) == 0
    page.keyboard.press("Alt+Digit7")
    the_card(page, pool[1])
    assert results_of(live_server) == 1


def test_a_card_that_is_taken_away_says_so_and_keeps_the_text(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    page.route("**/form", lambda route: route.abort())
    page.fill("#f-comment", "почти договорились")
    change(live_server, "UPDATE card SET stage = 0, operator_id = NULL, version = version + 1 WHERE id = :id",
           id=pool[0])  # fmt: skip
    expect(page.locator("#taken")).to_be_visible(timeout=15_000)
    assert page.input_value("#f-comment") == "почти договорились"
    assert page.locator("[data-digit='7']").is_disabled()


def test_what_the_server_refuses_is_not_lost_with_the_result(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    page.fill("#f-mileage_km", "сто тысяч")
    page.keyboard.press("Alt+Digit7")
    expect(page.locator("#e-mileage_km")).not_to_be_empty()
    expect(page.locator("#desk-alert")).to_contain_text("Исправьте")
    assert results_of(live_server) == 0
    page.fill("#f-mileage_km", "100 000")
    page.keyboard.press("Alt+Digit7")
    the_card(page, pool[1])
    assert row(live_server, "SELECT form FROM card WHERE id = :id", id=pool[0]).form == {"mileage_km": 100_000}


def test_hurried_clicks_on_a_time_are_the_result(page: Any, live_server: Any, pool: list[int]) -> None:
    begin(page, pool)
    page.locator("[data-digit='4']").click()  # result + time + next: two clicks
    page.locator(".desk-chip").last.click()
    the_card(page, pool[1])
    assert stage_of(live_server, pool[0]) == 3
