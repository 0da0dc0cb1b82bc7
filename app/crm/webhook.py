"""Any system of one's own: a signed JSON request per lead, and signed requests back to us."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from app.addresses import host_of
from app.crm import CommentOut, Crm, Event, HookRefused, LeadOut, Rate, Receipt, Request
from app.crm._http import Answer, by_status

WINDOW_S = 300
KINDS = {"client", "car", "lead"}


def signature(secret: str, timestamp: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()


@dataclass
class Webhook(Crm):
    key: ClassVar[str] = "webhook"
    label: ClassVar[str] = "Signed web-hook"
    rate: ClassVar[Rate] = Rate(20, 20)
    hint: ClassVar[str] = "Send JSON here, signed the way ours are: X-Timestamp and X-Signature"
    keeps_key: ClassVar[bool] = True
    fields_known: ClassVar[tuple[tuple[str, str], ...]] = tuple(
        (name, "{" + name + "}")
        for name in ("title", "seller_name", "phone", "make", "model", "year", "mileage_km", "price", "our_price",
                     "city", "vin", "comment", "operator", "ad_url", "card_url")
    )  # fmt: skip
    stages_known: ClassVar[Mapping[str, str]] = {
        "in_work": "in_work", "inspected": "inspected", "bought": "bought", "refused": "refused",
    }  # fmt: skip

    url: str = field(default="", metadata={"label": "Address", "help": "https://… that takes our requests"})
    secret: str = field(
        default="", metadata={"label": "Secret", "help": "Signs what we send and what comes back", "secret": True}
    )
    card_link: str = field(
        default="", metadata={"label": "Link to a lead", "help": "https://…/{id} over there; empty: none"}
    )

    def secrets(self) -> list[str]:
        return [self.secret]

    def lead_request(self, lead: LeadOut) -> Request:
        return self._request(
            "lead", lead.key, {"number": lead.number, "at": _iso(lead.at), "fields": dict(lead.fields)}
        )

    def push_lead(self, lead: LeadOut, *, again: bool) -> Receipt:
        answer = self._ask(self.lead_request(lead))
        told = answer.data.get("id") if isinstance(answer.data, dict) else None
        return self._receipt(str(told) if told not in (None, "") else lead.key)

    def push_comment(self, external_id: str, comment: CommentOut, *, again: bool) -> Receipt:
        body = {"lead_id": external_id, "kind": comment.kind, "text": comment.text, "at": _iso(comment.at)}
        self._ask(self._request("comment", comment.key, body))
        return Receipt(comment.key)

    def check(self) -> str:
        self._ask(self._request("ping", "00000000-0000-0000-0000-000000000000", {}))
        return "OK"

    def read_hook(self, headers: Mapping[str, str], body: bytes, now: datetime) -> list[Event]:
        timestamp = headers.get("X-Timestamp", "")
        if not timestamp.isascii() or not timestamp.isdigit() or abs(int(timestamp[:12]) - now.timestamp()) > WINDOW_S:
            raise HookRefused("X-Timestamp is absent or more than five minutes off")
        expected = signature(self.secret, timestamp, body)
        if not self.secret or not hmac.compare_digest(expected.encode(), headers.get("X-Signature", "").encode()):
            raise HookRefused("X-Signature is wrong")
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise HookRefused("the body is no JSON") from None
        rows = told.get("events", [told]) if isinstance(told, dict) else told
        if not isinstance(rows, list) or len(rows) > 1000 or not all(isinstance(row, dict) for row in rows):
            raise HookRefused("the body is a list of up to 1000 events")
        return [_event(row) for row in rows]

    def _request(self, event: str, key: str, told: dict[str, Any]) -> Request:
        body = json.dumps({"event": event, "key": key, **told}, ensure_ascii=False, default=str).encode()
        timestamp = str(int(datetime.now(UTC).timestamp()))
        headers = {
            "Content-Type": "application/json", "X-Timestamp": timestamp, "Idempotency-Key": key,
            "X-Signature": signature(self.secret, timestamp, body),
        }  # fmt: skip
        return Request("POST", self.url, body, headers)

    def _ask(self, request: Request) -> Answer:
        answer: Answer = self.door.ask(request)
        if not 200 <= answer.status < 300:
            raise by_status(answer, host_of(self.url), self.door.clean(" ".join(answer.text.split())[:200]))
        return answer

    def _receipt(self, external_id: str) -> Receipt:
        link = self.card_link.replace("{id}", external_id) if host_of(self.card_link) else ""
        return Receipt(external_id[:64], link)


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")


def _event(row: dict[str, Any]) -> Event:
    kind, external_id, stage = row.get("kind", "lead"), row.get("id"), row.get("stage", "")
    if kind not in KINDS or not isinstance(external_id, str | int) or not isinstance(stage, str):
        raise HookRefused("an event has kind, id and stage")
    return Event(kind, str(external_id)[:64], stage[:64], row.get("gone") is True)
