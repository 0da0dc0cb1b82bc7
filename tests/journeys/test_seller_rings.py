"""A seller calls back while an operator sits in the browser; the supervisor sees it, listens, and hears it again."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import LiveServer
from tests.databases import PASSWORD, Server
from tests.telephony.a_company import Company
from tests.telephony.lab import Lab, wait_for

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]

SOUND = [
    "--no-sandbox", "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required", "--disable-features=WebRtcHideLocalIpsWithMdns",
]  # fmt: skip
LOUD = 2500


class House(Company):
    """The company with its pages open to browsers."""

    def __init__(self, server: Server, lab: Lab) -> None:
        super().__init__(server, lab)
        self.app.config["WTF_CSRF_ENABLED"] = True
        self.live = LiveServer(self.app, lab.url)
        self.live.start()
        self.start()


@pytest.fixture(scope="module")
def house(server: Server, asterisk_lab: Lab) -> Iterator[House]:
    house = House(server, asterisk_lab)
    yield house
    house.live.stop()
    house.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """Its microphone is a made-up one and it asks nobody."""
    from playwright.sync_api import sync_playwright

    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=SOUND)
        yield launched
        launched.close()


@pytest.fixture
def sit_down(chromium: Any, house: House) -> Iterator[Any]:
    """sit_down("name", "/board/") is a page of a fresh browser, logged in, its telephone connected."""
    contexts = []

    def open_page(username: str, address: str, *, with_phone: bool = True) -> Any:
        context = chromium.new_context(base_url=house.live.url, locale="ru-RU", viewport={"width": 1440, "height": 900})
        context.grant_permissions(["microphone"])
        contexts.append(context)
        page = context.new_page()
        page.goto("/login/")
        page.fill("input[name=username]", username)
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url("**/desk/**" if address.startswith("/desk") else "**/board/**")
        if with_phone:
            page.wait_for_selector("#phone[data-stage='ready']", timeout=20_000)
        return page

    yield open_page
    for context in contexts:
        context.close()


def free(house: House, user_id: int) -> None:
    wait_for(
        lambda: house.one("SELECT device_state FROM phone_account WHERE user_id = :id", id=user_id) == "not_inuse", 20
    )


def test_a_seller_calls_back_and_his_card_opens(house: House, sit_down: Any) -> None:
    """rings → the card opens → answer → talk → he hangs up → result → the supervisor hears the recording"""
    username, operator = house.hire_in_browser()
    number, card = house.called(operator)
    page = sit_down(username, "/desk/")
    free(house, operator)
    assert page.query_selector(f".desk-card[data-card='{card}']") is None or page.goto("/desk/?tab=new")
    seller = house.seller()
    seller.call(house.lab.sip_port, house.ours, number)
    page.wait_for_selector("#phone[data-stage='incoming']", timeout=20_000)
    page.wait_for_selector(f".desk-card[data-card='{card}']", timeout=20_000)
    page.click("#phone [data-do='answer']")
    page.wait_for_selector("#phone[data-stage='talking']", timeout=20_000)
    wait_for(lambda: seller.state == "talking")
    seller.forget()
    wait_for(lambda: seller.heard_s() > 2, 15)  # the browser's own sound reaches the seller
    assert page.evaluate("() => window.phone.state.sound") > 0  # and his reaches the browser
    page.wait_for_selector(f".desk-card[data-card='{card}'][data-mine]")
    seller.hang_up()
    page.wait_for_selector("#phone[data-stage='wrap']", timeout=20_000)
    call = wait_for(lambda: (found := house.call_of(number)) and found.state == "ended" and found)
    assert (call.outcome, call.card_id, call.operator_id) == ("answered", card, operator)
    _heard_again(house, sit_down("supervisor", "/board/", with_phone=False), card, call)


def _heard_again(house: House, page: Any, card: int, call: Any) -> None:
    """The supervisor plays the talk on the card's time-line, twice as fast, and that is written down."""
    page.goto(f"/desk/look?card={card}")
    player = page.locator(f"audio[src='/recordings/{call.id}']")
    player.scroll_into_view_if_needed()
    page.click("[data-player] [data-pace='2']")
    player.evaluate("(audio) => audio.play()")
    page.wait_for_function(
        f"() => document.querySelector(\"audio[src='/recordings/{call.id}']\").currentTime > 0.3", timeout=15_000
    )
    told = player.evaluate("(audio) => [audio.playbackRate, audio.duration, audio.error]")
    assert told[0] == 2 and told[1] > 1.5 and told[2] is None
    events = house.sql("SELECT what FROM audit_event WHERE subject = 'call' AND subject_id = :id", id=call.id)
    assert [row.what for row in events] == ["recording_listened"]


def test_a_missed_call_is_an_overdue_callback_on_the_desk_and_in_the_supervisors_list(
    house: House, sit_down: Any
) -> None:
    username, operator = house.hire_in_browser()
    number, card = house.called(operator)
    seller = house.seller()
    seller.call(house.lab.sip_port, house.ours, number)
    wait_for(lambda: (found := house.call_of(number)) and found.state == "ended", 30)
    page = sit_down(username, "/desk/")
    page.click(".desk-tabs a[href*='callbacks']")
    page.click(f".desk-line[href*='card={card}']")
    page.wait_for_selector(f".desk-card[data-card='{card}']")
    assert "Пропущенный звонок" in page.inner_text(".desk-callback-note")
    boss = sit_down("supervisor", "/board/", with_phone=False)
    boss.goto("/callbacks/?kind=missed&when=overdue")
    assert "пропущенный звонок" in boss.inner_text("main") and f"card={card}" in boss.content()


def test_a_supervisor_listens_from_the_board_and_ends_the_call(house: House, sit_down: Any) -> None:
    """the live call on the board → Слушать → his own telephone in the browser answers → Завершить"""
    operator = house.hire(480)
    username, boss = house.hire_in_browser("Supervisor")
    number, _card = house.called(operator)
    page = sit_down(username, "/board/")
    free(house, boss)
    seller = house.seller()
    seller.call(house.lab.sip_port, house.ours, number)
    wait_for(lambda: seller.loudness(480) > LOUD and operator.loudness(620) > LOUD, 20)
    call = wait_for(lambda: (found := house.call_of(number)) and found.state == "talking" and found)
    page.wait_for_selector(f"[data-live-call='{call.id}'] [data-live$='/listen']", timeout=10_000)
    assert f"•••-••-{number[-2:]}" in page.inner_text(f"[data-live-call='{call.id}']")
    page.click(f"[data-live-call='{call.id}'] [data-live$='/listen']")
    page.wait_for_function("() => window.phone.state.sound > 0", timeout=20_000)
    heard = "SELECT count(*) FROM call_event WHERE call_id = :id AND name = 'SpyStarted'"
    wait_for(lambda: house.one(heard, id=call.id) == 1)
    what = "SELECT what FROM audit_event WHERE subject = 'call' AND subject_id = :id"
    assert [row.what for row in house.sql(what, id=call.id)] == ["call_listened"]
    page.click(f"[data-live-call='{call.id}'] [data-live$='/hangup']")
    page.click("#confirm button[value='yes'], #confirm .btn-danger, #confirm .btn-primary")
    wait_for(lambda: house.call_of(number).state == "ended", 15)
    page.wait_for_selector(f"[data-live-call='{call.id}']", state="detached", timeout=10_000)
