"""The operator's calls from the browser on a real Asterisk: talks that are heard both ways, and all that ends them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from app import models
from app.extensions import db
from app.services import servers
from tests.conftest import LiveServer
from tests.databases import PASSWORD, Server, make_app
from tests.factories import get_user, make_ad, make_card, make_filter, make_source, make_vehicle
from tests.telephony.gateway import wait_for_line
from tests.telephony.lab import Lab, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]

ROOT = Path(__file__).resolve().parents[2]
# What each seller of the town does is told by the last two digits of his number.
ANSWERS, BUSY, SILENT = "55", "86", "80"
SOUND = [
    "--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns",
]  # fmt: skip
SHOWN_MS = 15_000


@pytest.fixture(scope="module")
def desk(server: Server, asterisk_lab: Lab) -> Iterator[LiveServer]:
    """The product on the database of the laboratory, with its telephony process."""
    app = make_app(server, asterisk_lab.url, WTF_CSRF_ENABLED=True)
    live = LiveServer(app, asterisk_lab.url)
    live.start()
    with app.app_context():
        _install(db.session(), asterisk_lab, app.config["SECRET_KEY"])
        db.session.commit()
        db.session.remove()
    environment = os.environ | server.environment(asterisk_lab.url)
    with subprocess.Popen([sys.executable, "run.py", "telephony"], cwd=ROOT, env=environment) as gateway:
        try:
            wait_for(lambda: asterisk_lab.sql("SELECT 1 FROM asterisk WHERE state = 'up'"), 20)
            wait_for_line(asterisk_lab)
            yield live
        finally:
            gateway.terminate()
            live.stop()
            with app.app_context():
                db.engine.dispose()


def _install(session: Any, lab: Lab, key: str) -> None:
    # Whoever had the laboratory before is done with it.
    session.execute(text("DELETE FROM phone_account"))
    session.execute(text("UPDATE asterisk SET is_enabled = false, name = left(name, 40) || ' ' || id"))
    session.execute(text("DELETE FROM caller_number"))
    session.execute(text("UPDATE trunk SET name = left(name, 40) || ' ' || id"))
    exchange = models.Asterisk(
        name="Лаборатория", ami_host="127.0.0.1", ami_port=lab.ami_port, ami_user=lab.ami_user, ws_url=lab.ws_url,
        recordings_dir=str(lab.recordings), cdr_csv=str(lab.cdr_csv),
    )  # fmt: skip
    servers.set_secret(exchange, lab.ami_secret, key)
    session.add(exchange)
    session.flush()
    line = models.Trunk(asterisk_id=exchange.id, name="Городок", endpoint=lab.trunk, ring_s=6)
    session.add(line)
    session.flush()
    session.add_all([
        models.DialPrefix(trunk_id=line.id, digits="981"),
        models.CallerNumber(trunk_id=line.id, phone="74950000001"),
        *(models.PhoneAccount(user_id=user.id, asterisk_id=exchange.id, extension=f"op{user.id}")
          for user in (get_user(session, "operator"), get_user(session, "operator2"))),
    ])  # fmt: skip
    session.execute(
        text(
            "INSERT INTO setting (name, value) VALUES ('call_hours_from', '0'), ('call_hours_to', '24')"
            " ON CONFLICT DO NOTHING"
        )
    )


@pytest.fixture(scope="module")
def loud_browser() -> Iterator[Any]:
    """Chromium whose microphone is a tone and who asks nobody."""
    import shutil

    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=SOUND)
        yield launched
        launched.close()


@pytest.fixture
def window(loud_browser: Any, desk: LiveServer) -> Iterator[Any]:
    context = loud_browser.new_context(base_url=desk.url, locale="ru-RU", viewport={"width": 1440, "height": 900})
    context.grant_permissions(["microphone"])
    rows(desk, "UPDATE operator_profile SET presence = 'ready'")  # whatever the test before has left
    yield context
    context.close()
    wait_for(lambda: not rows(desk, "SELECT 1 FROM call WHERE state <> 'ended'"), 40)


def rows(desk: LiveServer, statement: str, **values: Any) -> list[Any]:
    with desk.app.app_context():
        found = db.session.execute(text(statement), values)
        some = list(found) if found.returns_rows else []
        db.session.commit()
        db.session.remove()
    return some


_seller = iter(range(1, 100))


def cards(desk: LiveServer, *endings: str) -> list[int]:
    """Cards at the top of the operator's pool; each seller has the numbers that end so, divided by a space."""
    rows(desk, "DELETE FROM card WHERE stage = 0")
    rows(desk, "UPDATE card SET stage = 9, closed_why = 'status' WHERE stage < 9")
    rows(desk, "UPDATE operator_profile SET new_n = 0, open_n = 0, hour_n = 0, day_n = 0")
    made = []
    with desk.app.app_context():
        session = db.session()
        profile = session.get_one(models.OperatorProfile, get_user(session, "operator").id)
        wanted, source = make_filter(session, group=profile.group), make_source(session)
        for n, ending in enumerate(endings):
            phones = [f"79{next(_seller):02d}00000{tail}" for tail in ending.split()]
            vehicle = make_vehicle(session, title=f"Лада Веста {n}", price=500_000 + n)
            vehicle.ad_id = make_ad(session, vehicle=vehicle, source=source, phone=phones[0], phones=phones).id
            values = {"filter_id": wanted.id, "group_id": profile.group_id, "rank": len(endings) - n}
            made.append(make_card(session, vehicle, match_revision=1, **values).id)
        session.commit()
        db.session.remove()
    return made


