"""A feed at an address: one conditional request gives everything it has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from app.domain.ads import AdData, Rejected
from app.sources import Health, Page, Source, SourceTrouble, Window
from app.sources._bytes import Saved
from app.sources._http import MIB, Http


@dataclass
class Feed(Source):
    """Options of every feed; a subclass says how to read it."""

    snapshot: ClassVar[bool] = True
    can_fetch: ClassVar[bool] = True
    extensions: ClassVar[tuple[str, ...]] = (".xml", ".xml.gz")

    url: str = field(default="", metadata={"label": "Feed address", "help": "https://… of the XML; empty for files"})
    max_mib: int = field(
        default=200, metadata={"label": "Largest feed, MiB", "help": "A longer reply is refused as a whole"}
    )
    allow_private: bool = field(default=False, metadata={"deployment": True})

    def fetch(self, window: Window) -> Iterator[Page]:
        if not self.url:
            raise SourceTrouble(Health.AUTH, "the feed's address is not set")
        headers = {"Accept": "application/xml, text/xml, */*"}
        if window.cursor.get("url", self.url) == self.url:
            headers |= {
                name: window.cursor[kept]
                for name, kept in (("If-None-Match", "etag"), ("If-Modified-Since", "modified"))
                if window.cursor.get(kept)
            }
        with Http(allow_private=self.allow_private, most=self.max_mib * MIB, redirects=3) as http:
            reply = http.get(self.url, headers=headers)
        cursor = {
            "url": self.url,
            "etag": reply.headers.get("ETag", ""),
            "modified": reply.headers.get("Last-Modified", ""),
        }
        yield Page(reply.content, reply.url, cursor)

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        return self.read(content)

    def parse_file(self, path: Path) -> Iterator[AdData | Rejected]:
        return self.read(path)

    def read(self, saved: Saved) -> Iterator[AdData | Rejected]:
        raise NotImplementedError
