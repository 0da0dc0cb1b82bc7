"""A worker that is told to stop finishes the item in hand and no other."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

_stop = threading.Event()


def ask_to_stop() -> None:
    _stop.set()


def is_stopping() -> bool:
    return _stop.is_set()


def until_stopped(items: Iterable[T]) -> Iterator[T]:
    """The items, as long as nobody asks the process to stop. What is left is due again at the next run."""
    for item in items:
        if _stop.is_set():
            return
        yield item
