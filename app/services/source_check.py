"""A trial of a source: one page is asked for and read, nothing is stored. Bounded in time, because a person waits."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice

from app.domain.ads import AdData, Rejected
from app.errors import OutsideError
from app.sources import Health, SourceTrouble, Window
from app.sources import Source as Adapter

LONGEST_S = 10.0
MOST_READ = 2_000
SHOWN = 3
# A site that never answers holds its thread for a while; more than two such threads a process does not afford.
_seats = threading.BoundedSemaphore(2)


@dataclass(slots=True)
class Check:
    health: Health = Health.EMPTY
    text: str = ""
    read: int = 0
    rejected: int = 0
    is_late: bool = False
    is_busy: bool = False
    ads: list[AdData] = field(default_factory=list)


def check(adapter: Adapter, now: datetime, *, hours: int, longest_s: float = LONGEST_S) -> Check:
    """What a pull would meet now. The database is not touched; a late answer is dropped."""
    if not _seats.acquire(timeout=1):
        return Check(is_busy=True)
    window = Window(since=now - timedelta(hours=hours), until=now)
    done = threading.Event()
    found: list[Check] = []

    def work() -> None:
        try:
            found.append(_ask(adapter, window))
        finally:
            _seats.release()
            done.set()

    threading.Thread(target=work, name="source-check", daemon=True).start()
    if not done.wait(longest_s):
        return Check(health=Health.NETWORK, is_late=True)
    return found[0] if found else Check(health=Health.NETWORK, text="the adapter failed")


def _ask(adapter: Adapter, window: Window) -> Check:
    told = Check()
    try:
        for page in islice(adapter.fetch(window), 1):
            _read(adapter, page.content, told)
    except SourceTrouble as trouble:
        told.health, told.text = trouble.health, str(trouble)[:500]
        return told
    except OutsideError as trouble:
        told.health, told.text = Health.NETWORK, str(trouble)[:500]
        return told
    if told.read:
        told.health = Health.LAYOUT_CHANGED if told.rejected == told.read else Health.OK
    return told


def _read(adapter: Adapter, content: bytes, told: Check) -> None:
    for record in islice(adapter.parse(content), MOST_READ):
        told.read += 1
        if isinstance(record, Rejected):
            told.rejected += 1
        elif len(told.ads) < SHOWN:
            told.ads.append(record)
