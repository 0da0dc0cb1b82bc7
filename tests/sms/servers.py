"""Gateways to talk to: real servers on loopback with the real ones' refusals, slow, lost and broken answers."""

from __future__ import annotations

import json
import socketserver
import struct
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from app.demo.sms import DemoSms, SmsWorld

HTML = "<html><body><h1>502 Bad Gateway</h1></body></html>"


class FakeSmsc(DemoSms):
    """The demonstration's gateway with a temper. `script`: what the next requests meet, in order: a dict is the answer,
    «lost» does the work and gives no answer, «html» a page, a number of seconds waits before the answer."""

    def __init__(self) -> None:
        super().__init__(0, SmsWorld(delivery_s=0.0))
        self.script: list[Any] = []
        self.asked: list[tuple[str, dict[str, str]]] = []

    def answer(self, page: str, told: dict[str, str]) -> Any:
        self.asked.append((page, told))
        now = self.script.pop(0) if self.script else None
        if isinstance(now, dict):
            return now
        if now == "html":
            return 502, HTML, "text/html"
        done = super().answer(page, told)
        if isinstance(now, float):
            time.sleep(now)
        return None if now == "lost" else done


class FakeSmsRu:
    """SMS.ru: a code for every number, an empty map that is a list, a daily limit."""

    def __init__(self) -> None:
        self.taken: dict[str, str] = {}
        self.script: list[Any] = []
        self.api_id = "key-of-the-test"

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        told = dict(parse_qsl(body.decode()))
        now = self.script.pop(0) if self.script else None
        if isinstance(now, tuple):
            return now
        if told.get("api_id") != self.api_id:
            return 200, {"status": "ERROR", "status_code": 200, "status_text": "Неправильный api_id"}
        if path == "/my/balance":
            return 200, {"status": "OK", "status_code": 100, "balance": 4122.56}
        if path == "/sms/status":
            found = {one: {"status": "OK", "status_code": 103, "cost": "0.50"} for one in told["sms_id"].split(",")
                     if one in self.taken}  # fmt: skip
            return 200, {"status": "OK", "status_code": 100, "sms": found or []}
        row: dict[str, Any] = {"status": "ERROR", "status_code": now, "status_text": "…"}
        if now is None or now == "lost":
            ref = f"000000-{10000000 + len(self.taken)}"
            self.taken[ref] = told["msg"]
            row = {"status": "OK", "status_code": 100, "sms_id": ref, "cost": "3.10"}
        answer = {"status": "OK", "status_code": 100, "sms": {told["to"]: row}, "balance": 10}
        return None if now == "lost" else (200, answer)


class FakeAero:
    """SMS Aero: refusals as {success: false}, as {result: reject} and as {result: no credits}."""

    def __init__(self, word: str) -> None:
        self.word, self.script, self.taken = word, list[Any](), list[dict[str, Any]]()

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        if headers.get("Authorization") != self.word:
            return 401, {"success": False, "data": None, "message": "Your request was made with invalid credentials."}
        now = self.script.pop(0) if self.script else None
        if isinstance(now, tuple):
            return now
        told = json.loads(body)
        if path == "/v2/balance":
            return 200, {"success": True, "data": {"balance": 337.03}, "message": None}
        if path == "/v2/sms/status":
            return 200, {"success": True, "data": {"id": told["id"], "status": 1, "dateAnswer": 1763888400}}
        self.taken.append(told)
        row = {"id": 12344 + len(self.taken), "number": str(told["number"]), "status": 0, "cost": 5.49}
        return None if now == "lost" else (200, {"success": True, "data": row, "message": None})


class FakeExolve:
    """MTS Exolve: a bearer key that expires."""

    def __init__(self, key: str) -> None:
        self.key, self.script, self.taken = key, list[Any](), list[dict[str, Any]]()

    def __call__(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        if headers.get("Authorization") != f"Bearer {self.key}":
            return 401, {"error": {"code": "7", "message": "token expired"}}
        now = self.script.pop(0) if self.script else None
        if isinstance(now, tuple):
            return now
        if path != "/messaging/v1/SendSMS":
            return 404, "not found"
        self.taken.append(json.loads(body))
        return None if now == "lost" else (200, {"message_id": f"43916653824209{len(self.taken):04d}"})


class FakeSmpp(socketserver.ThreadingTCPServer):
    """A message centre: keeps what was submitted, tells receipts to a receiver. `script`: the status of the next
    submissions; «lost» keeps the message and hangs up."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, login: str = "demo", password: str = "secret") -> None:  # noqa: S107  a server of the tests
        super().__init__(("127.0.0.1", 0), _Session)
        self.login, self.password = login, password
        self.port = int(self.server_address[1])
        self.taken: list[bytes] = []
        self.receipts: list[bytes] = []
        self.acknowledged = 0
        self.script: list[Any] = []
        self.lock = threading.Lock()


class _Session(socketserver.BaseRequestHandler):
    server: FakeSmpp

    def handle(self) -> None:
        while (head := self._exactly(16)) is not None:
            length, command, _, sequence = struct.unpack(">4L", head)
            body = self._exactly(length - 16) or b""
            if not self._answer(command, sequence, body):
                return

    def _answer(self, command: int, sequence: int, body: bytes) -> bool:
        if command in (0x01, 0x02):
            login, password = body.split(b"\0")[:2]
            good = (login.decode(), password.decode()) == (self.server.login, self.server.password)
            self._say(command | 0x80000000, 0 if good else 0x0D, sequence, b"centre\0" if good else b"")
            if good and command == 0x01:
                self._tell()
            return good
        if command == 0x04:
            return self._take(sequence, body)
        if command == 0x80000005:
            self.server.acknowledged += 1
        elif command == 0x06:
            self._say(0x80000006, 0, sequence, b"")
            return False
        return True

    def _take(self, sequence: int, body: bytes) -> bool:
        now = self.server.script.pop(0) if self.server.script else 0
        if isinstance(now, int) and now:
            self._say(0x80000004, now, sequence, b"")
            return True
        with self.server.lock:
            self.server.taken.append(body)
            ref = f"m{len(self.server.taken)}".encode()
            self.server.receipts.append(
                b"id:" + ref + b" sub:001 dlvrd:001 submit date:2611231000 "
                b"done date:2611231001 stat:DELIVRD err:000 text:"
            )
        if now == "lost":
            return False
        self._say(0x80000004, 0, sequence, ref + b"\0")
        return True

    def _tell(self) -> None:
        with self.server.lock:
            told, self.server.receipts = self.server.receipts, []
        for n, text in enumerate(told, 1):
            coding = b"\0" if text.startswith(b"id:") else b"\x08"  # an answer of a person comes in two-byte letters
            head = b"\0\1\1" + b"79160000000\0" + b"\0\0\0" + b"\4\0\0" + b"\0\0" + b"\0\0" + coding + b"\0"
            body = head + bytes([len(text)]) + text
            self._say(0x05, 0, n, body)

    def _say(self, command: int, status: int, sequence: int, body: bytes) -> None:
        self.request.sendall(struct.pack(">4L", 16 + len(body), command, status, sequence) + body)

    def _exactly(self, n: int) -> bytes | None:
        got = b""
        while len(got) < n:
            try:
                piece = self.request.recv(n - len(got))
            except OSError:
                return None
            if not piece:
                return None
            got += piece
        return got
