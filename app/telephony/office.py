"""What the listener asks of the product. Handed in from outside: telephony knows neither tables nor services."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from app.telephony.events import Told
from app.telephony.orders import ClickOrder, LiveOrder


class Away(Exception):
    """The database does not answer now; whatever was asked may be asked again."""


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    user: str
    secret: str = field(repr=False)


class Office(Protocol):
    """Each method is one transaction, and may be called from any thread."""

    def address(self) -> Address | None:
        """Where AMI is; None when this server is switched off or gone."""

    def claim(self) -> list[ClickOrder | LiveOrder]:
        """Orders, handed over once: what is returned has been committed."""

    def finish(self, order_id: int, trouble: str = "", answer: str = "") -> None: ...

    def handle(self, told: Sequence[Told]) -> None: ...

    def reconcile(self, live: Collection[str]) -> None:
        """`live`: the links of all calls that go on now."""

    def devices(self, states: Mapping[str, str]) -> None:
        """Every telephone's state, by its device: PJSIP/op1 -> NOT_INUSE."""

    def alive(self, is_up: bool, trouble: str, version: str) -> bool:
        """A sign of life with the truth about AMI. False: this server is not wanted any more."""
