"""CRMs to talk to: real HTTP on loopback, with the real ones' limits, error bodies, slow, lost and broken answers."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.demo import crm as demo

HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


class FakeBitrix24(demo.DemoCrm):
    """The demonstration's CRM with a portal's temper. `script` holds what the next calls meet, in order:
    a (status, body), «lost» (the work is done, the answer is not given), «html», a number of seconds to wait."""

    def __init__(self, **more: Any) -> None:
        super().__init__(0, **more)
        self.hook = f"{self.url}/rest/1/{demo.CODE}/"
        self.script: list[Any] = []
        self.called: list[tuple[str, Mapping[str, Any]]] = []
        self.chance: random.Random | None = None
        self.fails = self.loses = 0.0
        self.level, self.level_at, self.drain, self.room = 0.0, time.monotonic(), 2.0, 1e9
        self._lock = threading.Lock()

    def answer(self, method: str, params: Mapping[str, Any]) -> tuple[int, Any]:
        with self._lock:
            self.called.append((method, params))
            told = self._trouble()
            now = time.monotonic()
            self.level = max(0.0, self.level - (now - self.level_at) * self.drain) + 1
            self.level_at = now
            if self.level > self.room:
                return 503, {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}
        if isinstance(told, tuple):
            return told
        if told == "html":
            return 200, HTML
        if isinstance(told, int | float):
            time.sleep(told)
        done = super().answer(method, params)
        return (200, None) if told == "lost" else done

    def _trouble(self) -> Any:
        if self.script:
            return self.script.pop(0)
        if self.chance is None:
            return None
        thrown = self.chance.random()
        if thrown < self.fails:
            return 500, {"error": "INTERNAL_SERVER_ERROR", "error_description": "Internal server error"}
        return "lost" if thrown < self.fails + self.loses else None

    @property
    def methods(self) -> list[str]:
        return [method for method, _ in self.called]


class Plain(ThreadingHTTPServer):
    """A server whose answers a function makes: (method, path, headers, body) -> (status, body, headers) or None."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, reply: Callable[..., Any]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.reply, self.asked = reply, []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    server: Plain

    def _do(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        told = self.server.reply(self.command, self.path, self.headers, body)
        if told is None:
            self.close_connection = True
            self.connection.close()
            return
        status, said, more = (*told, {})[:3]
        content = said.encode() if isinstance(said, str) else json.dumps(said).encode() if said is not None else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in more.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = do_PATCH = _do

    def log_message(self, *_: Any) -> None:
        pass


class FakeAmo:
    """amoCRM: tokens that end and are good once, 204 for nothing found, 429 that is no JSON, a lead per request."""

    def __init__(self) -> None:
        self.leads: list[dict[str, Any]] = []
        self.contacts: list[dict[str, Any]] = []
        self.notes: list[dict[str, Any]] = []
        self.access, self.refresh, self.code = "access-0", "refresh-0", "the-code"
        self.issued = 0
        self.lives_s = 86_400
        self.script: list[Any] = []
        self._lock = threading.Lock()

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        with self._lock:
            told = self.script.pop(0) if self.script else None
            if isinstance(told, tuple):
                return told
            done = self._answer(method, urlsplit(path), headers, body)
            return None if told == "lost" else done

    def _answer(self, method: str, parts: Any, headers: Mapping[str, str], body: bytes) -> Any:
        if parts.path == "/oauth2/access_token":
            return self._token(json.loads(body))
        if headers.get("Authorization") != f"Bearer {self.access}":
            return 401, {"title": "Unauthorized", "status": 401, "detail": "Token has expired"}
        asked = parse_qs(parts.query)
        if parts.path == "/api/v4/account":
            return 200, {"id": 1, "name": "Пример"}
        if parts.path == "/api/v4/leads/complex":
            return self._lead(json.loads(body)[0])
        if parts.path.endswith("/notes"):
            return self._notes(method, parts.path, body)
        rows = self.contacts if parts.path == "/api/v4/contacts" else self.leads
        name = parts.path.rpartition("/")[2]
        found = [row for row in rows if self._fits(row, asked)]
        page, limit = int(asked.get("page", ["1"])[0]), int(asked.get("limit", ["50"])[0])
        found = sorted(found, key=lambda row: row["updated_at"])[(page - 1) * limit : page * limit]
        return (200, {"_page": page, "_embedded": {name: found}}) if found else (204, None)

    def _token(self, asked: Mapping[str, str]) -> Any:
        good = asked.get("refresh_token") == self.refresh or asked.get("code") == self.code != ""
        if not good:
            return 400, {"hint": "Token has been revoked", "title": "Некорректный запрос", "status": 400}
        self.issued += 1
        self.code = ""
        self.access, self.refresh = f"access-{self.issued}", f"refresh-{self.issued}"
        return 200, {"token_type": "Bearer", "expires_in": self.lives_s, "access_token": self.access,
                     "refresh_token": self.refresh}  # fmt: skip

    def _lead(self, told: dict[str, Any]) -> Any:
        if "field_id" in json.dumps(told) and any(
            one.get("field_id") == 999 for one in told.get("custom_fields_values") or ()
        ):
            return 400, {"validation-errors": [{"request_id": "0", "errors": [
                {"code": "NotSupportedChoice", "path": "custom_fields_values.0.field_id", "detail": "No such field"}]}],
                "title": "Bad Request", "status": 400}  # fmt: skip
        contact = told["_embedded"]["contacts"][0]
        if "id" not in contact:
            contact = {**contact, "id": len(self.contacts) + 1, "updated_at": 1, "_embedded": {"leads": []},
                       "name": contact.get("first_name")}  # fmt: skip
            self.contacts.append(contact)
        else:
            contact = next(one for one in self.contacts if one["id"] == contact["id"])
        number = 9000 + len(self.leads)
        contact["_embedded"]["leads"].append({"id": number})
        self.leads.append({**told, "id": number, "updated_at": 1})
        return 200, [{"id": number, "contact_id": contact["id"], "merged": False}]

    def _notes(self, method: str, path: str, body: bytes) -> Any:
        if method == "GET":
            return (200, {"_embedded": {"notes": self.notes}}) if self.notes else (204, None)
        note = {**json.loads(body)[0], "id": len(self.notes) + 1, "lead": path.split("/")[4]}
        self.notes.append(note)
        return 200, {"_embedded": {"notes": [{"id": note["id"]}]}}

    def _fits(self, row: Mapping[str, Any], asked: Mapping[str, list[str]]) -> bool:
        if wanted := asked.get("query"):
            return wanted[0] in json.dumps(row, ensure_ascii=False)
        if wanted := asked.get("filter[id][]"):
            return str(row["id"]) in wanted
        return row["updated_at"] >= int(asked.get("filter[updated_at][from]", ["0"])[0])


@contextmanager
def running(server: Any) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
