"""What a gateway is told and tells: a message, what became of it, and three kinds of failure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol


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


class Gateway(Protocol):
    def send(self, message: Message) -> Sent: ...

    def balance(self) -> Decimal | None: ...

    def reports(self, refs: Sequence[str]) -> list[Report]: ...

    def read_callback(self, body: bytes) -> list[Report]:
        """Raises ValueError for junk. Whether it is from the gateway, the token of the address has said before."""
