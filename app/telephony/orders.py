"""What the rest of the product asks of telephony: calls to dial, and what is to be done with a live one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ClickOrder:
    """Ring the operator's telephone, then the seller through the line. Every value has been checked once already."""

    link: str  # our id of the call: the ChannelId of its first leg
    extension: str
    phone: str  # eleven digits
    trunk_endpoint: str
    dialled: str  # prefix and number as the line wants them: digits, or + and digits
    caller_number: str
    ring_s: int
    operator_ring_s: int
    is_recorded: bool = False
    notice: bool = False


@dataclass(frozen=True, slots=True)
class LiveOrder:
    """Of a live call, or (`check`, `link` is empty then) of a telephone alone."""

    id: int
    verb: str
    link: str
    args: Mapping[str, str] = field(default_factory=dict)
