"""What a bad reply means: a captcha, an error page, nothing at all. Told in the known states of a run."""

from __future__ import annotations

import json
from typing import Any

from app.sources import Health, SourceTrouble
from app.sources._bytes import decoded

_CAPTCHA = ("captcha", "доступ ограничен", "access denied", "подозрительн", "are you a robot", "вы не робот")
_QUOTA = ("daily limit", "лимит", "limit exceeded", "quota", "тариф", "баланс", "оплат")
_AUTH = ("token", "токен", "login", "логин", "auth", "авториз", "unauthor", "api key", "password", "парол")
_OFTEN = ("too many", "часто", "5 sec", "5 сек", "rate limit", "per second")


def looks_blocked(page: str) -> bool:
    start = page[:300_000].lower()
    return any(word in start for word in _CAPTCHA)


def is_html(content: bytes | str) -> bool:
    start = content[:2000].lstrip(b"\xef\xbb\xbf \r\n\t") if isinstance(content, bytes) else content[:2000].lstrip()
    lowered = start[:200].lower()
    if isinstance(lowered, bytes):
        return lowered.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<!--"))
    return lowered.startswith(("<!doctype html", "<html", "<head", "<body", "<!--"))


def no_record(page: str, content: bytes, what: str, marks: tuple[str, ...] = ()) -> SourceTrouble:
    """A page in which nothing of what we look for stands: the site blocks us, or it is built another way now.

    The site's own `marks` speak before the word «captcha», which stands in the scripts of good pages too.
    """
    if not page.strip():
        return SourceTrouble(Health.EMPTY, "nothing came: 0 bytes")
    if looks_blocked(page) and not any(mark in page for mark in marks):
        return SourceTrouble(Health.BLOCKED, "the site asks for a captcha", page=content)
    return SourceTrouble(Health.LAYOUT_CHANGED, f"no {what} found: the layout has changed", page=content)


def parsed_json(content: bytes) -> Any:
    """JSON of whatever encoding. Raises SourceTrouble: empty, blocked, cut, or no JSON at all."""
    text = decoded(content)
    if not text.strip():
        raise SourceTrouble(Health.EMPTY, "nothing came: 0 bytes")
    try:
        found = json.loads(text, parse_constant=lambda _: None)
    except RecursionError:
        raise SourceTrouble(Health.LAYOUT_CHANGED, "the JSON is nested too deep", page=content) from None
    except ValueError as trouble:
        if is_html(text) or looks_blocked(text):
            raise no_record(text, content, "JSON but a web page") from None
        cut = text.lstrip()[:1] in ("{", "[") and text.rstrip()[-1:] not in ("}", "]")
        health = Health.PARTIAL if cut else Health.LAYOUT_CHANGED
        raise SourceTrouble(health, f"the JSON {'is cut' if cut else 'is broken'}: {trouble}", page=content) from None
    if isinstance(found, dict) and str(found.get("type", "")).lower() == "captcha":
        raise SourceTrouble(Health.BLOCKED, "the site asks for a captcha", page=content)
    return found


def api_refusal(message: str, code: int | None = None) -> SourceTrouble:
    """An aggregator's own words of refusal as a state. The words come from outside, so they are cut short."""
    said = " ".join(message.split())[:200]
    lowered = said.lower()
    if any(word in lowered for word in _OFTEN):
        return SourceTrouble(Health.BLOCKED, f"asked too often: {said}", retry_after_s=5)
    if code == 402 or any(word in lowered for word in _QUOTA):
        return SourceTrouble(Health.QUOTA, f"the tariff's limit is reached: {said}")
    if code in (401, 403) or any(word in lowered for word in _AUTH):
        return SourceTrouble(Health.AUTH, f"the key is not accepted: {said}")
    if code in (429, 439):
        return SourceTrouble(Health.BLOCKED, f"asked too often: {said}")
    return SourceTrouble(Health.NETWORK, f"the service answers with an error: {said}")
