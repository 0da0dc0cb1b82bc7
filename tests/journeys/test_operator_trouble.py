"""What goes wrong in an operator's day, in a real browser: two windows, no connection, an ended log-in, a card taken
away, a value that cannot be. Nothing that was typed may be lost."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.desk_parts import (
    begin,
    change,
    comment_of,
    log_in,
    pool,
    results_of,
    row,
    stage_of,
    the_card,
)

__all__ = ["pool"]
pytestmark = pytest.mark.browser


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

    page.fill("#result-note", "перезвонить сыну")
    page.unroute("**/form")
    for _ in range(2):  # F5, and once more
        page.reload()
        expect(page.locator("#desk-kept")).to_be_visible()
    said = "Комментарий: почти договорились\nКомментарий к результату: перезвонить сыну"
    assert page.input_value("#desk-kept textarea") == said
    page.goto("/desk/")
    expect(page.locator("#desk-kept textarea")).to_have_count(1)
    page.click("#desk-kept [data-copy-kept]")
    expect(page.get_by_text("Скопировано")).to_be_visible()
    page.click("#desk-kept [data-forget]")
    expect(page.locator("#desk-kept")).to_be_hidden()
    page.reload()
    expect(page.locator("#desk-kept")).to_be_hidden()
    page.goto("/help/")
    assert page.evaluate("Object.keys(localStorage).filter((name) => name.startsWith('prozvon.draft'))") == []


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
