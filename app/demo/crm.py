"""A CRM of our own on loopback, so that a newcomer sees leads arrive and deals come back; speaks like Bitrix24.

Run alone: python -m app.demo.crm --port 8767 --hook http://127.0.0.1:8080/hooks/crm/<token>
"""

from __future__ import annotations

import argparse
import json
import sys
import urllib.request
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from app.demo import crm_page
from app.demo.crm_world import CrmWorld, Said, now_text, php_form

CODE = "demo"
APPLICATION_TOKEN = "demo-application-token"  # noqa: S105  opens nothing but a made-up CRM on loopback
MOST = 1 << 20
EVENTS = {"lead": "ONCRMLEADUPDATE", "deal": "ONCRMDEALUPDATE", "contact": "ONCRMCONTACTUPDATE"}


class DemoCrm(ThreadingHTTPServer):
    """The server and its world. `hook_url` is where changes are told."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, *, hook_url: str = "", world: CrmWorld | None = None) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.world, self.hook_url = world or CrmWorld(), hook_url
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def answer(self, method: str, params: Mapping[str, Any]) -> tuple[int, Any]:
        """(status, body) of one REST call; a body that is text is sent as it is, None closes the connection."""
        try:
            return 200, {"result": self.world.call(method, params), "time": {"date_start": now_text(), "operating": 0}}
        except Said as said:
            return said.status, said.body

    def set_stage(self, kind: str, number: int, stage: str) -> None:
        """Somebody of the company moves a deal on: we are told by a web-hook."""
        fields = {"STATUS_ID" if kind == "lead" else "STAGE_ID": stage}
        self.world.call(f"crm.{kind}.update", {"id": number, "fields": fields})
        Thread(target=self.tell, args=(kind, number), daemon=True).start()

    def tell(self, kind: str, number: int) -> int:
        body = urlencode({
            "event": EVENTS[kind], "event_handler_id": "1", "data[FIELDS][ID]": number, "ts": now_text(),
            "auth[application_token]": APPLICATION_TOKEN, "auth[domain]": "demo",
        }).encode()  # fmt: skip
        request = urllib.request.Request(self.hook_url, body, method="POST")  # noqa: S310  our own http address
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return int(answer.status)
        except OSError:
            return 0

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    server: DemoCrm
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:  # noqa: N802  the name that http.server calls
        parts = urlsplit(self.path).path.strip("/").split("/")
        if parts == [""]:
            self._send(200, crm_page.front(self.server.world), "text/html")
        elif len(parts) == 4 and parts[0] == "crm" and parts[2] == "details" and parts[3].isdigit():
            page = crm_page.details(self.server.world, parts[1], int(parts[3]))
            self._send(200 if page else 404, page or crm_page.missing(), "text/html")
        else:
            self._send(404, crm_page.missing(), "text/html")

    def do_POST(self) -> None:  # noqa: N802
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, MOST))
        parts = urlsplit(self.path).path.strip("/").split("/")
        if len(parts) == 4 and parts[0] == "rest":
            self._rest(parts, body)
        elif len(parts) == 3 and parts[0] == "stage":
            told = dict(parse_qsl(body.decode("utf-8", "replace")))
            if parts[1] in crm_page.STAGES and told.get("stage") in crm_page.STAGES[parts[1]] and parts[2].isdigit():
                self.server.set_stage(parts[1], int(parts[2]), told["stage"])
            self.send_response(303)
            self.send_header("Location", f"/crm/{parts[1]}/details/{parts[2]}/")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._send(404, "", "text/plain")

    def _rest(self, parts: list[str], body: bytes) -> None:
        if parts[2] != CODE:
            self._reply(401, {"error": "INVALID_CREDENTIALS", "error_description": "Invalid request credentials"})
            return
        try:
            is_json = "json" in self.headers.get("Content-Type", "")
            params = json.loads(body or b"{}") if is_json else php_form(body.decode("utf-8", "replace"))
        except ValueError:
            params = {}
        self._reply(*self.server.answer(parts[3].removesuffix(".json"), params))

    def _reply(self, status: int, told: Any) -> None:
        if told is None:
            self.close_connection = True
            self.connection.close()
        elif isinstance(told, str):
            self._send(status, told, "text/html")
        else:
            self._send(status, json.dumps(told, ensure_ascii=False), "application/json")

    def _send(self, status: int, text: str, kind: str) -> None:
        content = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class names it so
        """Silent: a demo has no access log."""


def start(server: DemoCrm) -> DemoCrm:
    """Serve in a thread of this process; end it with `stop`."""
    Thread(target=server.serve_forever, args=(0.1,), name="demo-crm", daemon=True).start()
    return server


def stop(server: DemoCrm) -> None:
    server.shutdown()
    server.server_close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m app.demo.crm", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--port", type=int, default=8767)
    parser.add_argument("--hook", default="", help="where changes are told")
    told = parser.parse_args()
    world = CrmWorld()
    crm_page.fill(world)
    with DemoCrm(told.port, hook_url=told.hook, world=world) as server:
        sys.stdout.write(f"{server.url}/\n")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("\n")


if __name__ == "__main__":
    main()
