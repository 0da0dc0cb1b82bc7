"""MTS Exolve: JSON with a bearer key; what became of a message is told by call-back only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from app.sms import AnswerLost, Gateway, Heard, Message, Permanent, Report, Sent

STATES = {"sent": "sent", "queued": "sent", "accepted": "sent", "delivered": "delivered", "undelivered": "failed",
          "failed": "failed", "rejected": "failed", "expired": "expired"}  # fmt: skip
TROUBLES = {"undelivered": "sms_unreachable", "failed": "sms_unroutable", "rejected": "sms_refused",
            "expired": "sms_expired"}  # fmt: skip


@dataclass
class Exolve(Gateway):
    key: ClassVar[str] = "exolve"
    label: ClassVar[str] = "MTS Exolve"
    keeps_id: ClassVar[bool] = False
    can_check: ClassVar[bool] = False

    api_key: str = field(default="", metadata={"secret": True})
    url: str = "https://api.exolve.ru"
    door: Any = None

    def send(self, message: Message) -> Sent:
        told = {"number": message.sender, "destination": message.phone, "text": message.text}
        headers = {"Authorization": f"Bearer {self.api_key}"}
        answer = self.door.ask(f"{self.url}/messaging/v1/SendSMS", told=told, headers=headers, sends=True)
        if "error" in answer:
            raise Permanent("sms_refused")
        if not answer.get("message_id"):
            raise AnswerLost("no id in the answer")
        return Sent(str(answer["message_id"]), 1, None)

    def balance(self) -> Decimal | None:
        """Not known to be offered by their API."""
        return None

    def reports(self, refs: Sequence[str]) -> list[Report]:
        return []  # by call-back only

    def read_answers(self, body: bytes) -> list[Heard]:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            return []
        if not isinstance(told, dict) or str(told.get("direction", "")).lower() != "incoming":
            return []
        phone, words = told.get("sender"), told.get("text")
        return [Heard(phone, words)] if isinstance(phone, str) and isinstance(words, str) else []

    def read_callback(self, body: bytes) -> list[Report]:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise ValueError("no JSON") from None
        status = str(told.get("status", "")).lower() if isinstance(told, dict) else ""
        if status not in STATES or not isinstance(told.get("message_id"), str | int):
            raise ValueError("message_id and a known status are needed")
        return [Report(str(told["message_id"])[:64], STATES[status], None, TROUBLES.get(status, ""))]
