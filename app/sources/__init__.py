"""Sources of adverts: one classified, feed or file format per module.

Fetching and parsing are two contracts. `parse` works on saved bytes and never talks to anybody; `fetch` talks and
never understands more than it must (paging, «blocked»).

To add a classified: write `app/sources/<key>.py` with a subclass of `Source` that has a `key`, a `label`, its options
as dataclass fields, `parse`, and `fetch` when it can be asked over the network. Save a page made by hand in the same
shape as `tests/sources/pages/<key>_*.xml` and test `parse` on it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

from app.domain.ads import AdData, Rejected
from app.errors import OutsideError


class Health(StrEnum):
    """How a run ended. Exactly one of these, always."""

    OK = "ok"
    EMPTY = "empty"
    PARTIAL = "partial"
    BLOCKED = "blocked"
    AUTH = "auth"
    QUOTA = "quota"
    DEMO = "demo"
    LAYOUT_CHANGED = "layout_changed"
    NETWORK = "network"
    NOT_MODIFIED = "not_modified"


class SourceTrouble(OutsideError):
    """A fetch or a parse that failed as a whole; `health` says in which of the known ways.

    `retry_after_s` comes from the site's Retry-After; `page` is the start of what came, kept for the administrator.
    """

    def __init__(self, health: Health, message: str, *, retry_after_s: int | None = None, page: bytes = b"") -> None:
        self.health = health
        self.retry_after_s = retry_after_s
        self.page = page[:200_000]
        super().__init__(message, permanent=health in (Health.AUTH, Health.LAYOUT_CHANGED))


@dataclass(slots=True)
class Window:
    """What a pull is asked to cover, aware times. `cursor` is what the previous run left: etag, last id, last time …"""

    since: datetime
    until: datetime
    cursor: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Page:
    """One fetched piece. `cursor` is saved once this page has been stored, so a killed run goes on from here."""

    content: bytes
    url: str = ""
    cursor: dict[str, str] = field(default_factory=dict)
    missed: str = ""  # in words: what of the window this source could not give (a site's page cap)


@dataclass
class Source:
    """Contract of a source. Options are dataclass fields; a field with metadata {"secret": True} is never shown.

    `snapshot` sources always send everything they have: an ad that is absent from a complete snapshot is gone.
    """

    key: ClassVar[str] = ""
    label: ClassVar[str] = ""  # English msgid, translated where shown
    snapshot: ClassVar[bool] = False
    can_fetch: ClassVar[bool] = False
    takes_push: ClassVar[bool] = False  # a program sends the adverts to us
    extensions: ClassVar[tuple[str, ...]] = ()  # file name endings it usually has

    def fetch(self, window: Window) -> Iterable[Page]:
        """Ask the site, politely and in order. Raises SourceTrouble."""
        raise NotImplementedError(f"{self.key} is a file format: it has nothing to fetch")

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        """Read saved bytes, streaming. Raises SourceTrouble when the whole is blocked, cut or of another layout."""
        raise NotImplementedError

    def parse_file(self, path: Path) -> Iterator[AdData | Rejected]:
        """Read a saved file, packed (.gz) or not. Formats that can be large override this and stream."""
        return self.parse(path.read_bytes())

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        """Whether the first 64 KiB look like this format; used when the format of a file is not told."""
        return False


class Paced:
    """A source whose site counts requests by account. Two sources of one account share its pause, on every machine:
    a service puts its own question into `ask_turn`; alone, a source only minds its own requests."""

    pause_s: ClassVar[float]  # between two requests

    def __post_init__(self) -> None:
        # Attributes and no options: they stand in no form, and a test puts a clock of its own here.
        self.sleep: Callable[[float], None] = time.sleep
        self.ask_turn: Callable[[], float] = self._own_turn
        self._asked = False

    def account(self) -> tuple[str, ...]:
        """What the site knows the account by, secrets included."""
        raise NotImplementedError

    def take_turn(self) -> None:
        """Call it before every request: it returns when the site may be asked."""
        seconds = self.ask_turn()
        if seconds > 0:
            self.sleep(seconds)

    def _own_turn(self) -> float:
        is_first, self._asked = not self._asked, True
        return 0.0 if is_first else self.pause_s
