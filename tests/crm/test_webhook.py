"""Our own signed web-hook, out and in."""

from __future__ import annotations

import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from app.crm import CommentOut, CrmTrouble, Event, HookRefused, LeadOut
from app.crm._http import Door
from app.crm.webhook import Webhook, signature
from tests.crm.servers import Plain, running

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
SECRET = "a secret of the test"
LEAD = LeadOut("key-1", 7, {"title": "LADA", "price": 690000}, {"phones": ["79160001122"]}, NOW)


@pytest.fixture
def system() -> Iterator[Plain]:
    """A system that keeps the keys it has seen."""
    seen: dict[str, int] = {}

    def reply(method: str, path: str, headers: Any, body: bytes) -> Any:
        good = (
            "sha256=" + hmac.new(SECRET.encode(), headers["X-Timestamp"].encode() + b"." + body, "sha256").hexdigest()
        )
        if headers["X-Signature"] != good:
            return 401, {"error": "signature"}
        return 200, {"id": seen.setdefault(headers["Idempotency-Key"], len(seen) + 1)}

    with running(Plain(reply)) as server:
        yield server


@pytest.fixture
def crm(system) -> Webhook:
    made = Webhook(url=f"{system.url}/leads", secret=SECRET, card_link="https://crm.example.test/leads/{id}")
    made.door = Door(allow_private=True, timeout_s=1.0)
    return made


def test_a_lead_is_signed_and_carries_its_key_on_every_try(system, crm):
    first, second = crm.push_lead(LEAD, again=False), crm.push_lead(LEAD, again=True)
    assert first == second and first.url == "https://crm.example.test/leads/1"
    told = json.loads(system.asked[0][3])
    assert told["event"] == "lead" and told["fields"] == {"title": "LADA", "price": 690000}
    crm.push_comment("1", CommentOut("key-2", "note", "Торг", NOW, "[#x]"), again=False)
    assert json.loads(system.asked[2][3])["text"] == "Торг"


def test_a_wrong_secret_is_told_by_the_check(crm):
    assert crm.check() == "OK"
    crm.secret = "another"
    with pytest.raises(CrmTrouble) as told:
        crm.check()
    assert told.value.kind == "auth"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "http://localhost:1/", "http://[::1]:1/", "http://10.0.0.1/",
                                 "http://169.254.169.254/", "file:///etc/passwd", "http://u:p@x.test/"])  # fmt: skip
def test_an_address_inside_the_house_is_refused_before_anything_is_sent(url):
    crm = Webhook(url=url, secret=SECRET)
    crm.door = Door(timeout_s=1.0)
    with pytest.raises(CrmTrouble) as told:
        crm.push_lead(LEAD, again=False)
    assert told.value.permanent and told.value.closes and told.value.kind == "auth"


def test_an_answer_larger_than_any_is_cut_short(crm):
    with running(Plain(lambda *_: (200, "x" * (5 << 20)))) as huge:
        crm.url = huge.url
        with pytest.raises(CrmTrouble) as told:
            crm.push_lead(LEAD, again=False)
    assert told.value.kind == "strange"


def headers(body: bytes, *, at: float = NOW.timestamp(), secret: str = SECRET) -> dict[str, str]:
    stamp = str(int(at))
    return {"X-Timestamp": stamp, "X-Signature": signature(secret, stamp, body)}


def test_what_comes_back_is_read_when_it_is_signed_and_fresh(crm):
    body = json.dumps({"events": [{"kind": "lead", "id": 5, "stage": "bought"}, {"id": "6", "gone": True}]}).encode()
    assert crm.read_hook(headers(body), body, NOW) == [Event("lead", "5", "bought"), Event("lead", "6", is_gone=True)]


@pytest.mark.parametrize(
    ("body", "more"),
    [
        (b"{}", {}), (b"[1]", {}), (b"{", {}), (b"\xff", {}), (b"[" * 100_000, {}),
        (b'{"id": 1, "kind": "other"}', {}), (b'{"id": 1, "stage": 7}', {}),
        (b'{"id": 1}', {"at": NOW.timestamp() - 301}), (b'{"id": 1}', {"secret": "wrong"}),
    ],
)  # fmt: skip
def test_what_is_strange_old_or_wrongly_signed_is_refused(crm, body, more):
    with pytest.raises(HookRefused):
        crm.read_hook(headers(body, **more), body, NOW)
    with pytest.raises(HookRefused):
        crm.read_hook({}, body, NOW)
