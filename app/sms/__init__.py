"""SMS gateways: one per module. A member sends one message, says what became of earlier ones and what is left to pay.

To add a gateway: write `app/sms/<key>.py` with a dataclass that inherits `Gateway` and has a `key`, a `label` and its
options as fields (metadata {"secret": True} is never shown). Talk over `self.door` (app.sms._http), which checks the
address; what speaks no HTTP takes `allow_private` instead and checks for itself. Test it against a server of its own in
`tests/sms/`, in the gateway's own words.

A message must never go out twice. Where the gateway keeps our id (`keeps_id`), a message whose answer was lost is asked
after by `ref_of`; where it does not, that message is never sent again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar


class Temporary(Exception):
    """The message is surely not out; the same may be tried again after so many seconds."""

    def __init__(self, retry_after: float) -> None:
        self.retry_after = retry_after
        super().__init__(f"again in {retry_after:.0f} s")


class Permanent(Exception):
    """The message is surely not out, and trying again changes nothing. The code becomes a sentence on the screen."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


class AnswerLost(Exception):
    """Nobody knows whether the message is out: never send it again without having asked."""


# Refusals that are about the account and not about the message: the whole gateway rests.
CLOSES = frozenset({"sms_auth", "sms_no_money", "sms_address", "sms_address_private"})


PATIENCE = 3  # questions without an answer, and the rest is left for the next time


@dataclass(frozen=True, slots=True)
class Message:
    link: str  # ours, the same on every try
    phone: str  # 79XXXXXXXXX
    text: str
    sender: str


@dataclass(frozen=True, slots=True)
class Sent:
    ref: str  # what the gateway calls it
    parts: int
    cost: Decimal | None  # roubles, where the gateway tells


@dataclass(frozen=True, slots=True)
class Report:
    ref: str
    state: str  # sent, delivered, failed, expired; absent: the gateway has never had it
    at: datetime | None
    trouble: str  # a code of ours; empty without trouble


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody has answered."""

    phone: str  # as the gateway writes it
    text: str


class Gateway:
    """Contract of a gateway. Every question may raise Temporary, Permanent or (send) AnswerLost."""

    key: ClassVar[str] = ""
    label: ClassVar[str] = ""
    keeps_id: ClassVar[bool] = False  # a message can be asked after by our own id
    can_check: ClassVar[bool] = True  # something can be asked that proves the account without a message
    callback_answer: ClassVar[str] = "OK"  # what the gateway wants to read after a call-back
    heard: Sequence[Heard] = ()  # what came along with the reports that were asked for last

    def ref_of(self, message: Message) -> str:
        """What the message is called over there, known before it is sent; empty where only the answer tells."""
        return ""

    def send(self, message: Message) -> Sent:
        raise NotImplementedError

    def balance(self) -> Decimal | None:
        raise NotImplementedError

    def reports(self, refs: Sequence[str]) -> list[Report]:
        raise NotImplementedError

    def read_callback(self, body: bytes) -> list[Report]:
        """Raises ValueError for junk. Whether it is from the gateway, the token of the address has said before."""
        raise ValueError("this gateway has no call-backs")

    def read_answers(self, body: bytes) -> list[Heard]:
        """The same address also tells what people answer; nothing when this is no such call-back."""
        return []


def one_by_one(refs: Sequence[str], told_of: Callable[[str], Report | None]) -> list[Report]:
    """For gateways that tell of one message a time: a question that fails takes nothing from the others."""
    found: list[Report] = []
    silent = 0
    for ref in refs:
        try:
            report = told_of(ref)
        except Permanent as refused:
            if refused.code in CLOSES:
                raise
            continue
        except Temporary:
            silent += 1
            if silent == PATIENCE and not found:
                raise
            if silent == PATIENCE:
                break
            continue
        found += [report] if report else []
    return found
