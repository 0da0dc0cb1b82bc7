"""A server that speaks AMI as a test tells it to: for what the real one does once in a year."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable

from tests.telephony.raw_ami import Message

END = b"\r\n\r\n"


class AnAmi:
    """`answer` makes the bytes for an action; by default success for everything, at once."""

    def __init__(self, *, greets: bool = True, boots: bool = True) -> None:
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.greets, self.boots = greets, boots
        self.answer: Callable[[Message], bytes] = success
        self.heard: list[Message] = []
        self.raw = b""
        self._lines: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> AnAmi:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self.cut()
        for thread in self._threads:
            thread.join(3)

    def cut(self) -> None:
        for line in self._lines:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def say(self, words: bytes) -> None:
        for line in self._lines:
            line.sendall(words)

    def _accept(self) -> None:
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:
                return
            self._lines.append(line)
            thread = threading.Thread(target=self._talk, args=(line,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, line: socket.socket) -> None:
        heard = b""
        with contextlib.suppress(OSError), line:
            if self.greets:
                line.sendall(b"Asterisk Call Manager/11.0.0\r\n")
            while more := line.recv(65_536):
                self.raw += more
                *actions, heard = (heard + more).split(END)
                for raw in actions:
                    pairs = (one.partition(": ") for one in raw.decode().split("\r\n"))
                    action = {key: value for key, _, value in pairs}
                    self.heard.append(action)
                    line.sendall(self.answer(action))
                    if action.get("Action") == "Login" and self.boots:
                        line.sendall(b"Event: FullyBooted\r\nStatus: Fully Booted" + END)


def success(action: Message) -> bytes:
    return f"Response: Success\r\nActionID: {action['ActionID']}\r\nSaid: {action.get('Say', '')}".encode() + END
