"""Two families of error: a rule said no (Refused), or somebody else's machine failed (OutsideError)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Reason:
    """Why: a code with arguments. It becomes a sentence only where it is shown."""

    code: str
    args: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        inside = ", ".join(f"{name}={value}" for name, value in self.args.items())
        return f"{self.code}({inside})" if inside else self.code


class Refused(Exception):
    """A rule says no. Shown to the person (409 or a flash); not an error in the log."""

    def __init__(self, code: str, **args: Any) -> None:
        self.reason = Reason(code, args)
        super().__init__(str(self.reason))


def refuse_unless(verdict: Any) -> None:
    """Go on, or refuse with the reason that the rule gave."""
    if not verdict.passed:
        raise Refused(verdict.reason.code, **verdict.reason.args)


class OutsideError(Exception):
    """Somebody else's machine failed. Tried again later unless `permanent`. A `code` becomes a sentence on the screen;
    `said` is what that machine said, in its own words."""

    def __init__(self, message: str, *, permanent: bool = False, code: str = "", said: str = "") -> None:
        self.permanent, self.code, self.said = permanent, code, said
        super().__init__(message)
