"""Asking over HTTP: a checked address, caps on time and size, and every bad answer told as a SourceTrouble.

Secrets travel in parameters, so no message of this module ever names more of an address than its host.
"""

from __future__ import annotations

import time
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urljoin

import requests
from urllib3.exceptions import HTTPError

from app.addresses import CONNECT_S, Forbidden, Guarded, host_of, is_forbidden
from app.sources import Health, SourceTrouble
from app.sources._trouble import looks_blocked

TIMEOUT = (CONNECT_S, 60)  # seconds to connect, seconds of silence
LONGEST = 600  # seconds for a whole reply: one byte a second is no reply
MIB = 1 << 20
_AGENT = "Prozvon/1.0 (+used-car feeds)"


@dataclass(slots=True)
class Reply:
    content: bytes
    url: str
    headers: Mapping[str, str]


@dataclass
class Http:
    """One fetch's connection to a site. `allow_private` is the deployment's word, for a demo on the same machine."""

    allow_private: bool = False
    most: int = 50 * MIB
    redirects: int = 0  # an API that redirects is not answering; a feed may have moved
    secrets: Sequence[str] = ()
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # a proxy or .netrc of the machine would undo the check of addresses
        self.session.headers["User-Agent"] = _AGENT
        if not self.allow_private:
            self.session.mount("http://", Guarded())
            self.session.mount("https://", Guarded())

    def __enter__(self) -> Http:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()

    def get(self, url: str, params: Mapping[str, Any] | None = None, headers: Mapping[str, str] | None = None) -> Reply:
        """The reply with status 200. Everything else is a SourceTrouble."""
        hops = self.redirects
        while True:
            host = checked_host(url)
            try:
                with self.session.get(
                    url, params=params, headers=headers, timeout=TIMEOUT, stream=True, allow_redirects=False
                ) as answer:
                    if answer.is_redirect and hops > 0:
                        hops -= 1
                        url, params = _next(url, answer.headers["Location"]), None
                        continue
                    return self._reply(answer, host)
            except Forbidden:
                raise _private(host) from None
            except (requests.RequestException, HTTPError, OSError, zlib.error) as trouble:
                # The library's words hold the whole address with its token: only the kind of trouble is told.
                if is_forbidden(trouble):
                    raise _private(host) from None
                raise SourceTrouble(Health.NETWORK, f"{host}: {type(trouble).__name__}") from None

    def _reply(self, answer: requests.Response, host: str) -> Reply:
        content = self._clean(_read(answer, self.most, host))
        if answer.status_code != 200:
            raise _bad_status(answer, content, host)
        if not content:
            raise SourceTrouble(Health.NETWORK, f"{host}: an empty reply")
        return Reply(content, answer.url.partition("?")[0], answer.headers)

    def _clean(self, content: bytes) -> bytes:
        for secret in self.secrets:
            if secret and len(secret) > 3:
                content = content.replace(secret.encode(), b"***")
        return content


def checked_host(url: str) -> str:
    """The host of an address we may ask. Refused: other schemes, a user name inside, no host."""
    host = host_of(url)
    if not host:
        raise SourceTrouble(Health.AUTH, "the address must be http(s)://host/… without a user name in it")
    return host


def _next(url: str, location: str) -> str:
    target = urljoin(url, location)
    if url.startswith("https:") and not target.startswith("https:"):
        raise SourceTrouble(Health.BLOCKED, f"{checked_host(url)}: redirected to an open connection")
    return target


def _private(host: str) -> SourceTrouble:
    return SourceTrouble(Health.AUTH, f"{host} is a private address: not allowed by this installation")


def _read(answer: requests.Response, most: int, host: str) -> bytes:
    """The unpacked body under the cap: a packed bomb is counted by what comes out of it."""
    pieces, size, began = [], 0, time.monotonic()
    for piece in answer.iter_content(1 << 16):
        size += len(piece)
        if size > most:
            raise SourceTrouble(Health.LAYOUT_CHANGED, f"{host}: the reply is larger than {most // MIB} MiB")
        if time.monotonic() - began > LONGEST:
            raise SourceTrouble(Health.NETWORK, f"{host}: the reply takes too long")
        pieces.append(piece)
    expected = answer.headers.get("Content-Length", "")
    if expected.isdigit() and "Content-Encoding" not in answer.headers and size < int(expected):
        raise SourceTrouble(Health.NETWORK, f"{host}: the reply was cut")
    return b"".join(pieces)


def _bad_status(answer: requests.Response, content: bytes, host: str) -> SourceTrouble:
    status = answer.status_code
    wait = retry_after(answer.headers.get("Retry-After", ""))
    if status == 304:
        return SourceTrouble(Health.NOT_MODIFIED, f"{host}: nothing new")
    if status in (401, 407):
        health = Health.AUTH
    elif status == 402:
        health = Health.QUOTA
    elif 300 <= status < 400 or status in (403, 429, 439) or looks_blocked(content[:50_000].decode("utf-8", "ignore")):
        health = Health.BLOCKED
    else:
        health = Health.NETWORK
    return SourceTrouble(health, f"{host}: HTTP {status}", retry_after_s=wait, page=content)


def retry_after(value: str) -> int | None:
    """Seconds out of a Retry-After header, which is a number or a date."""
    if value.strip().isdigit():
        return min(int(value), 7 * 86_400)
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0, min(int((until - datetime.now(UTC)).total_seconds()), 7 * 86_400))
