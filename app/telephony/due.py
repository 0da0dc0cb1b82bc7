"""When the listener does again what it does from time to time."""

from __future__ import annotations

import time
from collections.abc import Iterable


class Due:
    """What nobody has put off is due now."""

    def __init__(self) -> None:
        self._at: dict[str, float] = {}

    def is_due(self, name: str, every_s: float) -> bool:
        """True at most once in `every_s`: who hears it, does it."""
        if self.left([name]):
            return False
        self.put_off(name, every_s)
        return True

    def put_off(self, name: str, seconds: float) -> None:
        self._at[name] = time.monotonic() + seconds

    def hurry(self, name: str) -> None:
        self._at.pop(name, None)

    def left(self, names: Iterable[str]) -> float:
        """Seconds until the first of them."""
        return max(0.0, min(self._at.get(name, 0.0) for name in names) - time.monotonic())
