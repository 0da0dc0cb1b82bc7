"""The door to a CRM: a checked address, a turn for every request, caps on time and size, troubles in known kinds."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from app.addresses import Guarded, host_of, is_forbidden
from app.crm import CrmTrouble, Request

TIMEOUT_S = 10.0
MOST = 4 << 20  # bytes of an answer; a page of 250 contacts has a tenth of it
KEPT = 20_000  # characters of an exchange shown to the administrator


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    data: Any  # JSON; None when the body is empty or no JSON
    text: str
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """What was said, for «Check»; secrets are crossed out."""

    method: str
    url: str
    body: str
    status: int
    answer: str


@dataclass
class Door:
    """One connection's way out. `allow_private` is the deployment's word; `take_turn` waits for the CRM's limit."""

    allow_private: bool = False
    secrets: list[str] = field(default_factory=list)
    take_turn: Callable[[], None] = lambda: None
    timeout_s: float = TIMEOUT_S
    said: list[Exchange] | None = None
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # a proxy or .netrc of the machine would undo the check of addresses
        self.session.headers["User-Agent"] = "Prozvon/1.0"
        if not self.allow_private:
            self.session.mount("http://", Guarded())
            self.session.mount("https://", Guarded())

    def close(self) -> None:
        self.session.close()

    def ask(self, request: Request) -> Answer:
        """Any answer of the CRM, whatever its status. Redirects are not followed. Raises CrmTrouble when none came."""
        host = host_of(request.url)
        if not host:
            raise CrmTrouble("the address must be http(s)://host/… without a user name in it", kind="auth",
                             permanent=True, closes=True)  # fmt: skip
        self.take_turn()
        data = request.body
        headers = dict(request.headers)
        if data is not None and not isinstance(data, bytes):
            data = json.dumps(data, ensure_ascii=False).encode()
            headers.setdefault("Content-Type", "application/json")
        try:
            with self.session.request(
                request.method, request.url, data=data, headers=headers, timeout=self.timeout_s, stream=True,
                allow_redirects=False,
            ) as reply:  # fmt: skip
                content = self._read(reply, host)
                answer = Answer(reply.status_code, _json(content), content.decode("utf-8", "replace"), reply.headers)
        except (requests.RequestException, HTTPError, OSError) as trouble:
            if is_forbidden(trouble):
                raise CrmTrouble(f"{host} is a private address: not allowed by this installation", kind="auth",
                                 permanent=True, closes=True) from None  # fmt: skip
            # The library's words hold the whole address, and the address of a web-hook is a secret.
            self._keep(request, data, 0, type(trouble).__name__)
            raise CrmTrouble(f"{host}: {type(trouble).__name__}") from None
        self._keep(request, data, answer.status, answer.text)
        if 300 <= answer.status < 400:
            raise CrmTrouble(f"{host}: redirects elsewhere; enter the address it leads to", kind="refused",
                             permanent=True, closes=True)  # fmt: skip
        return answer

    def _read(self, reply: requests.Response, host: str) -> bytes:
        pieces, size, began = [], 0, time.monotonic()
        for piece in reply.iter_content(1 << 16):
            size += len(piece)
            if size > MOST or time.monotonic() - began > 3 * self.timeout_s:
                raise CrmTrouble(f"{host}: the answer is too large or too slow", kind="strange")
            pieces.append(piece)
        return b"".join(pieces)

    def clean(self, text: str) -> str:
        for secret in self.secrets:
            if len(secret) > 3:
                text = text.replace(secret, "***")
        return text

    def _keep(self, request: Request, data: Any, status: int, answer: str) -> None:
        if self.said is not None:
            body = data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
            self.said.append(
                Exchange(request.method, self.clean(request.url), self.clean(body)[:KEPT], status,
                         self.clean(answer)[:KEPT])
            )  # fmt: skip


def _json(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds out of a Retry-After header, which is a number or a date; a day at most."""
    value = headers.get("Retry-After", "").strip()
    if value.isdigit():
        return float(min(int(value), 86_400))
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, min((until - datetime.now(UTC)).total_seconds(), 86_400.0))


def by_status(answer: Answer, host: str, words: str = "") -> CrmTrouble:
    """The trouble that an HTTP status alone tells."""
    text = f"{host}: HTTP {answer.status}" + (f" {words}" if words else "")
    wait = retry_after(answer.headers)
    if answer.status == 429:
        return CrmTrouble(text, kind="limit", wait_s=wait if wait is not None else 5.0, closes=True)
    if answer.status in (401, 402, 403):
        return CrmTrouble(text, kind="auth", permanent=True, closes=True)
    if answer.status >= 500 or answer.status in (408, 409, 423, 425):
        # A pause that the CRM names is about all of it; without one only this item waits.
        return CrmTrouble(text, wait_s=wait, closes=wait is not None)
    return CrmTrouble(text, kind="refused", permanent=True)
