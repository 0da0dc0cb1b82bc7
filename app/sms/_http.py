"""The door to a gateway: a checked address, caps on time and size, and a word on whether the message may be out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import requests
from urllib3.exceptions import HTTPError, NewConnectionError

from app.addresses import Guarded, host_of, is_forbidden
from app.sms import AnswerLost, Permanent, Temporary

MOST = 1 << 20  # bytes of an answer; a status has a thousandth of it


@dataclass
class Door:
    """`allow_private` is the deployment's word and never a form's."""

    allow_private: bool = False
    timeout_s: float = 10.0
    session: requests.Session = field(default_factory=requests.Session, repr=False)

    def __post_init__(self) -> None:
        self.session.trust_env = False  # a proxy or .netrc of the machine would undo the check of addresses
        self.session.headers["User-Agent"] = "Prozvon/1.0"
        if not self.allow_private:
            self.session.mount("http://", Guarded())
            self.session.mount("https://", Guarded())

    def ask(
        self, url: str, *, form: Mapping[str, Any] | None = None, told: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None, sends: bool = False,
    ) -> Any:  # fmt: skip
        """The JSON of the answer, whatever its status below 500. `sends`: without an answer the message may be out."""
        host = host_of(url)
        if not host:
            raise Permanent("sms_address")
        try:
            with self.session.post(
                url, data=form, json=told, headers=dict(headers or {}), timeout=self.timeout_s, stream=True,
                allow_redirects=False,
            ) as reply:  # fmt: skip
                content = reply.raw.read(MOST + 1, decode_content=True)
                status, wait = reply.status_code, reply.headers.get("Retry-After", "")
        except (requests.RequestException, HTTPError, OSError) as trouble:
            raise _no_answer(trouble, host, sends) from None
        return _read(status, content, wait, sends)


def _no_answer(trouble: BaseException, host: str, sends: bool) -> Exception:
    if is_forbidden(trouble):
        return Permanent("sms_address_private")
    never_left = isinstance(trouble, requests.ConnectTimeout) or isinstance(
        getattr(trouble.args[0] if trouble.args else None, "reason", None), NewConnectionError
    )
    # The library's words hold the whole address, and an address may hold a key.
    return AnswerLost(f"{host}: {type(trouble).__name__}") if sends and not never_left else Temporary(60)


def _read(status: int, content: bytes, wait: str, sends: bool) -> Any:
    if status == 429:
        return _raise(Temporary(min(int(wait), 86_400) if wait.isdigit() else 5))
    if status in (401, 402, 403):
        return _raise(Permanent("sms_no_money" if status == 402 else "sms_auth"))
    if 300 <= status < 400:
        return _raise(Permanent("sms_address"))
    try:
        answer = json.loads(content) if len(content) <= MOST else None
    except (ValueError, RecursionError):
        answer = None
    if isinstance(answer, dict) and status < 500:
        return answer
    if 400 <= status < 500:
        return _raise(Permanent("sms_refused"))
    # A page of some proxy instead of an answer: the gateway behind it may have done its work.
    return _raise(AnswerLost(f"HTTP {status}, no JSON") if sends else Temporary(60))


def _raise(trouble: Exception) -> Any:
    raise trouble
