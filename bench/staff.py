"""One logged-in person of a working day: what he does, how often, and how each request is timed."""

from __future__ import annotations

import http.client
import random
import re
import threading
import time
from collections.abc import Iterator
from typing import Protocol

from bench.web import Browser

TROUBLES = (OSError, http.client.HTTPException)
_VERSION = re.compile(r'name="version" value="(\d+)"')
_LISTED, _SHOWN = re.compile(r"card=(\d+)"), re.compile(r'<article[^>]* data-card="(\d+)"')
# Results that need the time of the next call are left out.
_STATUS = re.compile(r'name="status_id" value="(\d+)"\s+(?:data-digit="\d+")?\s*>')
# What people do, by how often: an open desk asks for its counters every five seconds by itself.
OPERATOR_DOES = {"counters": 50, "a card": 18, "form": 14, "note": 4, "list": 8, "result and next": 6}
SUPERVISOR_DOES = {"board": 30, "what waits": 10, "cards": 6, "filters": 6, "ads": 4, "call-backs": 4}
OF_A_CARD = ("a card", "form", "note", "result and next")
PAGES = {
    "board": "/board/now", "what waits": "/board/pools", "cards": "/cardview/list/", "filters": "/adfilterview/list/",
    "ads": "/adview/list/", "call-backs": "/board/move?stage=3",
}  # fmt: skip


class Notes(Protocol):
    def note(self, what: str, seconds: float, answer: str) -> None: ...


class Person:
    """One logged-in browser; it does one thing at a time, as a person does."""

    def __init__(self, port: int, username: str, does: dict[str, int], seed: int) -> None:
        self.username = username
        self.browser = Browser(port)
        self.lock = threading.Lock()
        self.rng = random.Random(seed)
        self._does = does
        self._cards: list[str] = []  # those to look at
        self._hand = ""  # the one worked on

    def choose(self) -> str:
        return self.rng.choices(list(self._does), list(self._does.values()))[0]

    def arrive(self) -> bool:
        if not self.browser.log_in(self.username):
            return False
        if self._does is OPERATOR_DOES:
            self.browser.open("/desk/?tab=new")
            self._cards = _LISTED.findall(self.browser.body)
            self._look_at_next("/desk/next", {})
        return True

    def _look_at_next(self, path: str, sent: dict[str, object]) -> int:
        """Both a result and «Next» answer with the card that is to be worked on now."""
        status = self.browser.post(path, sent)
        shown = _SHOWN.search(self.browser.body) if status == 200 else None
        self._hand = shown.group(1) if shown else ""
        return status

    def do(self, what: str, due: float, report: Notes) -> None:
        """One deed; of two requests each counts by itself. A late start counts as waiting for the first."""
        try:
            for name, status in self._asked(what):
                report.note(name, time.monotonic() - due, str(status))
                due = time.monotonic()
        except TROUBLES as trouble:
            report.note(what, time.monotonic() - due, type(trouble).__name__)

    def _asked(self, what: str) -> Iterator[tuple[str, int]]:
        if what == "a card" and self._cards:
            yield what, self._open(self.rng.choice(self._cards))
        elif what in OF_A_CARD and not self._hand:
            yield "next", self._look_at_next("/desk/next", {})
        elif what in OF_A_CARD:
            yield from self._work(what, self._hand)
        else:
            yield what, self._look(what)

    def _open(self, card: str) -> int:
        return self.browser.get(f"/desk/card/{card}", {"HX-Request": "true"})

    def _look(self, what: str) -> int:
        if what in PAGES:
            return self.browser.get(PAGES[what])
        if what == "list":
            return self.browser.get("/desk/list?tab=" + self.rng.choice(("new", "work", "callbacks")))
        return self.browser.get("/desk/counts", {"X-Poll": "1"})  # no card in hand: the desk only polls

    def _work(self, what: str, card: str) -> Iterator[tuple[str, int]]:
        status = self._open(card)
        yield "a card", status
        version, statuses = _VERSION.search(self.browser.body), _STATUS.findall(self.browser.body)
        if status != 200 or version is None or not statuses:
            self._hand = ""
            yield what, status if status != 200 else 404  # the card in hand must be one that can be worked on
            return
        sent: dict[str, object] = {"version": version.group(1)}
        if what == "form":
            name = f"Имя {self.rng.random():.3f}"
            yield what, self.browser.post(f"/desk/card/{card}/form", sent | {"seller_name": name})
        elif what == "note":
            yield what, self.browser.post(f"/desk/card/{card}/note", {"text": "Перезвонит сам"})
        else:
            sent["status_id"] = self.rng.choice(statuses)
            yield what, self._look_at_next(f"/desk/card/{card}/status", sent)
