"""SMS Aero v2: JSON with Basic authorisation; refusals come in three shapes."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar

from app.sms import AnswerLost, Gateway, Message, Permanent, Report, Sent, Temporary, one_by_one

STATES = {0: "sent", 1: "delivered", 2: "failed", 3: "sent", 4: "sent", 6: "failed", 8: "sent"}
TROUBLES = {2: "sms_unreachable", 6: "sms_refused"}
# They name a refusal by words alone; the first that is found counts.
WORDS = {"credit": "sms_no_money", "balance": "sms_no_money", "auth": "sms_auth", "sign": "sms_sender",
         "blacklist": "sms_stop_list", "number": "sms_phone", "text": "sms_text"}  # fmt: skip


@dataclass
class SmsAero(Gateway):
    key: ClassVar[str] = "smsaero"
    label: ClassVar[str] = "SMS Aero"
    keeps_id: ClassVar[bool] = False

    email: str = ""
    api_key: str = field(default="", metadata={"secret": True})
    url: str = "https://gate.smsaero.ru"
    callback_url: str = ""
    door: Any = None

    def send(self, message: Message) -> Sent:
        told: dict[str, Any] = {"number": int(message.phone), "text": message.text, "sign": message.sender}
        if self.callback_url:
            told |= {"callbackUrl": self.callback_url, "callbackFormat": "JSON"}
        data = self._ask("sms/send", told, sends=True)
        row = data[0] if isinstance(data, list) and data else data
        if not isinstance(row, dict) or not row.get("id"):
            raise AnswerLost("no id in the answer")
        return Sent(str(row["id"]), 1, _money(row.get("cost")))

    def balance(self) -> Decimal | None:
        data = self._ask("balance", {})
        return _money(data.get("balance")) if isinstance(data, dict) else None

    def reports(self, refs: Sequence[str]) -> list[Report]:
        return one_by_one([ref for ref in refs if ref.isdecimal()], self._told_of)

    def _told_of(self, ref: str) -> Report | None:
        row = self._ask("sms/status", {"id": int(ref)})
        return _report(row) if isinstance(row, dict) and row.get("id") else None

    def read_callback(self, body: bytes) -> list[Report]:
        try:
            told = json.loads(body)
        except (ValueError, RecursionError):
            raise ValueError("no JSON") from None
        if not isinstance(told, dict) or not isinstance(told.get("id"), int | str):
            raise ValueError("id is needed")
        if _whole(told.get("status"), -1) not in STATES:
            raise ValueError("no such status")
        return [_report(told)]

    def _ask(self, path: str, told: dict[str, Any], *, sends: bool = False) -> Any:
        word = b64encode(f"{self.email}:{self.api_key}".encode()).decode()
        answer = self.door.ask(
            f"{self.url}/v2/{path}", told=told, headers={"Authorization": f"Basic {word}"}, sends=sends
        )
        if answer.get("success") is True:
            return answer.get("data")
        said = " ".join(str(answer.get(name) or "") for name in ("result", "reason", "message")).lower()
        if "too many" in said:
            raise Temporary(60)
        raise Permanent(next((code for word, code in WORDS.items() if word in said), "sms_refused"))


def _report(row: dict[str, Any]) -> Report:
    status, seconds = _whole(row.get("status"), -1), _whole(row.get("dateAnswer"), 0)
    when = datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**33 else None
    return Report(str(row["id"])[:64], STATES.get(status, "sent"), when, TROUBLES.get(status, ""))


def _whole(value: Any, otherwise: int) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return otherwise


def _money(value: Any) -> Decimal | None:
    try:
        money = Decimal(str(value))
    except InvalidOperation:
        return None
    return money if money.is_finite() else None
