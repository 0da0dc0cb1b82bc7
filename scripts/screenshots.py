"""Make the pictures of docs/: start a demonstration of its own on loopback, log in, take the named screens, end it.

`make screenshots`. The demonstration lives in a folder that goes away with it; its classified always has the same seed.
Names given as arguments narrow the work: `python scripts/screenshots.py card board`.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "img"
HEAVIEST = 120 * 1024
SIZE = {"width": 1280, "height": 800}
PATIENCE_S = 240


def open_card(page: Page) -> None:
    """The operator takes the best card of the pool, as a newcomer would: by the button."""
    page.goto("/desk/")
    page.locator("[data-key=next]").first.click()
    page.wait_for_selector("#result")
    page.wait_for_load_state("networkidle")


def ask_again(page: Page) -> None:
    open_card(page)
    page.keyboard.press("Alt+KeyP")
    page.wait_for_selector("#again[open]")


def write_sms(page: Page) -> None:
    """From the first card whose seller has a mobile number of his own."""
    for _n in range(20):
        open_card(page)
        page.keyboard.press("Alt+KeyS")
        page.wait_for_selector("#sms-template")
        if page.locator("#sms-panel .btn-primary").is_enabled():
            return


def play_shift(page: Page) -> None:
    page.goto("/what-if/")
    page.fill("#operators", "40")
    page.fill("#lines", "300")
    page.locator("form[action='/what-if/'] [type=submit]").click()
    page.wait_for_selector("#chart canvas", timeout=120_000)


def write_template(page: Page) -> None:
    page.goto("/smstemplateview/add")
    page.fill("#name", "Ждём на осмотр")
    page.fill("#text", "{имя}, ждём вас и {машина} на осмотр с 9 до 20. {оператор}, {компания}")
    page.wait_for_selector("#sms-preview .text-secondary")


def show_keys(page: Page) -> None:
    page.goto("/desk/")
    page.locator("body").press("?")
    page.wait_for_selector("#keys-help[open]")


def fill_filter(page: Page) -> None:
    page.goto("/adfilterview/list/")
    page.locator("main a[href*='/adfilterview/build/']").first.click()
    page.wait_for_selector("#count strong")


def edit_limits(page: Page) -> None:
    page.goto("/operatorprofileview/list/")
    page.goto(str(page.locator("a[href*='/operatorprofileview/edit/']").first.get_attribute("href")))


def one_role(page: Page) -> None:
    page.goto("/roles/list/")
    row = page.locator("tr", has_text="Супервайзер").first
    page.goto(str(row.locator("a[href*='/roles/show/']").first.get_attribute("href")))


def at(address: str) -> Callable[[Page], None]:
    def show(page: Page) -> None:
        page.goto(address)

    return show


# name of the picture -> who looks, how to get there
PICTURES: dict[str, tuple[str, Callable[[Page], None]]] = {
    "desk": ("operator1", at("/desk/")),
    "card": ("operator1", open_card),
    "again": ("operator2", ask_again),
    "sms": ("operator3", write_sms),
    "keys": ("operator1", show_keys),
    "first-steps": ("supervisor", at("/board/")),
    "sources": ("supervisor", at("/sourceview/add")),
    "import": ("supervisor", at("/sourceview/import")),
    "filters": ("supervisor", at("/adfilterview/list/")),
    "filter": ("supervisor", fill_filter),
    "limits": ("supervisor", edit_limits),
    "hand-over": ("supervisor", at("/board/move")),
    "statuses": ("supervisor", at("/statusview/list/")),
    "sms-template": ("supervisor", write_template),
    "what-if": ("supervisor", play_shift),
    "sms-report": ("supervisor", at("/reports/sms/chart/?preset=7days&group=day")),
    "invitations": ("admin", at("/invites/")),
    "roles": ("admin", one_role),
    "settings": ("admin", at("/settingview/")),
    "audit": ("admin", at("/auditview/list/")),
}


def main() -> None:
    wanted = sys.argv[1:] or list(PICTURES)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with demonstration() as (url, passwords), sync_playwright() as playwright:
        found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox"], env={**os.environ, "LANGUAGE": "ru_RU"}
        )
        pages: dict[str, Page] = {}
        for name in wanted:
            who, get_there = PICTURES[name]
            if who not in pages:
                pages[who] = browser.new_page(
                    base_url=url, viewport=SIZE, locale="ru-RU", color_scheme="light", reduced_motion="reduce"
                )
                log_in(pages[who], who, passwords[who])
            get_there(pages[who])
            pages[who].wait_for_timeout(500)  # what fades in has done so
            print(f"{name}: {take(pages[who], IMAGES / f'{name}.webp') // 1024} KB")
        browser.close()


def log_in(page: Page, name: str, password: str) -> None:
    page.goto("/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda address: "/login" not in address)


def take(page: Page, place: Path) -> int:
    """As good as its weight allows."""
    session = page.context.new_cdp_session(page)
    content = b""
    for quality in range(80, 20, -10):
        shot = session.send("Page.captureScreenshot", {"format": "webp", "quality": quality})
        content = base64.b64decode(shot["data"])
        if len(content) <= HEAVIEST:
            break
    place.write_bytes(content)
    return len(content)


@contextmanager
def demonstration() -> Iterator[tuple[str, dict[str, str]]]:
    """(address, {log-in: password}) of a demonstration that has cards to deal."""
    folder = Path(tempfile.mkdtemp(prefix="prozvon-pictures-"))
    port = _free_port()
    environment = os.environ | {"PROZVON_VAR": str(folder), "PROZVON_PORT": str(port)}
    environment.pop("DATABASE_URL", None)
    log = (folder / "log").open("wb")
    process = subprocess.Popen([sys.executable, "run.py"], cwd=ROOT, env=environment, stdout=log, stderr=log)
    try:
        url = f"http://127.0.0.1:{port}"
        _wait(lambda: _answers(f"{url}/readyz") and (folder / "demo_logins.json").exists(), process)
        # The first adverts are pulled and matched within two turns of the clock.
        _wait(lambda: b"n_given=" in (folder / "log").read_bytes(), process)
        accounts: list[dict[str, Any]] = json.loads((folder / "demo_logins.json").read_text("utf-8"))
        yield url, {account["username"]: account["password"] for account in accounts}
    finally:
        process.terminate()
        process.wait(timeout=60)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def _wait(done: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not done():
        if process.poll() is not None or time.monotonic() > until:
            raise SystemExit("The demonstration did not start: try `make run` and read what it says.")
        time.sleep(0.5)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _free_port() -> int:
    """With three free neighbours, for the classified, the CRM and the SMS gateway next door."""
    while True:
        with socket.socket() as first, socket.socket() as second, socket.socket() as third, socket.socket() as fourth:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                for n, neighbour in enumerate((second, third, fourth), 1):
                    neighbour.bind(("127.0.0.1", port + n))
            except (OSError, OverflowError):
                continue
            return port


if __name__ == "__main__":
    main()
