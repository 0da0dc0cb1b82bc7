"""A small AMI client of the tests' own, so that what they see does not depend on the product's client."""

from __future__ import annotations

import itertools
import socket
import time
from typing import Any

_number = itertools.count(1)
Message = dict[str, str]


class RawAmi:
    def __init__(self, port: int, user: str, secret: str) -> None:
        self._line = socket.create_connection(("127.0.0.1", port), 5)
        self._heard = b""
        self.events: list[Message] = []
        self._read_line()
        answer = self.action("Login", Username=user, Secret=secret)
        assert answer["Response"] == "Success", answer

    def close(self) -> None:
        self._line.close()

    def __enter__(self) -> RawAmi:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def action(self, name: str, *, variables: dict[str, str] | None = None, **headers: Any) -> Message:
        """The first answer; events that come before it are kept."""
        number = f"raw-{next(_number)}"
        lines = [f"Action: {name}", f"ActionID: {number}", *(f"{key}: {value}" for key, value in headers.items())]
        lines += [f"Variable: {key}={value}" for key, value in (variables or {}).items()]
        self._line.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            message = self._read(5)
            assert message is not None, f"no answer to {name}"
            if "Response" in message and message.get("ActionID") == number:
                return message
            self.events.append(message)

    def wait(self, within_s: float = 10, /, **wanted: str) -> Message:
        """The first event, also one heard already, whose headers are as wanted."""
        end = time.monotonic() + within_s
        seen = 0
        while True:
            for event in self.events[seen:]:
                if all(event.get(key) == value for key, value in wanted.items()):
                    return event
            seen = len(self.events)
            message = self._read(end - time.monotonic())
            if message is None:
                raise AssertionError(f"{wanted} did not come; heard: {[_short(event) for event in self.events[-30:]]}")
            self.events.append(message)

    def listen(self, seconds: float) -> list[Message]:
        """What comes within a time, for saying that something does not."""
        end = time.monotonic() + seconds
        while (message := self._read(end - time.monotonic())) is not None:
            self.events.append(message)
        return self.events

    def _read(self, seconds: float) -> Message | None:
        end = time.monotonic() + seconds
        while b"\r\n\r\n" not in self._heard:
            left = end - time.monotonic()
            if left <= 0:
                return None
            self._line.settimeout(left)
            try:
                more = self._line.recv(65536)
            except TimeoutError:
                return None
            assert more, "Asterisk has closed the line"
            self._heard += more
        raw, _, self._heard = self._heard.partition(b"\r\n\r\n")
        pairs = (line.partition(": ") for line in raw.decode(errors="replace").split("\r\n"))
        return {key.rstrip(":"): value for key, _, value in pairs}

    def _read_line(self) -> None:
        while b"\r\n" not in self._heard:
            self._heard += self._line.recv(1024)
        self._heard = self._heard.partition(b"\r\n")[2]


def _short(event: Message) -> str:
    return f"{event.get('Event')} {event.get('UserEvent', '')}"
