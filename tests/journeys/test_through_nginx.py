"""A talk as production has it: pages and the telephone's web socket through a real nginx with our file; a real TURN."""

from __future__ import annotations

import shutil
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from app import create_app
from app.extensions import db
from tests.conftest import LiveServer
from tests.databases import PASSWORD, Server
from tests.journeys import a_gate
from tests.journeys.test_calls import ANSWERS, SOUND, call, cards, desk, last_call, rows, sit_down, stage
from tests.telephony.lab import Lab

__all__ = ["desk"]  # a fixture of the calls' journeys, used here as it is

pytestmark = [pytest.mark.browser, pytest.mark.asterisk]

SECRET = "of-a-test-shared-with-a-turn-server"
RELAYED = """async ([servers]) => {
  const line = new RTCPeerConnection({ iceServers: servers, iceTransportPolicy: "relay" });
  line.addTransceiver("audio");
  const found = [];
  const done = new Promise((resolve) => {
    line.onicecandidate = (event) => { if (event.candidate) found.push(event.candidate.type); else resolve(); };
    setTimeout(resolve, 8000);
  });
  await line.setLocalDescription();
  await done;
  line.close();
  return found;
}"""


@pytest.fixture(scope="module")
def gate(
    server: Server, desk: LiveServer, asterisk_lab: Lab, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Any]]:
    """The company of the calls' journeys, reached by https://calls.example.ru alone."""
    folder: Path = tmp_path_factory.mktemp("gate")
    with a_gate.coturn(folder, SECRET) as turn:
        settings = server.settings(
            asterisk_lab.url, PROZVON_PUBLIC_URL=f"https://{a_gate.NAME}", PROZVON_PROXY_HOPS="1",
            PROZVON_ICE_URLS=f"turn:127.0.0.1:{turn}?transport=tcp", PROZVON_TURN_SECRET=SECRET,
        )  # fmt: skip
        app = create_app(settings, TESTING=True, RATELIMIT_ENABLED=False, WTF_CSRF_ENABLED=True)
        behind = LiveServer(app, asterisk_lab.url)
        behind.start()
        _browsers_connect_to(desk, f"wss://{a_gate.NAME}/ws")
        port = urlsplit(behind.url).port
        assert port is not None
        with a_gate.nginx(folder, web=port, ws=asterisk_lab.http_port) as https:
            yield {"port": https, "folder": folder}
        _browsers_connect_to(desk, asterisk_lab.ws_url)
        behind.stop()
        with app.app_context():
            db.engine.dispose()


def _browsers_connect_to(desk: LiveServer, address: str) -> None:
    rows(desk, "UPDATE asterisk SET ws_url = :url WHERE is_enabled", url=address)


@pytest.fixture
def window(gate: dict[str, Any], desk: LiveServer) -> Iterator[Any]:
    """A browser that finds the name on this machine and, for once, trusts a certificate signed by ourselves."""
    from playwright.sync_api import sync_playwright

    rows(desk, "UPDATE operator_profile SET presence = 'ready'")  # whatever the test before has left
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    way = f"--host-resolver-rules=MAP {a_gate.NAME}:443 127.0.0.1:{gate['port']}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=[*SOUND, way, "--ignore-certificate-errors", "--allow-loopback-in-peer-connection"],
        )
        context = browser.new_context(base_url=f"https://{a_gate.NAME}", locale="ru-RU", ignore_https_errors=True)
        context.grant_permissions(["microphone"])
        yield context
        browser.close()


def test_a_seller_is_called_and_heard_through_nginx(window: Any, desk: LiveServer) -> None:
    """log in by https → the telephone is connected by wss → a talk heard both ways → the supervisor plays it"""
    (card,) = cards(desk, ANSWERS)
    page = sit_down(window, card)
    assert page.evaluate("() => performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
    call(page, desk)
    stage(page, "talking")
    page.wait_for_selector("[data-p='quality'][data-word='good']", timeout=15_000)
    page.wait_for_function(
        "() => window.phone.state.stats.got > 100 && window.phone.state.stats.sent > 100", timeout=15_000
    )
    assert page.evaluate("() => window.phone.state.sound") > 0
    page.keyboard.press("Alt+KeyH")
    stage(page, "wrap")
    ended = last_call(desk)
    assert (ended.outcome, ended.card_id) == ("answered", card)
    boss = window.browser.new_context(base_url=f"https://{a_gate.NAME}", locale="ru-RU", ignore_https_errors=True)
    _played(boss.new_page(), ended.id)


def _played(page: Any, call_id: int) -> None:
    page.goto("/login/")
    page.fill("input[name=username]", "supervisor")
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/board/**")
    asked = "async (url) => { const got = await fetch(url, { headers: { Range: 'bytes=0-99' } });"
    told = page.evaluate(
        asked + " return [got.status, (await got.arrayBuffer()).byteLength]; }", f"/recordings/{call_id}"
    )
    assert told == [206, 100]


def test_the_log_in_brings_a_days_password_that_the_turn_server_takes(window: Any, desk: LiveServer) -> None:
    page = sit_down(window)
    servers = page.evaluate(
        "async () => { const { session } = document.querySelector('#phone').dataset;"
        " return (await window.phone.post(session, { take: 1 })).said.ice_servers; }"
    )
    assert len(servers) == 1 and servers[0]["username"].split(":")[1].startswith("op")
    assert "relay" in page.evaluate(RELAYED, [servers])
    forged = [servers[0] | {"credential": "of-somebody-else"}]
    assert page.evaluate(RELAYED, [forged]) == []


def test_a_foreign_page_opens_no_telephone_and_nobody_comes_without_tls(gate: dict[str, Any]) -> None:
    trusting = ssl.create_default_context(cafile=str(gate["folder"] / "fullchain.pem"))
    trusting.check_hostname = False
    asked = urllib.request.Request(
        f"https://127.0.0.1:{gate['port']}/ws",
        headers={"Host": a_gate.NAME, "Origin": "https://elsewhere.example", "Upgrade": "websocket",
                 "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "sip",
                 "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="},
    )  # fmt: skip
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(asked, context=trusting, timeout=10)
    assert refused.value.code == 403
    refused.value.close()


def test_static_files_come_from_nginx_with_a_year_to_keep_them(window: Any) -> None:
    page = window.new_page()
    page.goto("/login/")
    address = page.get_attribute("link[rel=stylesheet]", "href")
    kept = page.evaluate("async (url) => (await fetch(url)).headers.get('cache-control')", address)
    assert "max-age=31536000" in kept and "immutable" in kept
    cookies = window.cookies()
    assert cookies and all(cookie["secure"] for cookie in cookies)
