"""From the thread that reads AMI to the one that writes rows: a queue with an end, and a wire that wakes."""

from __future__ import annotations

import socket
import threading
from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")


class Inbox(Generic[T]):
    """When it is full, what comes is lost and counted: memory stays flat, and a look at the server mends the rows."""

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._items: deque[T] = deque()
        self._lock = threading.Lock()
        self._here, self._there = socket.socketpair()
        self._here.setblocking(False)
        self._there.setblocking(False)
        self._is_woken = False
        self.lost_n = 0

    def __len__(self) -> int:
        return len(self._items)

    def fileno(self) -> int:
        return self._here.fileno()

    def put(self, item: T) -> None:
        with self._lock:
            if len(self._items) >= self._most:
                self.lost_n += 1
                return
            self._items.append(item)
        self.wake()

    def wake(self) -> None:
        with self._lock:
            if self._is_woken:
                return
            self._is_woken = True
        self._there.send(b".")

    def take(self, most: int) -> list[T]:
        with self._lock:
            if self._is_woken:
                self._here.recv(16)
                self._is_woken = False
            taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
        if self._items:
            self.wake()
        return taken

    def give_back(self, items: list[T]) -> None:
        """They could not be used now; they come first next time."""
        with self._lock:
            self._items.extendleft(reversed(items))

    def close(self) -> None:
        self._here.close()
        self._there.close()
