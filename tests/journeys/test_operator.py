"""An operator's work in a real browser, with the keyboard: log in, take, fill in, set results, get the next one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from app.models import OperatorProfile
from tests.databases import PASSWORD
from tests.factories import get_user, make_ad, make_card, make_filter, make_source, make_vehicle

pytestmark = pytest.mark.browser
CARS = 4


@pytest.fixture
def troubles(page: Any) -> Iterator[list[str]]:
    """Whatever the browser complains about while the journey goes on; nothing may be left at its end."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda told: found.append(told.text) if told.type == "error" else None)
    yield found
    assert not found


@pytest.fixture
def pool(live_server: Any) -> list[int]:
    """Cards of the operator's group in the pool, the best first."""
    with live_server.app.app_context():
        session = db.session()
        profile = session.get(OperatorProfile, get_user(session, "operator").id)
        wanted = make_filter(session, group=profile.group)
        source = make_source(session)
        ids = []
        for n in range(CARS):
            vehicle = make_vehicle(session, title=f"Пробная машина {n}", price=500_000 + n)
            vehicle.ad_id = make_ad(session, vehicle=vehicle, source=source).id
            ids.append(
                make_card(
                    session, vehicle, filter_id=wanted.id, group_id=profile.group_id, rank=CARS - n, match_revision=1
                ).id
            )
        session.commit()
        db.session.remove()
    return ids


def log_in(page: Any, name: str) -> None:
    page.goto("/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/**")


def row(live_server: Any, query: str, **values: Any) -> Any:
    with live_server.app.app_context():
        found = db.session.execute(text(query), values).one()
        db.session.remove()
    return found


def test_a_day_with_keys_only(page: Any, live_server: Any, pool: list[int], troubles: list[str]) -> None:
    log_in(page, "operator")
    page.keyboard.press("Alt+KeyN")  # take the best card of the pool
    page.wait_for_selector(f".desk-card[data-card='{pool[0]}']")
    assert "+7 9" in page.inner_text("#phones")

    page.keyboard.press("Alt+KeyC")  # show the number
    page.wait_for_selector("#phones a[href^='tel:+79']")

    page.fill("#f-asked_price", "480 000")
    page.fill("#f-comment", "Два владельца, торг у капота")
    page.wait_for_selector("#saved:not(:empty)")
    saved = row(live_server, "SELECT form FROM card WHERE id = :id", id=pool[0]).form
    assert saved == {"asked_price": 480_000, "comment": "Два владельца, торг у капота"}

    page.keyboard.press("Alt+Digit7")  # refused; the next card comes by itself
    page.wait_for_selector(f".desk-card[data-card='{pool[1]}']")
    assert row(live_server, "SELECT stage FROM card WHERE id = :id", id=pool[0]).stage == 9

    page.keyboard.press("Alt+Digit4")  # call later needs a time: the chips open
    page.wait_for_selector("#again[open]")
    page.locator("#again [name=chip]").last.check(force=True)
    page.keyboard.press("Alt+Digit4")
    page.wait_for_selector(f".desk-card[data-card='{pool[2]}']")
    planned = row(live_server, "SELECT stage, next_call_at FROM card WHERE id = :id", id=pool[1])
    assert planned.stage == 3
    assert planned.next_call_at > datetime.now(UTC)

    page.keyboard.press("Alt+Digit6")  # success
    page.wait_for_selector(f".desk-card[data-card='{pool[3]}']")
    assert row(live_server, "SELECT count(*) AS n FROM lead WHERE card_id = :id", id=pool[2]).n == 1


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


def test_two_windows_with_one_card_lose_nothing(page: Any, live_server: Any, pool: list[int]) -> None:
    log_in(page, "operator")
    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector(f".desk-card[data-card='{pool[0]}']")
    second = page.context.new_page()
    second.goto(f"/desk/?card={pool[0]}")
    page.fill("#f-comment", "первое окно")
    page.wait_for_selector("#saved:not(:empty)")
    second.fill("#f-comment", "второе окно")
    second.wait_for_selector(".desk-conflict")
    assert second.input_value("#f-comment") == "второе окно"
    assert row(live_server, "SELECT form FROM card WHERE id = :id", id=pool[0]).form["comment"] == "первое окно"


def test_what_was_typed_outlives_a_lost_connection(page: Any, live_server: Any, pool: list[int]) -> None:
    log_in(page, "operator")
    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector(f".desk-card[data-card='{pool[0]}']")
    page.context.set_offline(True)
    page.fill("#f-comment", "без связи")
    page.wait_for_selector("#desk-alert.shown")
    page.context.set_offline(False)
    page.wait_for_selector("#saved:not(:empty)", timeout=15_000)
    assert row(live_server, "SELECT form FROM card WHERE id = :id", id=pool[0]).form["comment"] == "без связи"


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