def sit_down(window: Any, card: int | None = None, name: str = "operator") -> Any:
    """Logged in, the telephone connected, the best card of the pool in work."""
    page = window.new_page()
    page.goto("/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/**")
    stage(page, "ready")
    if card is not None:
        page.keyboard.press("Alt+KeyN")
        page.wait_for_selector(f".desk-card[data-card='{card}']")
        page.wait_for_selector("#desk .htmx-settling", state="detached")
    return page


def stage(page: Any, name: str, within_ms: int = SHOWN_MS) -> None:
    page.wait_for_selector(f"#phone[data-stage='{name}']", timeout=within_ms)


def free_phone(desk: LiveServer, name: str = "operator") -> None:
    """Telephony has heard that the telephone is there and free: before that nobody may call by it."""
    free = "SELECT 1 FROM phone_account p JOIN ab_user u ON u.id = p.user_id WHERE username = :name AND device_state = "
    wait_for(lambda: rows(desk, free + "'not_inuse'", name=name), 15)


def call(page: Any, desk: LiveServer) -> None:
    free_phone(desk)
    page.wait_for_selector("#phone [data-do='call']:not(:disabled)")
    page.keyboard.press("Alt+KeyC")


def last_call(desk: LiveServer) -> Any:
    return rows(desk, "SELECT * FROM call ORDER BY id DESC LIMIT 1")[0]


def test_a_talk_from_the_card_to_the_next_card(window: Any, desk: LiveServer) -> None:
    """take → call → talk, heard both ways → hang up → a result → the next card"""
    first, second = cards(desk, ANSWERS, ANSWERS)
    page = sit_down(window, first)
    call(page, desk)
    stage(page, "talking")
    page.wait_for_selector("#phone[data-link^='pz-']")
    page.wait_for_selector("[data-p='quality'][data-word='good']", timeout=SHOWN_MS)
    before = page.evaluate("() => window.phone.state.stats")
    assert before["got"] > 20 and before["sent"] > 20
    page.wait_for_timeout(2500)  # the sound itself takes time: a hundred packets in two seconds
    after = page.evaluate("() => window.phone.state.stats")
    assert after["got"] - before["got"] > 50 and after["sent"] - before["sent"] > 50
    assert after["energy"] > before["energy"] and page.evaluate("() => window.phone.state.sound") > 0
    assert rows(desk, "SELECT presence FROM operator_profile ORDER BY user_id LIMIT 1")[0].presence == "talking"
    page.keyboard.press("Alt+KeyH")
    stage(page, "wrap")
    ended = last_call(desk)
    assert (ended.outcome, ended.card_id) == ("answered", first) and ended.talk_ms > 2000
    assert not page.query_selector(".note:has-text('уже завершён')")  # to hang up is no trouble
    assert "Отвечен" in page.inner_text("[data-p='who']")
    page.keyboard.press("Alt+Digit7")
    page.wait_for_selector(f".desk-card[data-card='{second}']")
    stage(page, "ready")


