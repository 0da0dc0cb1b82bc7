"""What a rule answers: passed or not, and why. The reason is shown, logged and asserted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.errors import Reason


@dataclass(frozen=True, slots=True)
class Verdict:
    passed: bool
    reason: Reason


def yes(code: str, **args: Any) -> Verdict:
    return Verdict(True, Reason(code, args))


def no(code: str, **args: Any) -> Verdict:
    return Verdict(False, Reason(code, args))
