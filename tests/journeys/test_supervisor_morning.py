"""A supervisor's morning: the board, overdue call-backs, a doubtful pair, an unknown name, a new status on the desk."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from app.models import IN_WORK, NameAlias, OperatorProfile
from app.services import presence, statuses
from tests.databases import PASSWORD
from tests.factories import get_user, make_card, make_source, make_vehicle
from tests.services.adverts import bring_in, doubtful_pair, said, status_named

pytestmark = pytest.mark.browser


def log_in(page: Any, name: str) -> None:
    page.context.clear_cookies()
    page.goto("/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def ask(live_server: Any, query: str, **values: Any) -> Any:
    with live_server.app.app_context():
        found = db.session.execute(text(query), values).scalar()
        db.session.remove()
    return found


def overnight(live_server: Any) -> tuple[int, int, int]:
    """What the morning finds: two missed call-backs of Olga, a card in her hands, a pair, a name that nobody knows."""
    now = datetime.now(UTC)
    with live_server.app.app_context():
        session = db.session()
        olga, pavel = (session.get(OperatorProfile, get_user(session, name).id) for name in ("operator", "operator2"))
        assert olga is not None and pavel is not None
        for hours in (3, 2):
            card = make_card(session, make_vehicle(session, title="Лада Гранта, 2019"), operator=olga, stage=IN_WORK)
            olga.open_n += 1
            session.flush()
            again = statuses.Result(status_named(session, "call_later"), callback_at=now - timedelta(hours=hours - 1))
            statuses.set_status(session, card.id, again, actor_id=olga.user_id, now=now - timedelta(hours=hours))
        in_hand = make_card(session, make_vehicle(session, title="Киа Рио, 2018"), operator=olga, stage=IN_WORK)
        olga.open_n += 1
        presence.set_state(session, pavel.user_id, "ready", now)
        source = make_source(session)
        doubtful_pair(session, source, make_source(session))
        bring_in(session, source, said("C1", make="Шивралет", model="Каптивочка", title="Шивралет Каптивочка"))
        alias = session.query(NameAlias).filter_by(kind="make", text="Шивралет").one()
        session.commit()
        found = (in_hand.id, alias.id, pavel.user_id)
        db.session.remove()
    return found


def test_a_supervisors_morning(page: Any, live_server: Any) -> None:
    card_id, alias_id, pavel = overnight(live_server)
    log_in(page, "supervisor")
    _from_the_board_to_the_overdue(page)
    _handed_over_and_taken_back(page, live_server, pavel)
    _a_pair_is_joined(page, live_server)
    _a_name_is_mapped(page, live_server, alias_id)
    _a_status_gets_another_button(page, live_server, card_id)


def _from_the_board_to_the_overdue(page: Any) -> None:
    page.goto("/board/")
    tile = page.locator("#now .stat", has_text="Просроченные перезвоны").locator("a")
    assert tile.inner_text() == "2"
    tile.click()
    page.wait_for_url("**/callbacks/?when=overdue")
    assert page.locator("#hand-over tbody tr").count() == 2
    assert page.locator("#hand-over tbody tr").first.locator(".tag-danger").is_visible()


def _handed_over_and_taken_back(page: Any, live_server: Any, pavel: int) -> None:
    of_pavel = "SELECT count(*) FROM card WHERE operator_id = :id AND stage = 3"
    page.check("#all-cards")
    page.select_option("#to", str(pavel))
    page.fill("#why", "Ольга болеет")
    page.get_by_role("button", name="Передать").click()
    page.wait_for_selector(".board-done")
    assert ask(live_server, of_pavel, id=pavel) == 2
    assert page.locator("#when").input_value() == "overdue"
    assert "Павел Второй" in page.locator("#hand-over tbody tr").first.inner_text()
    page.get_by_role("button", name="Отменить").click()
    page.wait_for_selector("#hand-over tbody tr:has-text('Ольга Первая')")
    assert ask(live_server, of_pavel, id=pavel) == 0
    page.check("#hand-over tbody tr:first-child [name=card]")
    page.get_by_role("button", name="Отдать группе").click()
    page.wait_for_selector("#hand-over tbody tr:first-child .tag-info")
    assert ask(live_server, "SELECT count(*) FROM callback WHERE operator_id IS NULL AND done_at IS NULL") == 1


def _a_pair_is_joined(page: Any, live_server: Any) -> None:
    page.goto("/samepairview/list/")
    page.get_by_role("link", name="Сравнить").first.click()
    page.get_by_role("button", name="Один автомобиль").click()
    page.wait_for_url("**/samepairview/list/**")
    assert ask(live_server, "SELECT count(*) FROM same_pair WHERE state = 'joined'") == 1


def _a_name_is_mapped(page: Any, live_server: Any, alias_id: int) -> None:
    page.goto("/namealiasview/list/")
    page.locator(f"a[href$='/namealiasview/map/{alias_id}']").first.click()
    page.click("#target + .ts-wrapper .ts-control")
    page.locator("#target + .ts-wrapper input").last.fill("Chevrolet")
    page.locator("#target + .ts-wrapper .option", has_text="Chevrolet").first.click()
    page.get_by_role("button", name="Это оно").click()
    page.wait_for_url("**/namealiasview/list/**")
    mapped = "SELECT m.name FROM name_alias a JOIN make m ON m.id = a.target_id WHERE a.id = :id"
    assert ask(live_server, mapped, id=alias_id) == "Chevrolet"


def _a_status_gets_another_button(page: Any, live_server: Any, card_id: int) -> None:
    page.goto("/statusview/list/")
    page.get_by_role("link", name="Добавить").first.click()
    page.fill("#name", "Ждёт запчасть")
    page.fill("#code", "waits_part")
    page.select_option("#color", "azure")
    page.fill("#position", "1")
    page.check("#is_enabled")
    page.wait_for_selector("#status-row .is-mine:has-text('Ждёт запчасть')")  # before anything is saved
    page.fill("#repeat_after_min", "60")
    page.fill("#repeat_growth_pct", "50")
    page.locator("#model_form button[type=submit]").first.click()
    page.wait_for_url("**/statusview/list/**")
    assert "каждый раз на 50 % дольше" in page.inner_text("main")

    log_in(page, "operator")
    page.goto(f"/desk/?card={card_id}")
    page.locator(".desk-result", has_text="Ждёт запчасть").click()
    page.wait_for_function("id => !document.querySelector(`#result[action*='/${id}/']`)", arg=card_id)
    planned = "SELECT round(extract(epoch FROM next_call_at - now()) / 60) FROM card WHERE id = :id"
    assert ask(live_server, "SELECT stage FROM card WHERE id = :id", id=card_id) == 3
    assert ask(live_server, planned, id=card_id) >= 58  # an hour, or the morning when it is night there
