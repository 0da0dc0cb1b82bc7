"""One pull of a source, one import of a file: fetch, parse, store, join, and a row that says how it went."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.domain.ads import AdData, Rejected
from app.errors import OutsideError, Refused
from app.models import Source, SourceRun
from app.services import books, cards, source_runs, turns
from app.services.audit import note_event
from app.services.ingest import REJECTED_KEPT, Tally, ingest
from app.services.locks import only_one
from app.services.secrets_box import unseal
from app.services.source_runs import Outcome, health_of
from app.sources import Health, Page, SourceTrouble, Window
from app.sources import Source as Adapter

PUSH_KIND = "push_api"  # the key of the adapter whose sources take what is sent: they are never pulled
PULL_LOCK = 724_200_000  # + source id: a source is pulled by one worker at a time
OVERLAP = timedelta(minutes=5)  # sites publish late; asking twice costs nothing, unchanged rows are not written

Clock = Callable[[], datetime]


def adapter_of(row: Source, families: dict[str, type[Adapter]], *, secret_key: str, allow_private: bool) -> Adapter:
    """The configured adapter of a source. Refused: unknown key or an option that is missing, by name."""
    kind = families.get(row.adapter)
    if kind is None:
        raise Refused("adapter_unknown", name=row.adapter)
    fields = {item.name: item for item in dataclasses.fields(kind)}
    values = {name: value for name, value in (row.options or {}).items() if name in fields}
    values |= {name: value for name, value in unseal(row.secrets, secret_key).items() if name in fields}
    if "field_map" in fields and row.field_map:
        values["field_map"] = row.field_map
    if "allow_private" in fields:
        values["allow_private"] = allow_private  # the deployment decides, never a form
    try:
        return kind(**values)
    except (TypeError, ValueError, KeyError, OSError) as trouble:  # an unknown time zone is one of the last two
        raise Refused("adapter_options", name=row.name, trouble=str(trouble)[:200]) from None


# --- pulling


def pull(session: Session, source_id: int, adapter: Adapter, now: Clock) -> Outcome:
    """Pull what is new. A page and its cursor are one transaction: a killed pull goes on from there."""
    started = time.monotonic()
    with only_one(session, PULL_LOCK + source_id, busy="pull_running"):
        turns.share(session, adapter)
        return _pull_locked(session, source_id, adapter, now, started)


def _pull_locked(session: Session, source_id: int, adapter: Adapter, now: Clock, started: float) -> Outcome:
    row = _source(session, source_id)
    until = now()
    since = (row.covered_until - OVERLAP) if row.covered_until else until - timedelta(hours=row.window_hours)
    window = Window(since=since, until=until, cursor=dict(row.cursor or {}))
    source_runs.end_dead(session, source_id, until)
    run = SourceRun(source_id=source_id, kind="pull", started_at=until, window_since=since, window_until=until)
    session.add(run)
    session.commit()
    pages, total = _Pages(adapter, window), Tally()
    store = _store_whole if adapter.snapshot else _store_pages
    bug: Exception | None = None
    try:
        store(session, source_id, pages, total, now)
    except OutsideError as trouble:
        session.rollback()
        pages.trouble = trouble
    except Exception as caught:  # written down, so that a broken reader is not asked every ten seconds, then raised
        session.rollback()
        bug = caught
    health = _health_of(pages, total, bug)
    error = source_runs.without(source_runs.secrets_of(adapter), _words_of(bug or pages.trouble))
    row = _source(session, source_id)
    source_runs.mark(row, health, now(), window=window, trouble=pages.trouble, error=error)
    source_runs.finish(
        session, run, total, health, now(), missed="; ".join(pages.missed), error=error, page=pages.content
    )
    session.commit()
    if bug is not None:
        raise bug
    join_all(session, now, total)
    run.vehicles_new = total.vehicles_new
    session.commit()
    return _outcome(run, total, started)


def _health_of(pages: _Pages, total: Tally, bug: Exception | None) -> Health:
    if bug is None:
        return health_of(total, pages.trouble, missed=bool(pages.missed))
    return Health.NETWORK if isinstance(bug, SQLAlchemyError) else Health.LAYOUT_CHANGED


def _words_of(trouble: Exception | None) -> str:
    if trouble is None or isinstance(trouble, SourceTrouble) and trouble.health is Health.NOT_MODIFIED:
        return ""
    return str(trouble) if isinstance(trouble, OutsideError) else f"{type(trouble).__name__}: {trouble}"


class _Pages:
    """The pages of a pull and the records of each; remembers what went wrong instead of raising it."""

    def __init__(self, adapter: Adapter, window: Window) -> None:
        self._adapter, self._window = adapter, window
        self.trouble: OutsideError | None = None
        self.missed: list[str] = []
        self.cursor: dict[str, str] = {}
        self.content = b""

    def __iter__(self) -> Iterator[Page]:
        try:
            for page in self._adapter.fetch(self._window):
                self.content = page.content
                yield page
                if self.trouble is not None:
                    return
                self.cursor |= page.cursor
                if page.missed:
                    self.missed.append(page.missed)
        except SourceTrouble as trouble:
            self.trouble = trouble
            self.content = trouble.page or self.content

    def records(self, page: Page) -> Iterator[AdData | Rejected]:
        """The good rows before a cut are kept; the trouble is told at the end."""
        reading = _until_trouble(self._adapter.parse(page.content))
        yield from reading
        if reading.trouble is not None:
            self.trouble = reading.trouble
            self.content = reading.trouble.page or page.content

    def is_whole(self) -> bool:
        return self.trouble is None and not self.missed


def _store_pages(session: Session, source_id: int, pages: _Pages, total: Tally, now: Clock) -> None:
    """Each page and its cursor in a transaction of their own."""
    for page in pages:
        tally = ingest(session, source_id, pages.records(page), books.current(session))
        if pages.trouble is None and _is_readable(tally):
            _save_cursor(session, source_id, page.cursor)
        _settle(session, tally, now)
        session.commit()
        _add(total, tally)


def _store_whole(session: Session, source_id: int, pages: _Pages, total: Tally, now: Clock) -> None:
    """All pages in one transaction: only the whole tells what is gone, so a killed pull begins anew."""
    session.execute(text("SET LOCAL idle_in_transaction_session_timeout = '15min'"))  # pages come slowly
    records = (record for page in pages for record in pages.records(page))
    tally = ingest(session, source_id, records, books.current(session), snapshot=True, is_whole=pages.is_whole)
    if pages.trouble is None and _is_readable(tally):
        _save_cursor(session, source_id, pages.cursor)
    _settle(session, tally, now)
    session.commit()
    _add(total, tally)


def _is_readable(tally: Tally) -> bool:
    return not tally.read or tally.rejected < tally.read


def _save_cursor(session: Session, source_id: int, cursor: dict[str, str]) -> None:
    if cursor:
        row = _source(session, source_id)
        row.cursor = {**(row.cursor or {}), **cursor}


def _settle(session: Session, tally: Tally, now: Clock) -> None:
    if tally.touched_vehicles:
        cards.take_turn(session)
        cards.settle(session, tally.touched_vehicles, now())


# --- importing


def import_records(
    session: Session,
    source_id: int,
    records: Iterable[AdData | Rejected],
    now: Clock,
    *,
    file_name: str = "",
    actor_id: int | None = None,
    dry_run: bool = False,
    snapshot: bool = False,
    kind: str = "import",
) -> Outcome:
    """Store a whole file in one transaction: all of it or nothing, and a second run finishes the work."""
    started = time.monotonic()
    run = SourceRun(source_id=source_id, kind=kind, started_at=now(), file_name=file_name[:200], actor_id=actor_id)
    if not dry_run:
        session.add(run)
        session.commit()
    stream = _until_trouble(records)
    try:
        total = ingest(
            session, source_id, stream, books.current(session), snapshot=snapshot and not dry_run,
            is_whole=lambda: stream.trouble is None,
        )  # fmt: skip
        health = (
            stream.trouble.health
            if stream.trouble and not total.read
            else health_of(total, None, missed=stream.trouble is not None)
        )
        if dry_run:
            session.rollback()
            return _outcome(run, total, started, health=health.value, trouble=stream.trouble)
        _settle(session, total, now)
    except Exception as bug:  # written down and raised: the page that waits for the run sees its end
        session.rollback()
        if not dry_run:
            source_runs.finish(session, run, Tally(), Health.PARTIAL, now(), error=_words_of(bug))
            session.commit()
        raise
    trouble = stream.trouble
    source_runs.finish(
        session, run, total, health, now(), error=_words_of(trouble), page=trouble.page if trouble else b""
    )
    note_event(session, "ads_imported", actor_id=actor_id, actor="command", subject="source", subject_id=source_id,
               read=total.read, rejected=total.rejected)  # fmt: skip
    session.commit()
    join_all(session, now, total)
    run.vehicles_new = total.vehicles_new
    session.commit()
    return _outcome(run, total, started)


class _until_trouble(Iterator[AdData | Rejected]):
    """The good rows before a file's cut are kept; the trouble is told at the end."""

    def __init__(self, records: Iterable[AdData | Rejected]) -> None:
        self._records = iter(records)
        self.trouble: SourceTrouble | None = None

    def __next__(self) -> AdData | Rejected:
        try:
            return next(self._records)
        except SourceTrouble as caught:
            self.trouble = caught
            raise StopIteration from None


