"""AMI over pyst2, tamed: own reader, answers by their ActionID, nothing waits for ever, no value becomes a line.

One object is one connection; whoever reconnects makes a new one. See `Ami` for what of pyst2 stays.
"""

from __future__ import annotations

import itertools
import logging
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from asterisk.manager import Manager

from app.telephony.messages import AmiError, AnswerLost, Headers, LoginRefused, Message, NotConnected, read, written

log = logging.getLogger(__name__)

ANSWER_WITHIN_S = 4.0
LONGEST_MESSAGE = 256 * 1024  # bytes; what is longer is no message of Asterisk and is passed over
END = b"\r\n\r\n"


@dataclass(slots=True)
class _Waiting:
    is_list: bool
    done: threading.Event = field(default_factory=threading.Event)
    answer: Message | None = None
    items: list[Message] = field(default_factory=list)


class Ami(Manager):  # type: ignore[misc]  # pyst2 has no types
    """pyst2's Manager with its verbs (login, ping, hangup, redirect …) over a transport of our own.

    pyst2 itself reads byte by byte, gives answers to whoever waits first, and dies with the first bad event.
    `on_event` is called from the reading thread for each event, `on_lost` once, when the connection has ended.
    """

    def __init__(
        self, on_event: Callable[[Message], None], on_lost: Callable[[], None] = lambda: None, *, name: str = "pz"
    ) -> None:
        # Not pyst2's own: it makes threads that are never started.
        self.title, self.version, self.hostname = "", "", name
        self._sock: socket.socket | None = None
        self._connected, self._running = threading.Event(), threading.Event()
        self._on_event, self._on_lost = on_event, on_lost
        self._numbers = itertools.count(1)
        self._waiting: dict[str, _Waiting] = {}
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._booted, self._greeted, self.ended = threading.Event(), threading.Event(), threading.Event()
        self._reader: threading.Thread | None = None
        self.bad_n = 0  # events whose handler failed, and messages that were too long

    # --- its life

    def connect(self, host: str, port: int = 5038, *, within_s: float = ANSWER_WITHIN_S) -> None:
        if self._reader is not None:
            raise AmiError("one object is one connection")
        try:
            self._sock = socket.create_connection((host, port), within_s)
        except OSError as error:
            raise NotConnected(str(error)) from None
        self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # For sends alone: a receiver whose buffers are full is as good as gone.
        self._sock.settimeout(within_s)
        self._connected.set()
        self._running.set()
        self._reader = threading.Thread(target=self._read, name="ami reader", daemon=True)
        self._reader.start()
        if not self._greeted.wait(within_s) or not self._connected.is_set():
            self.close()
            raise NotConnected("no greeting")

    def connected(self) -> bool:
        return self._connected.is_set()

    def login(self, username: str, secret: str) -> Message:
        answer = self.send_action({"Action": "Login", "Username": username, "Secret": secret})
        if answer.get("Response") != "Success":
            self.close()
            raise LoginRefused(answer.get("Message", "")[:200])
        return answer

    def wait_booted(self, within_s: float) -> None:
        """Actions before FullyBooted are answered as if nothing existed. Needs read=system."""
        if not self._booted.wait(within_s) or not self._connected.is_set():
            self.close()
            raise NotConnected("not booted")

    def close(self) -> None:
        """At once and without a word; safe from every thread, and twice."""
        self._end()
        reader = self.__dict__.get("_reader")
        if reader is not None and reader is not threading.current_thread():
            reader.join(2)

    def __del__(self) -> None:
        """pyst2 logs off here, which waits for an answer while the interpreter ends."""

    def _end(self) -> None:
        with self._lock:
            was_connected = self._connected.is_set()
            self._connected.clear()
            self._running.clear()
            waiting, self._waiting = list(self._waiting.values()), {}
            line, self._sock = self._sock, None
        if line is not None:
            with suppress(OSError):  # it may be gone already
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        for one in waiting:
            one.done.set()
        for told in (self._booted, self._greeted, self.ended):
            told.set()
        if was_connected:
            self._guarded(self._on_lost)

    # --- asking

    def send_action(self, cdict: Headers, *, within_s: float = ANSWER_WITHIN_S, **more: str | int) -> Message:
        """One action, one answer. NotConnected: surely not done; AnswerLost: nobody knows."""
        return self._ask(cdict, more, within_s, is_list=False)[0]

    def list_action(self, name: str, *, within_s: float = ANSWER_WITHIN_S, **more: str | int) -> list[Message]:
        """An action that answers with a list of events; raises AmiError when it is refused."""
        answer, items = self._ask({"Action": name}, more, within_s, is_list=True)
        if answer.get("Response") == "Error":
            raise AmiError(f"{name}: {answer.get('Message', '')[:200]}")
        return items

    def _ask(
        self, headers: Headers, more: Mapping[str, str | int], within_s: float, *, is_list: bool
    ) -> tuple[Message, list[Message]]:
        asked = {**headers, **more}
        number = f"{asked.setdefault('ActionID', f'{self.hostname}-{next(self._numbers)}')}"
        words = written(asked)
        waiting = _Waiting(is_list)
        with self._lock:
            line = self._sock
            if line is None or not self._connected.is_set():
                raise NotConnected("not connected")
            if number in self._waiting:
                raise AmiError("this ActionID is in use")
            self._waiting[number] = waiting
        try:
            try:
                with self._writing:
                    line.sendall(words)
            except OSError as error:
                self._end()
                raise AnswerLost(str(error)) from None
            if not waiting.done.wait(within_s) or waiting.answer is None:
                raise AnswerLost(f"{asked.get('Action')}: no answer")
            return waiting.answer, waiting.items
        finally:
            with self._lock:
                self._waiting.pop(number, None)

    # --- hearing

    def _read(self) -> None:
        heard, is_skipping = b"", False
        line = self._sock
        try:
            while line is not None and self._connected.is_set():
                try:
                    more = line.recv(65_536)
                except TimeoutError:
                    continue
                if not more:
                    break
                heard += more
                if not self._greeted.is_set():
                    heard = self._greeting(heard)
                if END not in more and END not in heard[-len(more) - 3 :]:
                    if len(heard) > LONGEST_MESSAGE:
                        is_skipping, heard = True, heard[-3:]
                    continue
                *messages, heard = heard.split(END)
                for raw in messages:
                    if is_skipping or len(raw) > LONGEST_MESSAGE:
                        is_skipping = False
                        self.bad_n += 1
                    else:
                        self._take(raw)
        except OSError:
            pass  # the connection has ended, in whatever way
        finally:
            self._end()

    def _greeting(self, heard: bytes) -> bytes:
        first, newline, rest = heard.partition(b"\r\n")
        if not newline:
            return heard
        self.title = first.decode("ascii", "replace")[:100]
        self._greeted.set()
        return rest

    def _take(self, raw: bytes) -> None:
        message = read(raw)
        number = message.get("ActionID")
        waiting = self._waiting.get(number) if number else None
        if "Response" in message and "Event" not in message:
            if waiting is not None:
                waiting.answer = message
                if not waiting.is_list or message["Response"] == "Error":
                    waiting.done.set()
            return
        name = message.get("Event")
        if waiting is not None and waiting.is_list:
            if message.get("EventList") == "Complete":
                waiting.done.set()
            else:
                waiting.items.append(message)
        elif name == "FullyBooted":
            self._booted.set()
        elif name is not None:
            self._guarded(self._on_event, message)

    def _guarded(self, run: Callable[..., None], *args: object) -> None:
        """Whatever a handler does, the reader goes on."""
        try:
            run(*args)
        except Exception:
            self.bad_n += 1
            log.exception("an event could not be handled")


def watch(ami: Ami, every_s: float, within_s: float) -> threading.Thread:
    """Ping as long as the connection lives; who does not answer is dead, whatever his socket says."""

    def run() -> None:
        while ami.connected():
            started = time.monotonic()
            try:
                ami.send_action({"Action": "Ping"}, within_s=within_s)
            except AmiError:
                if ami.connected():
                    log.warning("Asterisk does not answer: the connection is given up")
                ami.close()
                return
            ami.ended.wait(max(0.0, every_s - (time.monotonic() - started)))

    thread = threading.Thread(target=run, name="ami watch", daemon=True)
    thread.start()
    return thread


__all__ = ["Ami", "AmiError", "AnswerLost", "LoginRefused", "NotConnected", "watch"]
