"""A telephone of the tests' own, which hears: it answers or calls, sounds one tone and tells how loud any other is."""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import socket
import threading
import time
from typing import Any

_turn = itertools.count(1)
FRAME, PERIOD_S = 160, 0.02  # samples of G.711 in a packet, and how often one is sent


class Phone:
    """`answers`: by itself after so many seconds; None rings until `answer()`. All on loopback, one call at a time."""

    def __init__(self, name: str, hertz: int, *, answers: float | None = 0.1, port: int = 0) -> None:
        self.name, self.hertz, self.answers = name, hertz, answers
        self.user_id = 0  # whose, where it belongs to a person of the product
        self.sip, self.rtp = _udp(port), _udp(0)
        self.port = self.sip.getsockname()[1]
        self.invited: dict[str, str] = {}  # the headers of the last INVITE to us
        self.state = "idle"  # calling, ringing, talking, refused
        self.calls_n, self.registered = 0, False
        self._account: dict[str, Any] = {}
        self._tag, self._call, self._peer = f"t{next(_turn)}", {}, ("", 0)
        self._heard: list[tuple[float, bytes]] = []
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._signal, self._hear, self._sound)]
        for thread in self._threads:
            thread.start()

    def __enter__(self) -> Phone:
        return self

    def __exit__(self, *_: Any) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(2)
        self.sip.close()
        self.rtp.close()

    @property
    def contact(self) -> str:
        return f"sip:{self.name}@127.0.0.1:{self.port}"

    # --- what a person does

    def call(self, server_port: int, number: str, caller: str) -> None:
        self._call = {
            "server": ("127.0.0.1", server_port), "id": f"c{next(_turn)}@127.0.0.1", "caller": caller, "number": number,
            "to": "", "target": f"sip:{number}@127.0.0.1:{server_port}", "out": True, "branch": f"z9hG4bK{next(_turn)}",
        }  # fmt: skip
        self.state = "calling"
        self._ask("INVITE", self._sdp())

    def register(self, server_port: int, password: str) -> None:
        """As a telephone on a desk does; `registered` tells when the server has taken it."""
        self._account = {"server": ("127.0.0.1", server_port), "password": password, "n": 1, "id": f"r{next(_turn)}"}
        self._register("")

    def unregister(self) -> None:
        self._account |= {"n": 1, "id": f"r{next(_turn)}", "expires": 0}
        self._register("")

    def answer(self) -> None:
        if self.state == "ringing":
            self._reply(self._call["invite"], "200 OK", self._sdp())
            self.state = "talking"

    def hang_up(self) -> None:
        if self.state == "talking":
            self._ask("BYE")
        elif self.state == "calling":
            self._ask("CANCEL")
        elif self.state == "ringing":
            self._reply(self._call["invite"], "603 Decline")
        self.state = "idle"

    def heard_s(self) -> float:
        """How long there has been sound since `forget`."""
        return len(self._heard) * PERIOD_S

    def forget(self) -> None:
        """What was heard until now."""
        self._heard = []

    def loudness(self, hertz: int, seconds: float = 0.8) -> int:
        """How loud a tone was in the last moments, as an amplitude of sixteen bits; Goertzel's filter."""
        since = time.monotonic() - seconds
        sound = b"".join(body for at, body in list(self._heard) if at >= since)
        return goertzel([_LINEAR[one] for one in sound], hertz)

    # --- SIP, as little of it as a call needs

    def _signal(self) -> None:
        while not self._closing.is_set():
            try:
                raw, self._from = self.sip.recvfrom(8192)
            except TimeoutError:
                continue
            except OSError:
                return
            first, headers, body = _read(raw.decode(errors="replace"))
            if first.startswith("SIP/2.0"):
                self._on_answer(first.split()[1], headers, body)
            else:
                self._on_request(first.split()[0], headers, body)

    def _on_request(self, method: str, headers: dict[str, str], body: str) -> None:
        if method == "INVITE" and self.state in ("idle", "refused"):
            self.calls_n += 1
            self.invited, self._call = headers, {"invite": headers, "server": self._from, "out": False}
            self._peer = _media(body)
            self.state = "ringing"
            self._reply(headers, "180 Ringing")
            if self.answers is not None:
                threading.Timer(self.answers, self.answer).start()
        elif method == "INVITE":
            again = self.state == "talking" and headers["call-id"] == self._call.get("invite", {}).get("call-id")
            self._reply(headers, "200 OK" if again else "486 Busy Here", self._sdp() if again else "")
        elif method == "CANCEL":
            self._reply(headers, "200 OK")
            if self.state == "ringing":
                self._reply(self._call["invite"], "487 Request Terminated")
                self.state = "idle"
        elif method in ("BYE", "OPTIONS", "UPDATE", "INFO", "NOTIFY"):
            self._reply(headers, "200 OK")
            self.state = "idle" if method == "BYE" else self.state

    def _on_answer(self, code: str, headers: dict[str, str], body: str) -> None:
        if headers.get("cseq", "").endswith("REGISTER"):
            self.registered = code == "200"
            if code == "401" and self._account["n"] == 1:
                self._account["n"] = 2
                self._register(self._digest(headers["www-authenticate"]))
            return
        if headers.get("cseq", "").split()[-1] != "INVITE" or code.startswith("1"):
            return
        self._call["to"] = headers["to"]
        if code == "200":
            self._call["target"] = headers["contact"].strip("<>").split(">")[0]
            self._peer = _media(body)
            self._ask("ACK")
            self.state = "talking"
        else:
            self._ask("ACK")
            self.state = "refused"

    def _reply(self, headers: dict[str, str], status: str, body: str = "") -> None:
        to = headers["to"] if ";tag=" in headers["to"] else f"{headers['to']};tag={self._tag}"
        kept = [f"{name}: {headers[name.lower()]}" for name in ("Via", "From", "Call-ID", "CSeq")]
        self._send([f"SIP/2.0 {status}", *kept, f"To: {to}", f"Contact: <{self.contact}>"], body)

    def _ask(self, method: str, body: str = "") -> None:
        call = self._call
        if not call["out"]:  # we were called: the headers of the INVITE the other way round
            invite = call["invite"]
            mine, theirs = f"{invite['to']};tag={self._tag}", invite["from"]
            target, call_id = invite["contact"].strip("<>").split(">")[0], invite["call-id"]
        else:
            mine = f'"{call["caller"]}" <sip:{call["caller"]}@127.0.0.1:{self.port}>;tag={self._tag}'
            theirs = call["to"] or f"<sip:{call['number']}@127.0.0.1>"
            target, call_id = call["target"], call["id"]
        number = 2 if method == "BYE" else 1
        # A CANCEL names the very INVITE; the ACK of a talk is a request of its own.
        own = method in ("INVITE", "CANCEL") or (method == "ACK" and self.state == "calling")
        branch = call["branch"] if call["out"] and own and method != "ACK" else f"z9hG4bK{next(_turn)}"
        self._send(
            [f"{method} {target} SIP/2.0", f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch={branch}", f"From: {mine}",
             f"To: {theirs}", f"Call-ID: {call_id}", f"CSeq: {number} {method}", f"Contact: <{self.contact}>",
             "Max-Forwards: 70"],
            body,
        )  # fmt: skip

    def _send(self, lines: list[str], body: str) -> None:
        kind = ["Content-Type: application/sdp"] if body else []
        text = "\r\n".join([*lines, *kind, f"Content-Length: {len(body)}", "", body])
        self.sip.sendto(text.encode(), self._call.get("server") or self._from)

    def _register(self, authorization: str) -> None:
        account, own = self._account, f"<sip:{self.name}@127.0.0.1>"
        lines = [
            "REGISTER sip:127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{next(_turn)}",
            f"From: {own};tag={self._tag}",
            f"To: {own}",
            f"Call-ID: {account['id']}",
            f"CSeq: {account['n']} REGISTER",
            f"Contact: <{self.contact}>",
            f"Expires: {account.get('expires', 60)}",
            "Max-Forwards: 70",
            *([f"Authorization: {authorization}"] if authorization else []),
            "Content-Length: 0",
        ]
        self.sip.sendto(("\r\n".join(lines) + "\r\n\r\n").encode(), account["server"])

    def _digest(self, challenge: str) -> str:
        told = dict(re.findall(r'(\w+)="([^"]*)"', challenge))
        qop = "auth" in told.get("qop", "")
        secret = _md5(f"{self.name}:{told['realm']}:{self._account['password']}")
        middle = f"{told['nonce']}:00000001:abc:auth" if qop else told["nonce"]
        answer = _md5(f"{secret}:{middle}:{_md5('REGISTER:sip:127.0.0.1')}")
        more = ', qop=auth, nc=00000001, cnonce="abc"' if qop else ""
        opaque = f', opaque="{told["opaque"]}"' if "opaque" in told else ""
        return (
            f'Digest username="{self.name}", realm="{told["realm"]}", nonce="{told["nonce"]}", uri="sip:127.0.0.1", '
            f'response="{answer}", algorithm=MD5{more}{opaque}'
        )

    def _sdp(self) -> str:
        port = self.rtp.getsockname()[1]
        return (
            "v=0\r\no=test 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\na=ptime:20\r\n"
        )

    # --- RTP

    def _sound(self) -> None:
        wave = bytes(_to_alaw(int(8000 * math.sin(2 * math.pi * self.hertz * n / 8000))) for n in range(8000))
        sent, due = 0, time.monotonic()
        while not self._closing.is_set():
            due += PERIOD_S
            time.sleep(max(0.0, due - time.monotonic()))  # the pace of speech, not a wait for anything
            if self.state == "talking" and self._peer[1]:
                start = sent * FRAME % 8000
                head = bytes((0x80, 8)) + (sent & 0xFFFF).to_bytes(2, "big") + (sent * FRAME).to_bytes(8, "big")[4:]
                self.rtp.sendto(head + b"\0\0\0\1" + wave[start : start + FRAME], self._peer)
                sent += 1

    def _hear(self) -> None:
        while not self._closing.is_set():
            try:
                packet = self.rtp.recv(2048)
            except TimeoutError:
                continue
            except OSError:
                return
            if len(packet) > 12 and packet[1] & 0x7F == 8:
                self._heard.append((time.monotonic(), packet[12:]))


