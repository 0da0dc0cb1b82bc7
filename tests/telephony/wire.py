"""The wire between our process and AMI, with faults: cut, refused, lossy, doubled, flooded; it notes what passes."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
import time
from collections.abc import Callable, Iterable

END = b"\r\n\r\n"


class Wire:
    """Whole messages of Asterisk pass through `change`, which returns what really arrives."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._door = socket.create_server(("127.0.0.1", 0))
        self._door.settimeout(0.1)
        self.port = self._door.getsockname()[1]
        self.change: Callable[[bytes], Iterable[bytes]] = lambda message: [message]
        self.is_open = True
        self.originated: list[tuple[float, str]] = []  # when, and the ChannelId
        self.connected_n = 0
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def __enter__(self) -> Wire:
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self.cut()
        for thread in self._threads:
            thread.join(3)
        self._door.close()

    def cut(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, []
        for one in (line for pair in pairs for line in pair):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def inject(self, message: bytes) -> None:
        """As if Asterisk had said it; between two of its own messages."""
        with self._lock:
            for ours, _ in self._pairs:
                with contextlib.suppress(OSError):
                    ours.sendall(message)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                ours, _ = self._door.accept()
            except TimeoutError:
                continue
            try:
                theirs = socket.create_connection(("127.0.0.1", self._to), 2) if self.is_open else None
            except OSError:
                theirs = None
            if theirs is None:
                ours.close()
                continue
            self.connected_n += 1
            with self._lock:
                self._pairs.append((ours, theirs))
            thread = threading.Thread(target=self._carry, args=(ours, theirs), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _carry(self, ours: socket.socket, theirs: socket.socket) -> None:
        heard, said = b"", b""
        try:
            ours.sendall(theirs.recv(1024))  # the greeting is no message
            while not self._closing.is_set():
                for line in select.select([ours, theirs], [], [], 0.2)[0]:
                    more = line.recv(65_536)
                    if not more:
                        return
                    if line is ours:
                        said = self._note(said + more)
                        theirs.sendall(more)
                    else:
                        *messages, heard = (heard + more).split(END)
                        out = b"".join(one for message in messages for one in self.change(message + END))
                        with self._lock:
                            ours.sendall(out)
        except OSError:
            pass
        finally:
            ours.close()
            theirs.close()

    def _note(self, said: bytes) -> bytes:
        *actions, rest = said.split(END)
        for action in actions:
            if b"Action: Originate" in action and (found := re.search(rb"ChannelId: (\S+)", action)):
                self.originated.append((time.time(), found[1].decode()))
        return rest
