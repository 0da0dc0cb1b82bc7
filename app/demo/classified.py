"""A classified of our own on loopback, so that a newcomer sees the product full of life; speaks like ads-api.ru.

Run alone: python -m app.demo.classified --port 8765 --seed 1
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from math import ceil
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from app.demo import page
from app.demo.adverts import SITES, Advert
from app.demo.rows import CARS, MOSCOW, row_of
from app.demo.world import Query, World

DEMO_USER = "demo@example.invalid"
DEMO_TOKEN = "demo"  # noqa: S105  opens nothing but made-up adverts on loopback
MOST_ROWS = 1000
NEWEST_ON_FRONT = 60
_MOST_DIGITS = 15
_SITE_NUMBERS = frozenset(str(site.number) for site in SITES)
_TIME = "%Y-%m-%d %H:%M:%S"


class Wrong(Exception):
    """An answer that is no data: HTTP status and the words of the envelope."""

    def __init__(self, code: int, error: str, retry_after_s: int | None = None) -> None:
        super().__init__(error)
        self.code, self.error, self.retry_after_s = code, error, retry_after_s


class Classified(ThreadingHTTPServer):
    """The server and its world. `pause_s` is how long a user has to wait between two API requests; 0 is no wait."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(
        self, port: int, *, seed: int, tempo: float, pause_s: float = 1.0, token: str = DEMO_TOKEN,
        leads: str = "", clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        super().__init__(("127.0.0.1", port), Handler)
        self.clock, self.token, self.pause_s = clock, token, pause_s
        self.leads = leads  # where the form of the site sends
        self.world = World(seed, clock(), tempo)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self._lock = Lock()
        self._asked_at: float | None = None

    def reply(self, asked: Mapping[str, str]) -> dict[str, Any]:
        """The envelope of /main/api."""
        if not asked.get("user") or asked.get("token") != self.token:
            raise Wrong(401, "Неверный user или token")
        self._be_polite()
        newest_first = asked.get("sort", "desc").lower() != "asc"
        most = max(1, min(MOST_ROWS, _number(asked, "limit") or MOST_ROWS))
        if (_number(asked, "category_id") or CARS) != CARS:
            return {"code": 200, "status": "ok", "data": []}
        query = _query(asked)
        with self._lock:
            self.world.live_until(self.clock())
            found = self.world.find(query)
            chosen = found[::-1][:most] if newest_first else found[:most]
            rows = [row_of(advert, self.url) for advert in chosen]
        return {"code": 200, "status": "ok", "data": rows}

    def advert(self, site_id: str) -> Advert | None:
        with self._lock:
            self.world.live_until(self.clock())
            return self.world.adverts.get(site_id)

    def front(self) -> str:
        with self._lock:
            self.world.live_until(self.clock())
            return page.front_page(list(self.world.adverts.values())[: -NEWEST_ON_FRONT - 1 : -1], self.world.on_show)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A visitor who went away in the middle is no news; anything else is a bug and is told."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def _be_polite(self) -> None:
        with self._lock:
            now = time.monotonic()
            wait = 0.0 if self._asked_at is None else self._asked_at + self.pause_s - now
            if wait > 0:
                raise Wrong(429, f"Слишком часто: не чаще 1 запроса в {self.pause_s:g} с", ceil(wait))
            self._asked_at = now


class Handler(BaseHTTPRequestHandler):
    server: Classified
    server_version = "DemoClassified"
    protocol_version = "HTTP/1.1"
    timeout = 30  # an idle kept-alive connection must not hold its thread for ever

    def do_GET(self) -> None:  # noqa: N802  the name that http.server calls
        parts = urlsplit(self.path)
        if parts.path == "/main/api":
            self._api(dict(parse_qsl(parts.query)))
        elif parts.path == "/":
            self._send(200, "text/html", self.server.front())
        elif parts.path == "/sell":
            self._send(200, "text/html", page.sell_page(self.server.leads))
        elif parts.path == "/thanks":
            self._send(200, "text/html", page.thanks_page())
        else:
            self._advert(parts.path)

    def _api(self, asked: dict[str, str]) -> None:
        try:
            code, envelope, wait = 200, self.server.reply(asked), None
        except Wrong as wrong:
            code, wait = wrong.code, wrong.retry_after_s
            envelope = {"code": code, "status": "error", "error": wrong.error}
        self._send(code, "application/json", json.dumps(envelope, ensure_ascii=False), wait)

    def _advert(self, path: str) -> None:
        _, _, folder_and_name = path.partition("/")
        folder, _, name = folder_and_name.partition("/")
        advert = self.server.advert(name.removesuffix(".svg")) if folder in ("ads", "img") else None
        if advert is None:
            self._send(404, "text/html", page.missing_page())
        elif folder == "img":
            self._send(200, "image/svg+xml", page.picture(advert))
        else:
            self._send(200, "text/html", page.advert_page(advert))

    def _send(self, code: int, kind: str, text: str, retry_after_s: int | None = None) -> None:
        body = text.encode()
        self.send_response(code)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if retry_after_s is not None:
            self.send_header("Retry-After", str(retry_after_s))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Silent: requests carry a token, and a demo has no access log."""


def _query(asked: Mapping[str, str]) -> Query:
    actual = asked.get("is_actual")
    return Query(
        since=_moment(asked, "date1"),
        until=_moment(asked, "date2"),
        start_id=_number(asked, "startid"),
        actual=None if actual not in ("0", "1") else actual == "1",
        site_ids=frozenset(int(part) for part in asked.get("source", "").split(",") if part.strip() in _SITE_NUMBERS),
        places=frozenset(part.strip() for part in asked.get("city", "").split("|") if part.strip()),
        price_from=_number(asked, "price1"),
        price_to=_number(asked, "price2"),
    )


def _moment(asked: Mapping[str, str], name: str) -> datetime | None:
    if not asked.get(name):
        return None
    try:
        return datetime.strptime(asked[name], _TIME).replace(tzinfo=MOSCOW)
    except ValueError:
        raise Wrong(400, f"{name}: ожидается ГГГГ-ММ-ДД ЧЧ:ММ:СС") from None


def _number(asked: Mapping[str, str], name: str) -> int | None:
    if not asked.get(name):
        return None
    if not asked[name].isdecimal() or len(asked[name]) > _MOST_DIGITS:
        raise Wrong(400, f"{name}: ожидается целое число")
    return int(asked[name])


def start_classified(port: int, *, seed: int, tempo: float, **options: Any) -> Classified:
    """Serve in a thread of this process. End it with `stop_classified`."""
    server = Classified(port, seed=seed, tempo=tempo, **options)
    Thread(target=server.serve_forever, args=(0.1,), name="demo-classified", daemon=True).start()
    return server


def stop_classified(server: Classified) -> None:
    server.shutdown()
    server.server_close()


def run_classified(port: int, *, seed: int, tempo: float, pause_s: float = 1.0, leads: str = "") -> None:
    """Serve until interrupted."""
    with Classified(port, seed=seed, tempo=tempo, pause_s=pause_s, leads=leads) as server:
        sys.stdout.write(f"{server.url}/  user={DEMO_USER} token={DEMO_TOKEN}\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.demo.classified", description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    parser.add_argument("--seed", type=int, default=1, help="which world")
    parser.add_argument("--tempo", type=float, default=4.0, help="seconds between two events")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds a user has to wait between two requests")
    parser.add_argument("--leads", default="", help="address to which the form of the site sends")
    told = parser.parse_args()
    run_classified(told.port, seed=told.seed, tempo=told.tempo, pause_s=told.pause, leads=told.leads)


if __name__ == "__main__":
    main()
