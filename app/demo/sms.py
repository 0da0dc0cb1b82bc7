"""An SMS gateway of our own on loopback, so that a newcomer sees messages arrive; speaks like SMSC.ru, sends nothing.

Run alone: python -m app.demo.sms --port 8768
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock
from typing import Any
from urllib.parse import parse_qsl, urlsplit

LOGIN, PASSWORD = "demo", "demo-password"  # noqa: S105  opens nothing but a made-up gateway on loopback
DELIVERY_S = 4.0
MOST = 1 << 16
KEPT = 500
_STYLE = (
    "body{margin:0;background:#f3f4f6;font:16px/1.5 system-ui,sans-serif}main{max-width:900px;margin:0 auto;"
    "padding:24px;background:#fff;min-height:100vh}table{border-collapse:collapse;width:100%}"
    "td,th{padding:6px 8px;text-align:left;border-bottom:1px solid #dde1e6;vertical-align:top}"
    ".note{color:#6a7380;font-size:13px}"
)


@dataclass(slots=True)
class Taken:
    phone: str
    text: str
    sender: str
    at: float


@dataclass
class SmsWorld:
    """Messages by (phone, id): the same id again is the same message."""

    delivery_s: float = DELIVERY_S
    balance: float = 1000.0
    most: int = KEPT  # older ones are forgotten
    taken: dict[tuple[str, str], Taken] = field(default_factory=dict)
    lock: Any = field(default_factory=Lock, repr=False)

    def call(self, page: str, told: dict[str, str]) -> dict[str, Any]:
        if (told.get("login"), told.get("psw")) != (LOGIN, PASSWORD):
            return {"error": "authorise error", "error_code": 2}
        with self.lock:
            if page == "balance.php":
                return {"balance": f"{self.balance:.2f}"}
            key = (told.get("phones" if page == "send.php" else "phone", ""), told.get("id", ""))
            if page == "status.php":
                return self._status(key)
            return self._send(key, told)

    def _send(self, key: tuple[str, str], told: dict[str, str]) -> dict[str, Any]:
        phone, number = key
        if len(phone) != 11 or not phone.startswith("79") or not phone.isdecimal():
            return {"error": "invalid number", "error_code": 7, "id": number}
        if not told.get("mes") or not number.isdecimal():
            return {"error": "parameters error", "error_code": 1}
        if key in self.taken:
            return {"error": "duplicate request, wait a minute", "error_code": 9}
        parts = 1 if len(told["mes"]) <= 70 else -(-len(told["mes"]) // 67)
        if self.balance < 3 * parts:
            return {"error": "no money", "error_code": 3, "id": number}
        self.balance -= 3 * parts
        self.taken[key] = Taken(phone, told["mes"], told.get("sender", ""), time.time())
        while len(self.taken) > self.most:
            del self.taken[next(iter(self.taken))]
        return {"id": int(number), "cnt": parts, "cost": f"{3 * parts}", "balance": f"{self.balance:.2f}"}

    def _status(self, key: tuple[str, str]) -> dict[str, Any]:
        one = self.taken.get(key)
        if one is None:
            return {"status": -3, "error": "message not found"}
        there = time.time() >= one.at + self.delivery_s
        return {"status": int(there), "err": 0, "last_timestamp": int(one.at + (self.delivery_s if there else 0))}


class DemoSms(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, world: SmsWorld | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.world = world or SmsWorld()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, page: str, told: dict[str, str]) -> Any:
        """JSON; a text is sent as it is, None closes the connection."""
        return self.world.call(page, told)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: DemoSms
    timeout = 30

    def do_GET(self) -> None:  # noqa: N802  the name that http.server calls
        self._send(200 if self.path == "/" else 404, front(self.server.world), "text/html")

    def do_POST(self) -> None:  # noqa: N802
        body = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST))
        page = urlsplit(self.path).path.removeprefix("/sys/")
        if page not in ("send.php", "status.php", "balance.php"):
            self._send(404, "", "text/plain")
            return
        told = self.server.answer(page, dict(parse_qsl(body.decode("utf-8", "replace"))))
        if told is None:
            self.connection.close()
        elif isinstance(told, tuple):
            self._send(*told)
        else:
            self._send(200, json.dumps(told), "application/json")

    def _send(self, status: int, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Silent: a demo has no access log."""


def front(world: SmsWorld) -> str:
    now = time.time()
    with world.lock:
        taken = list(world.taken.values())[:-101:-1]
    rows = "".join(
        f"<tr><td>+{escape(one.phone)}</td><td>{escape(one.sender)}</td><td>{escape(one.text)}</td>"
        f"<td>{'Доставлено' if now >= one.at + world.delivery_s else 'В пути'}</td></tr>"
        for one in taken
    )
    head = "<tr><th>Кому</th><th>Имя отправителя</th><th>Текст</th><th>Состояние</th></tr>"
    inside = f"<table>{head}{rows}</table>" if rows else "<p>Сообщений пока нет.</p>"
    return (
        '<!doctype html><html lang="ru"><head><meta charset="utf-8"><title>Демонстрационный SMS-шлюз</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main><h1>SMS</h1>'
        f'{inside}<p class="note">Демонстрационный шлюз: отсюда ничего никому не уходит.</p></main></body></html>'
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.demo.sms", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=8768)
    with DemoSms(parser.parse_args().port) as server:
        sys.stdout.write(f"{server.url}/\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()