@pytest.mark.parametrize(("digits", "outcome", "name"), [(BUSY, "busy", "Занято"), (SILENT, "no_answer", "Нет ответа")])
def test_a_call_without_a_talk_proposes_its_result_and_enter_gives_it(
    window: Any, desk: LiveServer, digits: str, outcome: str, name: str
) -> None:
    first, second = cards(desk, digits, ANSWERS)
    page = sit_down(window, first)
    call(page, desk)
    stage(page, "wrap", 25_000)
    assert last_call(desk).outcome == outcome
    page.wait_for_selector(f"[data-do='suggested']:focus:has-text('{name}')")
    assert page.inner_text(".desk-result-suggested").startswith(name)
    page.keyboard.press("Enter")
    page.wait_for_selector(f".desk-card[data-card='{second}']")
    given = rows(
        desk, "SELECT s.name FROM status_change c JOIN status s ON s.id = c.new_id WHERE c.card_id = :id", id=first
    )
    assert [row.name for row in given] == [name]


def test_another_number_of_the_seller_can_be_called(window: Any, desk: LiveServer) -> None:
    (card,) = cards(desk, f"{BUSY} {ANSWERS}")
    page = sit_down(window, card)
    free_phone(desk)
    page.click("[data-p='others'] summary")
    page.click("[data-p='other-numbers'] button")
    stage(page, "talking")
    assert last_call(desk).phone.endswith(ANSWERS)
    page.keyboard.press("Alt+KeyH")
    stage(page, "wrap")


def test_hold_mute_and_keys_in_a_talk(window: Any, desk: LiveServer) -> None:
    (card,) = cards(desk, ANSWERS)
    page = sit_down(window, card)
    call(page, desk)
    stage(page, "talking")
    page.click("[data-do='hold']")
    stage(page, "held")
    page.click("[data-do='hold']")
    stage(page, "talking")
    page.click("[data-do='mute']")
    page.wait_for_selector("[data-do='mute'][aria-pressed='true']")
    page.click("[data-p='keypad'] summary")
    page.click("[data-digit-key='5']")
    assert page.inner_text("[data-p='digits']") == "5"
    page.keyboard.press("Alt+KeyH")
    stage(page, "wrap")


def test_the_talk_goes_on_while_the_desk_shows_another_card(window: Any, desk: LiveServer) -> None:
    first, second = cards(desk, ANSWERS, ANSWERS)
    page = sit_down(window, first)
    call(page, desk)
    stage(page, "talking")
    link = page.get_attribute("#phone", "data-link")
    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector(f".desk-card[data-card='{first}'], .desk-card[data-card='{second}']")
    page.click(".desk-tabs a >> nth=3")
    page.wait_for_selector("[data-p='quality'][data-word='good']", timeout=SHOWN_MS)
    assert page.get_attribute("#phone", "data-link") == link and last_call(desk).state == "talking"
    page.keyboard.press("Alt+KeyH")
    stage(page, "wrap")


def test_a_talk_is_handed_to_a_colleague_who_answers_it(window: Any, loud_browser: Any, desk: LiveServer) -> None:
    (card,) = cards(desk, ANSWERS)
    page = sit_down(window, card)
    with loud_browser.new_context(base_url=desk.url, locale="ru-RU") as elsewhere:
        elsewhere.grant_permissions(["microphone"])
        colleague = sit_down(elsewhere, name="operator2")
        free_phone(desk, "operator2")
        call(page, desk)
        stage(page, "talking")
        page.click("[data-p='transfer'] summary")
        page.click("[data-person='transfer']:not(:disabled)")
        stage(colleague, "incoming")
        colleague.click("[data-do='answer']")
        stage(colleague, "talking")
        stage(page, "wrap")
        assert last_call(desk).operator_id != rows(desk, "SELECT id FROM ab_user WHERE username = 'operator'")[0].id
        colleague.wait_for_selector("[data-p='quality'][data-word='good']", timeout=SHOWN_MS)
        colleague.click("[data-do='hangup']")
        stage(colleague, "wrap")


def test_two_tabs_share_one_telephone_and_the_other_takes_it_over(window: Any, desk: LiveServer) -> None:
    (card,) = cards(desk, ANSWERS)
    page = sit_down(window, card)
    other = window.new_page()
    other.goto("/desk/")
    stage(other, "ready")
    assert [one.get_attribute("#phone", "data-holds") for one in (page, other)] == ["here", "elsewhere"]
    call(page, desk)
    stage(other, "talking")
    other.click("[data-do='hangup']")  # told to the tab that holds the telephone
    stage(page, "wrap")
    page.close()
    other.wait_for_selector("#phone[data-holds='here']", timeout=3000)
    stage(other, "wrap")


