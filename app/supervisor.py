"""Keeps the processes of one machine alive: starts them, restarts with a growing pause what dies, stops all in time."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

STOP_WITHIN_S = 29.0  # all together; then they are killed
STEADY_AFTER_S = 30.0  # who has lived so long starts again without a pause
LONGEST_PAUSE_S = 30.0
LOOK_EVERY_S = 0.25
ASK_EVERY_S = 5.0  # who else is wanted now


@dataclass
class Child:
    name: str
    argv: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_s: float = 0.0
    again_at: float = 0.0

    def start(self) -> None:
        self.started_at = time.monotonic()
        self.again_at = 0.0
        # A session of its own: Ctrl-C reaches the supervisor alone, who then stops everybody in order.
        self.process = subprocess.Popen(  # noqa: S603  our own argv
            list(self.argv), env=os.environ | self.environment, start_new_session=True, preexec_fn=_die_with_parent
        )

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def look_after(self) -> None:
        """Start again when due; after a death wait 0.5, 1, 2 … 30 seconds, unless it had lived well."""
        now = time.monotonic()
        if self.is_alive:
            return
        if not self.again_at:
            steady = now - self.started_at >= STEADY_AFTER_S
            self.pause_s = 0.5 if steady or not self.pause_s else min(self.pause_s * 2, LONGEST_PAUSE_S)
            self.again_at = now + self.pause_s
            code = self.process.returncode if self.process else None
            log.warning("process died", extra={"child": self.name, "code": code, "again_in_s": self.pause_s})
        elif now >= self.again_at:
            self.start()


def _die_with_parent() -> None:
    """Linux: when the supervisor itself is killed, its children are told to stop instead of staying behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


class Supervisor:
    """`also` names those who come and go while we run (an Asterisk is added, another switched off); None: as before."""

    def __init__(self, children: Sequence[Child], *, also: Callable[[], Sequence[Child] | None] = lambda: ()) -> None:
        self._children = list(children)
        self._also, self._guests = also, set[str]()
        self._ask_again_at = 0.0
        self._asked = False

    def run(self, ready: Callable[[], bool], on_ready: Callable[[], None]) -> int:
        """Until SIGTERM or Ctrl-C. `on_ready` is called once, when `ready()` first says so."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask)
        for child in self._children:
            child.start()
        told = False
        while not self._asked:
            time.sleep(LOOK_EVERY_S)
            self._receive_guests()
            for child in self._children:
                child.look_after()
            if not told and ready():
                told = True
                on_ready()
        return self._stop_all()

    def _receive_guests(self) -> None:
        if time.monotonic() < self._ask_again_at:
            return
        self._ask_again_at = time.monotonic() + ASK_EVERY_S
        wanted = self._also()
        if wanted is None:
            return
        names = {child.name for child in wanted}
        for child in [one for one in self._children if one.name in self._guests - names]:
            self._children.remove(child)
            Supervisor([child])._stop_all()
        new = [child for child in wanted if child.name not in self._guests]
        for child in new:
            child.start()
        self._children += new
        self._guests = names

    def _ask(self, *_: object) -> None:
        self._asked = True

    def _stop_all(self) -> int:
        """In the order of the list, all at once to be quick: the web stops taking requests, the worker its items."""
        end = time.monotonic() + STOP_WITHIN_S
        alive = [child.process for child in self._children if child.process and child.is_alive]
        for process in alive:
            process.terminate()
        killed = 0
        for process in alive:
            try:
                process.wait(timeout=max(0.1, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                killed += 1
        log.info("stopped", extra={"killed": killed})
        return 1 if killed else 0


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310  our own http address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
