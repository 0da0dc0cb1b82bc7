"""A lead's way in a real browser: a result on the desk, the lead in the made-up CRM, and its stage back on the card."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from sqlalchemy import text

from app.demo import crm_setup
from app.demo.accounts import crm_token
from app.demo.crm import APPLICATION_TOKEN, CODE, DemoCrm, start, stop
from app.extensions import db
from app.models import CrmConnection
from app.services import crm_push, crm_sync
from app.services.crm import Keys
from app.services.secrets_box import seal
from app.wording_crm import comment_text
from tests.journeys.desk_parts import begin, pool, row, troubles

__all__ = ["pool", "troubles"]
pytestmark = pytest.mark.browser


@pytest.fixture
def crm(live_server: Any) -> Iterator[DemoCrm]:
    """The demonstration's own CRM, connected as the demonstration connects it."""
    settings = live_server.app.config["PROZVON"]
    server = start(DemoCrm(0, hook_url=f"{live_server.url}/hooks/crm/{crm_token(settings)}"))
    with live_server.app.app_context():
        crm_setup.install(db.session(), settings)
        connection = db.session.query(CrmConnection).one()
        secrets = {"hook_url": f"{server.url}/rest/1/{CODE}/", "application_token": APPLICATION_TOKEN}
        connection.secrets = seal(secrets, settings.secret_key)
        db.session.commit()
        db.session.remove()
    yield server
    stop(server)


def the_worker(live_server: Any) -> None:
    """What the worker does meanwhile: leads out, told changes in."""
    keys = Keys(live_server.app.config["PROZVON"].secret_key, allow_private=True)
    with live_server.app.app_context():
        crm_push.drain(db.session(), keys, comment_text, go_on=lambda: True)
        connection_id = db.session.query(CrmConnection.id).scalar()
        crm_sync.work_off(db.session(), connection_id, keys, go_on=lambda: True)
        db.session.remove()


def until_told(live_server: Any, n: int) -> None:
    end = time.monotonic() + 10
    while row(live_server, "SELECT count(*) AS n FROM crm_hook").n < n:
        assert time.monotonic() < end, "the CRM has told nothing"
        time.sleep(0.05)


def test_a_success_is_a_lead_in_the_crm_and_what_becomes_of_it_stands_on_the_card(
    page: Any, live_server: Any, pool: list[int], troubles: list[str], crm: DemoCrm
) -> None:
    with live_server.app.app_context():
        db.session.execute(text("UPDATE ad SET seller_name = 'Олег', phones = '{79000000001}', phone = '79000000001'"))
        db.session.execute(text("UPDATE vehicle SET vin = 'XTA21900000000001' WHERE title = 'Пробная машина 0'"))
        db.session.commit()
        db.session.remove()
    begin(page, pool)
    page.fill("#f-comment", "Приедет в субботу к десяти")
    page.locator("button.desk-result", has_text="Записан на осмотр").click()
    page.wait_for_selector(f".desk-card[data-card='{pool[1]}']")
    the_worker(live_server)

    office = page.context.new_page()
    office.goto(crm.url)
    office.get_by_role("link", name="№ 1").click()
    expect(office.locator("h1")).to_contain_text("2018")
    for told in ("79000000001", "XTA21900000000001", "Приедет в субботу к десяти"):
        expect(office.locator("main")).to_contain_text(told)

    page.goto(f"/desk/?card={pool[0]}")
    card = page.locator(".desk-crm")
    expect(card.locator(".tag", has_text="в CRM")).to_be_visible()
    for n, (stage, word) in enumerate((("IN_PROCESS", "в работе"), ("JUNK", "отказ")), 1):
        office.locator(f"button[value={stage}]").click()
        until_told(live_server, n)
        the_worker(live_server)
        page.reload()
        expect(card.locator(".tag", has_text=word)).to_be_visible()
