"""Saved bytes by name, and a scripted site on this machine that keeps what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.domain.ads import AdData, Rejected
from app.sources import SourceTrouble

PAGES = Path(__file__).parent / "pages"


@pytest.fixture
def saved() -> Callable[[str], bytes]:
    return lambda name: (PAGES / name).read_bytes()


@dataclass
class Read:
    """What a parse gave before it ended, and how it ended."""

    ads: list[AdData] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    trouble: SourceTrouble | None = None

    @property
    def reasons(self) -> list[str]:
        return [item.reason for item in self.rejected]


@pytest.fixture
def read() -> Callable[[Any], Read]:
    def reading(records: Any) -> Read:
        done = Read()
        try:
            for item in records:
                (done.ads if isinstance(item, AdData) else done.rejected).append(item)
        except SourceTrouble as trouble:
            done.trouble = trouble
        return done

    return reading


@dataclass
class Asked:
    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class Site:
    """`answer` gets every request and returns (status, headers, body)."""

    url: str
    answer: Callable[[Asked], tuple[int, dict[str, str], bytes]] = lambda asked: (200, {}, b"ok")
    asked: list[Asked] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            asked = Asked(
                parts.path,
                {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()},
                dict(self.headers.items()),
            )
            told.asked.append(asked)
            status, headers, body = told.answer(asked)
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    thread.join()
    server.server_close()
