"""SMS in a real browser: an operator sends a template from the card and sees it arrive; two presses send one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from app import models
from app.extensions import db
from app.services import sms_reports, sms_sending
from tests.crm.servers import running
from tests.databases import PASSWORD
from tests.journeys.desk_parts import begin, pool, row, troubles
from tests.sms.gateways import KEYS, make_gateway, make_template
from tests.sms.servers import FakeSmsc

__all__ = ["pool", "troubles"]
pytestmark = pytest.mark.browser


@pytest.fixture
def gateway(live_server: Any) -> Iterator[FakeSmsc]:
    """A gateway that delivers at once, two templates, and no hour in which the seller sleeps."""
    with running(FakeSmsc()) as server:
        with live_server.app.app_context():
            session = db.session()
            make_gateway(session, server.url, name="Основной")
            make_template(session, "Здравствуйте! Машина ещё продаётся?", position=1)
            make_template(session, "{машина}, {год}: ждём вас на осмотр.", position=2)
            session.add(models.Setting(name="sms_hours_from", value=0))
            session.add(models.Setting(name="sms_hours_to", value=24))
            session.commit()
            db.session.remove()
        yield server


def the_worker(live_server: Any, pass_of: Any) -> None:
    """What the worker does meanwhile."""
    with live_server.app.app_context():
        pass_of(db.session())
        db.session.remove()


def send(session: Any) -> None:
    assert sms_sending.send_next(session, KEYS, datetime.now(UTC)) == "sent"


def ask_after(session: Any) -> None:
    assert sms_reports.poll(session, KEYS, datetime.now(UTC) + timedelta(minutes=1))["changed"] == 1


def test_an_operator_sends_a_template_by_keys_and_sees_it_arrive(
    page: Any, live_server: Any, pool: list[int], troubles: list[str], gateway: FakeSmsc
) -> None:
    begin(page, pool)
    page.keyboard.press("Alt+KeyS")
    expect(page.locator("#sms .sms-text")).to_contain_text("Машина ещё продаётся?")
    expect(page.locator("#sms-template")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#sms .sms-text")).to_contain_text("2018: ждём вас на осмотр.")
    expect(page.locator("#sms-panel")).to_contain_text("1 SMS")

    page.locator("#sms-panel .btn-primary").dblclick()
    expect(page.locator("#sms-panel")).to_contain_text("SMS отправляется")
    history = page.locator(".desk-history")
    expect(history).to_contain_text("ждёт отправки")
    assert row(live_server, "SELECT count(*) AS n FROM sms_message").n == 1

    the_worker(live_server, send)
    expect(history.locator(".tag", has_text="отправлено")).to_be_visible(timeout=15_000)
    the_worker(live_server, ask_after)
    expect(history.locator(".tag", has_text="доставлено")).to_be_visible(timeout=15_000)
    assert [page for page, _told in gateway.asked] == ["send.php", "status.php"], "one message, asked after once"

    page.keyboard.press("Escape")  # once more: the panel says that it has gone, and the button is off
    page.keyboard.press("Alt+KeyS")
    expect(page.locator("#sms-template")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#sms-panel [role=alert]")).to_contain_text("уже уходил")
    expect(page.locator("#sms-panel .btn-primary")).to_be_disabled()


def test_a_supervisor_sees_what_a_template_becomes_while_writing_it(
    page: Any, live_server: Any, troubles: list[str], gateway: FakeSmsc
) -> None:
    page.goto("/login/")
    page.fill("input[name=username]", "supervisor")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto("/smstemplateview/list/")
    page.locator("main a[href*='/smstemplateview/add']").first.click()
    page.fill("#name", "Добрый день")
    page.fill("#text", "{имя}, добрый день! " + "Очень ждём вашу машину. " * 3)
    preview = page.locator("#sms-preview")
    expect(preview).to_contain_text("Александр, добрый день!")
    expect(preview).to_contain_text("2 SMS")
    page.fill("#text", "{фамилия}, добрый день!")
    expect(preview.locator("[role=alert]")).to_contain_text("Поля {фамилия} нет")
    page.fill("#text", "{имя}, добрый день!")
    expect(preview).to_contain_text("1 SMS")
    page.locator("#model_form button[type=submit]").first.click()
    page.wait_for_url("**/smstemplateview/list/**")
    expect(page.locator("main")).to_contain_text("Добрый день")
