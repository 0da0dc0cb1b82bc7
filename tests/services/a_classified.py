"""A made-up classified: what it answers, page by page, is told by the test. Also a process that can be killed.

A page is JSON lines: {"id": …, …} is an advert, {"rejected": reason} a bad record, {"trouble": health} a cut.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar

from app.domain.ads import AdData, Rejected
from app.sources import Health, Page, Source, SourceTrouble, Window


def page_of(*records: dict[str, Any], **more: Any) -> Page:
    return Page("\n".join(json.dumps(record) for record in records).encode(), **more)


@dataclass
class Classified(Source):
    key: ClassVar[str] = "a_classified"
    label: ClassVar[str] = "Made up"
    can_fetch: ClassVar[bool] = True

    answer: list[Any] = field(default_factory=list)  # pages, or exceptions to raise in their place
    token: str = field(default="", metadata={"secret": True})
    asked: list[Window] = field(default_factory=list)

    def fetch(self, window: Window) -> Iterable[Page]:
        self.asked.append(window)
        for page in self.answer:
            if isinstance(page, Exception):
                raise page
            yield page

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        for number, line in enumerate(content.decode().splitlines(), 1):
            record = json.loads(line)
            if "rejected" in record:
                yield Rejected(record["rejected"], line, number)
            elif "trouble" in record:
                raise SourceTrouble(Health(record["trouble"]), "the page ends in the middle", page=content)
            else:
                yield advert(**record)


def advert(id: str, **more: Any) -> AdData:  # noqa: A002  a field of the page
    values: dict[str, Any] = {"make": "Kia", "model": "Rio", "title": "Kia Rio", "year": 2018, "mileage_km": 80_000}
    values |= {"price": 1_000_000, "city": "Тверь", "region": "Тверская область"}
    return AdData(id, **(values | more))


class Snapshot(Classified):
    key: ClassVar[str] = "a_feed"
    snapshot: ClassVar[bool] = True


# --- python -m tests.services.a_classified import|join|deal <id>: does its work slowly, until it is killed or done


def _records() -> Iterator[AdData]:
    for n in range(600):
        if n % 200 == 0:
            print(f"read {n}", flush=True)
            time.sleep(0.3)
        yield advert(f"A{n}", mileage_km=n * 1301 % 300_000, year=2000 + n % 20, price=300_000 + n * 100)
    print("read all", flush=True)


def _import(session: Any, source_id: int) -> None:
    from app.services import ingest, sources

    ingest.BATCH = 200
    sources.import_records(session, source_id, _records(), lambda: datetime.now(UTC))


def _join(session: Any, source_id: int) -> None:
    """Stores everything, joins one batch, and is slow over the commit of the second."""
    from app.services import books, cards, ingest

    ingest.ingest(session, source_id, _records(), books.current(session))
    session.commit()
    for batch in range(2):
        cards.join_new_ads(session, datetime.now(UTC), limit=50)
        print("joined", flush=True)
        if batch == 0:
            session.commit()
    time.sleep(60)


def _deal(session: Any, _: int) -> None:
    from app.services import dealing

    done = dealing.deal_cards(session, datetime.now(UTC), "Europe/Moscow")
    session.flush()
    print(f"dealt {done.given}", flush=True)
    time.sleep(60)


if __name__ == "__main__":
    import config
    from app import create_app
    from app.extensions import db

    with create_app(config.load()).app_context():
        print("ready", flush=True)
        {"import": _import, "join": _join, "deal": _deal}[sys.argv[1]](db.session(), int(sys.argv[2]))
        print("done", flush=True)