def join_all(session: Session, now: Clock, total: Tally | None = None) -> int:
    """Join every ad that has no vehicle yet, batch by batch. Returns how many ads."""
    ads, limit = 0, cards.JOIN_BATCH
    while True:
        done = cards.join_new_ads(session, now(), limit=limit)
        session.commit()
        if not done.ads:
            return ads
        ads += done.ads
        # Where fewer fitted than were read, the next batch is read no larger than it needs to be.
        limit = min(cards.JOIN_BATCH, max(500, done.ads * 5 // 4))
        if total is not None:
            total.vehicles_new += done.vehicles_new


def _add(total: Tally, part: Tally) -> None:
    for name in ("read", "new", "changed", "price_changed", "unchanged", "rejected", "removed"):
        setattr(total, name, getattr(total, name) + getattr(part, name))
    total.rejected_reasons.update(part.rejected_reasons)
    total.rejected_rows += part.rejected_rows[: max(0, REJECTED_KEPT - len(total.rejected_rows))]


def _outcome(
    run: SourceRun, total: Tally, started: float, *, health: str | None = None, trouble: OutsideError | None = None
) -> Outcome:
    return Outcome(
        run_id=run.id or 0,
        health=health or run.health,
        read=total.read,
        new=total.new,
        changed=total.changed,
        price_changed=total.price_changed,
        unchanged=total.unchanged,
        rejected=total.rejected,
        rejected_reasons=dict(total.rejected_reasons),
        vehicles_new=total.vehicles_new,
        seconds=round(time.monotonic() - started, 2),
        missed=run.missed or "",
        error=run.error or (str(trouble) if trouble else ""),
    )


def _source(session: Session, source_id: int) -> Source:
    row = session.get(Source, source_id)
    if row is None:
        raise Refused("source_gone")
    return row


def by_key(session: Session, key: str) -> Source:
    row = session.execute(select(Source).where(Source.key == key)).scalar_one_or_none()
    if row is None:
        raise Refused("source_unknown", key=key)
    return row


def for_files(session: Session, key: str, adapter: str) -> Source:
    """The source that imported files belong to; a new key makes one that is never pulled."""
    row = session.execute(select(Source).where(Source.key == key)).scalar_one_or_none()
    if row is None:
        if not 1 <= len(key) <= 64 or not all(letter.isalnum() or letter in "-_." for letter in key):
            raise Refused("source_bad_key", key=key)
        row = Source(key=key, name=key, adapter=adapter, is_enabled=False)
        session.add(row)
        session.commit()
    return row


def due(session: Session, now: datetime) -> list[int]:
    """Sources whose time has come."""
    return list(
        session.execute(
            select(Source.id)
            .where(Source.is_enabled, Source.next_pull_at <= now, Source.adapter != PUSH_KIND)
            .order_by(Source.next_pull_at)
        ).scalars()
    )
