"""SMS.ru: every number has a status of its own inside the answer; call-backs are lists of lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from app.sms import AnswerLost, Gateway, Message, Permanent, Report, Sent, Temporary

ERRORS = {150: "sms_unroutable", 200: "sms_auth", 201: "sms_no_money", 202: "sms_phone", 203: "sms_text",
          204: "sms_sender", 205: "sms_text", 207: "sms_unroutable", 209: "sms_stop_list", 212: "sms_text",
          230: "sms_limit", 231: "sms_repeated", 232: "sms_repeated", 233: "sms_repeated",
          300: "sms_auth", 301: "sms_auth", 302: "sms_auth"}  # fmt: skip
WAITS = {206: 3600, 220: 60, 500: 60}  # the day's limit; closed for a while; their own failure
STATES = {-1: "absent", 100: "sent", 101: "sent", 102: "sent", 103: "delivered", 110: "delivered", 104: "expired"}
TROUBLES = {104: "sms_expired", 105: "sms_refused", 106: "sms_unreachable", 107: "sms_unreachable",
            108: "sms_refused", 150: "sms_unroutable"}  # fmt: skip
MOST = 100  # messages in one question


@dataclass
class SmsRu(Gateway):
    key: ClassVar[str] = "smsru"
    label: ClassVar[str] = "SMS.ru"
    keeps_id: ClassVar[bool] = False
    callback_answer: ClassVar[str] = "100"

    api_id: str = field(default="", metadata={"secret": True})
    url: str = "https://sms.ru"
    door: Any = None

    def send(self, message: Message) -> Sent:
        more = {"from": message.sender} if message.sender else {}
        answer = self._ask("/sms/send", sends=True, to=message.phone, msg=message.text, **more)
        _refuse(answer)
        numbers = answer.get("sms")
        told = numbers.get(message.phone) if isinstance(numbers, dict) else None
        if not isinstance(told, dict):
            raise AnswerLost("the number is not in the answer")
        _refuse(told)
        if not told.get("sms_id"):
            raise AnswerLost("no id in the answer")
        return Sent(str(told["sms_id"]), _whole(told.get("sms_count"), 1), _money(told.get("cost")))

    def balance(self) -> Decimal | None:
        answer = self._ask("/my/balance")
        _refuse(answer)
        return _money(answer.get("balance"))

    def reports(self, refs: Sequence[str]) -> list[Report]:
        return [one for n in range(0, len(refs), MOST) for one in self._told_of(refs[n : n + MOST])]

    def _told_of(self, refs: Sequence[str]) -> list[Report]:
        answer = self._ask("/sms/status", sms_id=",".join(refs))
        _refuse(answer)
        numbers = answer.get("sms")
        rows = numbers.items() if isinstance(numbers, dict) else ()  # nothing found is an empty list there
        return [_report(ref, _whole(told.get("status_code"), 0), None) for ref, told in rows if isinstance(told, dict)]

    def read_callback(self, body: bytes) -> list[Report]:
        entries = [value for name, value in parse_qsl(body.decode("utf-8", "replace")) if name.startswith("data[")]
        if not entries or len(entries) > 100:
            raise ValueError("between 1 and 100 entries are needed")
        found = []
        for entry in entries:
            lines = entry.split("\n")
            if lines[0] != "sms_status":
                continue  # they also tell of calls and of tests
            if len(lines) < 3 or not lines[1] or _whole(lines[2], 0) not in {*STATES, *TROUBLES}:
                raise ValueError("an entry is not readable")
            found.append(_report(lines[1][:64], int(lines[2]), lines[3] if len(lines) > 3 else None))
        return found

    def _ask(self, path: str, *, sends: bool = False, **more: Any) -> dict[str, Any]:
        form = {"api_id": self.api_id, "json": 1, **more}
        answer: dict[str, Any] = self.door.ask(f"{self.url}{path}", form=form, sends=sends)
        return answer


def _refuse(answer: dict[str, Any]) -> None:
    code = _whole(answer.get("status_code"), 0)
    if answer.get("status") == "OK" or 100 <= code < 104:
        return
    if code in WAITS:
        raise Temporary(WAITS[code])
    raise Permanent(ERRORS.get(code, "sms_refused"))


def _report(ref: str, code: int, at: Any) -> Report:
    seconds = _whole(at, 0)
    when = datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**33 else None
    state = STATES.get(code, "failed" if code in TROUBLES else "sent")
    return Report(ref, state, when, TROUBLES.get(code, ""))


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
