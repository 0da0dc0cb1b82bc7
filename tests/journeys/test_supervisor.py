"""A supervisor's morning in a real browser: a source with ads, a filter, a group with limits, dealing, an operator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from app.demo.classified import DEMO_TOKEN, DEMO_USER, start_classified, stop_classified
from app.extensions import db, outside
from app.services import matching, presence, sources
from tests.databases import PASSWORD
from tests.factories import get_user

pytestmark = pytest.mark.browser


def log_in(page: Any, name: str) -> None:
    page.goto("/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_load_state("networkidle")


def work(live_server: Any) -> None:
    """What the worker does by its clock: pull every due source, match the pool."""
    with live_server.app.app_context():
        session = db.session()
        settings = live_server.app.config["PROZVON"]
        for source_id in sources.due(session, datetime.now(UTC)):
            row = sources._source(session, source_id)
            adapter = sources.adapter_of(
                row, outside.sources, secret_key=settings.secret_key, allow_private=settings.allow_private_sources
            )
            sources.pull(session, source_id, adapter, lambda: datetime.now(UTC))
        while matching.match_cards(session, datetime.now(UTC)):
            session.commit()
        session.commit()
        db.session.remove()


def count(live_server: Any, query: str) -> int:
    with live_server.app.app_context():
        found = db.session.execute(text(query)).scalar_one()
        db.session.remove()
    return int(found)


def test_from_a_source_to_an_operators_result(page: Any, live_server: Any) -> None:
    classified = start_classified(0, seed=3, tempo=3600, pause_s=0)
    try:
        _morning(page, live_server, classified)
    finally:
        stop_classified(classified)


def _morning(page: Any, live_server: Any, classified: Any) -> None:
    log_in(page, "supervisor")

    # a source
    page.goto("/sourceview/add?adapter=ads_api")
    page.fill("#name", "Пробная площадка")
    for field, value in (("user", DEMO_USER), ("token", DEMO_TOKEN), ("base_url", f"{classified.url}/main/api")):
        page.fill(f"#option_{field}", value)
    page.fill("#window_hours", "96")
    page.get_by_role("button", name="Проверить").click()
    page.wait_for_selector("#check table, #check h2, #check .tag")
    page.locator("#source-form button[type=submit]").click()
    page.wait_for_url("**/sourceview/show/**")
    assert count(live_server, "SELECT count(*) FROM source WHERE adapter = 'ads_api'") == 1
    work(live_server)
    assert count(live_server, "SELECT count(*) FROM card WHERE stage = 0") > 300

    # a filter with the live count
    page.goto("/adfilterview/build")
    page.fill("#name", "Всё подешевле")
    page.fill("input[name=price_to]", "1500000")
    page.wait_for_selector("#count strong")
    everything = page.inner_text("#count strong")
    page.click("#pick-make + .ts-wrapper .ts-control")
    page.locator("#pick-make + .ts-wrapper input").last.fill("LADA")
    page.locator("#pick-make + .ts-wrapper .option", has_text="LADA").first.click()
    page.click("#add-car")
    page.wait_for_selector("#cars li")
    page.wait_for_function("was => document.querySelector('#count strong')?.innerText !== was", arg=everything)
    narrower = page.inner_text("#count strong")
    assert int(narrower.replace("\u202f", "")) < int(everything.replace("\u202f", ""))
    page.fill("#pick-city", "Самара")
    page.click("#city-list li >> nth=0")
    page.wait_for_selector("#cities li")
    page.click("#cities .btn-close")
    page.select_option("#target", label="Группа тестов")
    page.check("input[name=is_enabled]")
    page.click("[data-panel=test]")
    page.wait_for_selector("#panel h3")
    page.click("button[type=submit].btn-primary")
    page.wait_for_url("**/adfilterview/list/**")
    assert "Всё подешевле" in page.inner_text("main")
    work(live_server)
    assert count(live_server, "SELECT count(*) FROM card WHERE stage = 0 AND filter_id IS NOT NULL") > 0

    # limits of an operator who is there
    with live_server.app.app_context():
        operator_id = get_user(db.session(), "operator").id
        presence.set_state(db.session(), operator_id, "ready", datetime.now(UTC))
        db.session.commit()
        db.session.remove()
    page.goto(f"/operatorprofileview/edit/{operator_id}")
    page.fill("input[name=max_new]", "4")
    page.locator("form button[type=submit].btn-primary").last.click()
    page.wait_for_load_state("networkidle")

    # dealing on the board
    page.goto("/board/")
    page.get_by_role("button", name="Что будет выдано?").click()
    page.wait_for_selector("#preview .alert")
    page.get_by_role("button", name="Раздать сейчас").click()
    page.wait_for_load_state("networkidle")
    assert "4 / 4" in page.inner_text("#now")
    assert count(live_server, "SELECT count(*) FROM card WHERE stage = 1") == 4

    # and the operator has them on the desk
    page.context.clear_cookies()
    log_in(page, "operator")
    assert page.locator("[data-count=new]").first.inner_text() == "4"
    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector("#result")
    first = page.get_attribute("#result", "action")
    page.keyboard.press("Alt+Digit7")
    page.wait_for_function("was => document.querySelector('#result')?.getAttribute('action') !== was", arg=first)
    assert count(live_server, "SELECT count(*) FROM card WHERE stage = 9 AND closed_why = 'status'") == 1