def goertzel(samples: list[int], hertz: int) -> int:
    if len(samples) < FRAME * 10:
        return 0
    turn = 2 * math.cos(2 * math.pi * hertz / 8000)
    last = before = 0.0
    for sample in samples:
        last, before = sample + turn * last - before, last
    power = max(0.0, last * last + before * before - turn * last * before)
    return round(2 * math.sqrt(power) / len(samples))


def _md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def _udp(port: int) -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind(("127.0.0.1", port))
    one.settimeout(0.2)
    return one


def _read(text: str) -> tuple[str, dict[str, str], str]:
    head, _, body = text.partition("\r\n\r\n")
    first, *lines = head.split("\r\n")
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name.strip().lower(), value.strip())
    return first, headers, body


def _media(body: str) -> tuple[str, int]:
    found = re.search(r"m=audio (\d+)", body)
    return "127.0.0.1", int(found[1]) if found else 0


def _to_alaw(sample: int) -> int:
    sign, value = (0x80, sample) if sample >= 0 else (0, -sample - 1)
    value >>= 3
    segment = max(0, value.bit_length() - 5)
    return (sign | segment << 4 | value >> max(segment, 1) & 0x0F) ^ 0x55


def _linear(code: int) -> int:
    code ^= 0x55
    segment, step = code >> 4 & 7, code & 0x0F
    value = (step << 4) + 8 if segment == 0 else ((step << 4) + 0x108) << (segment - 1)
    return value if code & 0x80 else -value


_LINEAR = [_linear(code) for code in range(256)]
