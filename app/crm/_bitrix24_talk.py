"""How Bitrix24 is asked and how it says no: commands of a batch, names of fields, errors into kinds of trouble."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, quote

from app.crm import CrmTrouble, HookRefused, Request
from app.crm._http import Answer, Door, by_status

_LIMITS = {"QUERY_LIMIT_EXCEEDED": 2.0, "OVERLOAD_LIMIT": 60.0, "OPERATION_TIME_LIMIT": 600.0}
_ACCESS = {
    "NO_AUTH_FOUND", "INVALID_CREDENTIALS", "INSUFFICIENT_SCOPE", "ACCESS_DENIED", "EXPIRED_TOKEN", "PAYMENT_REQUIRED",
    "USER_ACCESS_ERROR", "INVALID_TOKEN", "ERROR_OAUTH",
}  # fmt: skip
_LATER = {"INTERNAL_SERVER_ERROR", "ERROR_UNEXPECTED_ANSWER", "PORTAL_DELETED"}


def call(door: Door, request: Request, host: str) -> dict[str, Any]:
    """The envelope of a good answer. An empty `error` is an error too: the key counts, not its value."""
    answer = door.ask(request)
    told = answer.data
    if isinstance(told, dict) and "error" in told:
        raise trouble_of(told, host, answer=answer)
    if answer.status != 200:
        raise by_status(answer, host)
    if not isinstance(told, dict) or "result" not in told:
        raise CrmTrouble(f"{host}: the answer is not of Bitrix24's form", kind="strange")
    return told


def trouble_of(error: Any, host: str, where: str = "", answer: Answer | None = None) -> CrmTrouble:
    told: dict[str, Any] = error if isinstance(error, dict) else {"error": str(error)}
    code = str(told.get("error") or "").upper()
    words = " ".join(str(told.get("error_description") or code or "error").split())[:300]
    text = f"{host}: {where}{words}"
    if code in _LIMITS:
        spent = told.get("time")
        reset = spent.get("operating_reset_at") if isinstance(spent, dict) else None
        wait = min(max(float(reset) - time.time(), 1.0), 900.0) if isinstance(reset, int | float) else _LIMITS[code]
        return CrmTrouble(text, kind="limit", wait_s=wait, closes=True)
    if code in _ACCESS or (not code and "denied" in words.lower()):
        return CrmTrouble(text, kind="auth", permanent=True, closes=True)
    if code in _LATER or (answer is not None and answer.status >= 500):
        return CrmTrouble(text)
    return CrmTrouble(text, kind="refused", permanent=True)


def query(method: str, params: Mapping[str, Any]) -> str:
    """A command of a batch: the method and its parameters as PHP reads them. References to other results stay."""
    pairs = "&".join(f"{quote(name, safe='[]')}={quote(value, safe='$[]')}" for name, value in _flat(params))
    return f"{method}?{pairs}"


def _flat(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(inner, f"{name}[{key}]" if name else str(key))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _flat(inner, f"{name}[{number}]")
    else:
        yield name, "" if value is None else str(value)


def camel(name: str) -> str:
    """ASSIGNED_BY_ID as crm.item.add calls it; custom fields keep their names."""
    if name.startswith("UF_") or not name.isupper():
        return name
    first, *others = name.lower().split("_")
    return first + "".join(part.capitalize() for part in others)


def form_pairs(body: bytes) -> dict[str, str]:
    try:
        return dict(parse_qsl(body.decode("utf-8", "strict"), max_num_fields=500))
    except (ValueError, UnicodeError):
        raise HookRefused("the body is no form") from None
