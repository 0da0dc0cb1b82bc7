"""SMSC.ru: the message carries our own id, so a lost answer can be asked after; its codes in our words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from hashlib import sha256
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from app.sms import AnswerLost, Gateway, Heard, Message, Permanent, Report, Sent, Temporary, one_by_one

ERRORS = {1: "sms_refused", 2: "sms_auth", 3: "sms_no_money", 5: "sms_refused", 6: "sms_text", 7: "sms_phone",
          8: "sms_unroutable"}  # fmt: skip
BLOCKED, REPEATED = 4, 9
STATES = {-3: "absent", -2: "failed", -1: "sent", 0: "sent", 1: "delivered", 2: "delivered", 3: "expired",
          4: "delivered", 20: "failed", 22: "failed", 23: "failed", 24: "failed", 25: "failed"}  # fmt: skip
TROUBLES = {-2: "sms_refused", 3: "sms_expired", 20: "sms_unroutable", 22: "sms_phone", 23: "sms_stop_list",
            24: "sms_no_money", 25: "sms_unreachable"}  # fmt: skip
BY_ERR = {1: "sms_phone", 6: "sms_unreachable", 11: "sms_unreachable", 12: "sms_unreachable", 13: "sms_unreachable",
          21: "sms_unreachable", 243: "sms_sender", 244: "sms_stop_list"}  # fmt: skip


@dataclass
class Smsc(Gateway):
    key: ClassVar[str] = "smsc"
    label: ClassVar[str] = "SMSC.ru"
    keeps_id: ClassVar[bool] = True

    login: str = ""
    password: str = field(default="", metadata={"secret": True})
    url: str = "https://smsc.ru"
    door: Any = None

    def ref_of(self, message: Message) -> str:
        """What the message is called over there, known before it is sent."""
        return f"{message.phone}:{own_id(message.link)}"

    def send(self, message: Message) -> Sent:
        answer = self._ask(
            "send.php", sends=True, phones=message.phone, mes=message.text, sender=message.sender, cost=3,
            id=own_id(message.link),
        )  # fmt: skip
        _refuse(answer)
        if "id" not in answer:
            raise AnswerLost("no id in the answer")
        return Sent(self.ref_of(message), _whole(answer.get("cnt"), 1), _money(answer.get("cost")))

    def balance(self) -> Decimal | None:
        answer = self._ask("balance.php")
        _refuse(answer)
        return _money(answer.get("balance"))

    def reports(self, refs: Sequence[str]) -> list[Report]:
        return one_by_one(refs, self._told_of)

    def _told_of(self, ref: str) -> Report | None:
        phone, _, number = ref.partition(":")
        answer = self._ask("status.php", phone=phone, id=number)
        if "status" in answer:
            return _report(ref, answer, answer.get("last_timestamp"))
        _refuse(answer)
        return None

    def read_callback(self, body: bytes) -> list[Report]:
        told = dict(parse_qsl(body.decode("utf-8", "replace")))
        if not told.get("id", "").isdecimal() or not told.get("phone", "").isdecimal() or "status" not in told:
            raise ValueError("id, phone and status are needed")
        if _whole(told["status"], -99) not in STATES:
            raise ValueError("no such status")
        return [_report(f"{told['phone']}:{told['id']}", told, told.get("ts"))]

    def read_answers(self, body: bytes) -> list[Heard]:
        told = dict(parse_qsl(body.decode("utf-8", "replace")))
        if "status" in told or not told.get("mes") or not told.get("phone", "").lstrip("+").isdecimal():
            return []
        return [Heard(told["phone"], told["mes"])]

    def _ask(self, page: str, *, sends: bool = False, **more: Any) -> dict[str, Any]:
        form = {"login": self.login, "psw": self.password, "fmt": 3, "charset": "utf-8", **more}
        answer: dict[str, Any] = self.door.ask(f"{self.url}/sys/{page}", form=form, sends=sends)
        return answer


def own_id(link: str) -> int:
    """Our id within the 31 bits that SMSC.ru takes; with the phone beside it no two messages meet."""
    number = int(link) if link.isascii() and link.isdigit() else 0
    return number if 0 < number < 2**31 else int.from_bytes(sha256(link.encode()).digest()[:4]) % (2**31 - 1) + 1


def _refuse(answer: dict[str, Any]) -> None:
    if "error_code" not in answer and "error" not in answer:
        return
    code = _whole(answer.get("error_code"), 0)
    if code == BLOCKED:  # our address, for a while
        raise Temporary(600)
    if code == REPEATED:  # an earlier try of the same message may have arrived: ask after it by our id
        raise AnswerLost("the same request again")
    raise Permanent(ERRORS.get(code, "sms_refused"))


def _report(ref: str, told: dict[str, Any], at: Any) -> Report:
    status = _whole(told.get("status"), -1)
    state = STATES.get(status, "sent")
    trouble = BY_ERR.get(_whole(told.get("err"), 0), TROUBLES.get(status, "")) if state in ("failed", "expired") else ""
    seconds = _whole(at, 0)
    return Report(ref, state, datetime.fromtimestamp(seconds, UTC) if 0 < seconds < 2**33 else None, trouble)


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