def test_a_restart_of_asterisk_is_shown_and_the_telephone_comes_back_by_itself(
    window: Any, desk: LiveServer, asterisk_lab: Lab
) -> None:
    (card,) = cards(desk, ANSWERS)
    page = sit_down(window, card)
    asterisk_lab.asterisk.kill()
    stage(page, "down", 5_000)
    assert "Нет связи с телефонией" in page.inner_text("#phone")
    page.keyboard.press("Alt+KeyC")  # the key shows the number now, which can be dialled from any telephone
    assert page.get_attribute("#phones a", "href").startswith("tel:+79")
    page.fill("#f-comment", "Работа идёт и без телефонии")
    asterisk_lab.asterisk.start()
    stage(page, "ready", 30_000)
    wait_for_line(asterisk_lab)
    call(page, desk)
    stage(page, "talking")
    page.keyboard.press("Alt+KeyH")
    stage(page, "wrap")
    assert page.input_value("#f-comment") == "Работа идёт и без телефонии"


def test_a_browser_that_dies_in_a_talk_leaves_no_seller_behind_in_it(
    loud_browser: Any, desk: LiveServer, asterisk_lab: Lab
) -> None:
    (card,) = cards(desk, ANSWERS)
    rows(desk, "UPDATE operator_profile SET presence = 'ready'")
    asterisk_lab.sql("UPDATE ps_endpoints SET rtp_timeout = 3")  # 45 otherwise: as long as a bad line may be silent
    try:
        context = loud_browser.new_context(base_url=desk.url, locale="ru-RU", permissions=["microphone"])
        page = sit_down(context, card)
        call(page, desk)
        stage(page, "talking")
        page.wait_for_selector("[data-p='quality'][data-word='good']", timeout=SHOWN_MS)
        page.evaluate("() => { navigator.sendBeacon = () => false; }")
        context.close()  # no BYE, no word: as a crash does it
        wait_for(lambda: last_call(desk).state == "ended", 20)
        assert last_call(desk).outcome == "answered"
    finally:
        asterisk_lab.sql("UPDATE ps_endpoints SET rtp_timeout = DEFAULT")


def test_the_trial_of_the_telephone_says_that_the_sound_works(window: Any, desk: LiveServer) -> None:
    page = sit_down(window)
    free_phone(desk)
    page.click("[data-p='settings'] summary")
    page.click("[data-do='check']")
    page.wait_for_selector("[data-p='check-word'][data-word='check-good']", timeout=25_000)


@pytest.mark.parametrize(("break_it", "shown"), [
    ("navigator.mediaDevices.enumerateDevices = async () => []", "no-microphone"),
    ("delete window.RTCPeerConnection", "no-webrtc"),
    ("navigator.permissions.query = async () => ({ state: 'denied' })", "denied"),
])  # fmt: skip
def test_a_browser_without_a_voice_says_so_and_the_desk_works(
    window: Any, desk: LiveServer, break_it: str, shown: str
) -> None:
    first, second = cards(desk, ANSWERS, ANSWERS)
    window.add_init_script(break_it)
    page = window.new_page()
    page.goto("/login/")
    page.fill("input[name=username]", "operator")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    stage(page, shown)
    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector(f".desk-card[data-card='{first}']")
    page.keyboard.press("Alt+KeyC")
    page.wait_for_selector("#phones a[href^='tel:']")
    page.keyboard.press("Alt+Digit1")
    page.wait_for_selector(f".desk-card[data-card='{second}']")


def test_a_seller_on_the_stop_list_is_not_called_and_the_operator_reads_why(window: Any, desk: LiveServer) -> None:
    (card,) = cards(desk, ANSWERS)
    page = sit_down(window, card)
    with desk.app.app_context():
        from datetime import UTC, datetime

        from app.services import calls, stop_list

        for phone in calls.numbers_of_card(db.session(), card):
            stop_list.add(db.session(), phone, reason="asked", actor_id=None, now=datetime.now(UTC))
        db.session.commit()
        db.session.remove()
    before = len(rows(desk, "SELECT 1 FROM call"))
    call(page, desk)
    page.wait_for_selector(".note:has-text('стоп-лист')")
    assert len(rows(desk, "SELECT 1 FROM call")) == before
