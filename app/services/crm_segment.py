"""Clients of a CRM with their cars become cards like adverts do: a source of their own, which any filter may name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.domain.ads import AdData, Rejected
from app.errors import Refused
from app.models import CrmConnection, Source
from app.services import sources
from app.services.audit import note_event
from app.services.deferring import defer

PAGE = 500


def ask(session: Session, connection_id: int, *, actor_id: int) -> None:
    """A worker does it: there may be tens of thousands."""
    row = session.get(CrmConnection, connection_id)
    if row is None:
        raise Refused("crm_gone")
    if session.execute(_ANY, {"id": connection_id}).first() is None:
        raise Refused("crm_no_cars")
    note_event(session, "crm_clients_called", actor_id=actor_id, subject="crm", subject_id=connection_id)
    session.flush()
    defer(session, "call_clients", connection_id=connection_id)


def make_cards(session: Session, connection_id: int, now: Callable[[], datetime]) -> int:
    """Their cars as adverts; what is there already is not made again. Returns how many are new. Commits."""
    row = session.get(CrmConnection, connection_id)
    if row is None:
        return 0
    source = _source(session, row, now())
    source_id = source.id
    session.commit()
    outcome = sources.import_records(session, source_id, _adverts(session, connection_id), now, kind="push")
    defer(session, "match_cards")
    session.commit()
    return int(outcome.new)


def _source(session: Session, row: CrmConnection, now: datetime) -> Source:
    key = f"crm-{row.id}"
    source = session.execute(select(Source).where(Source.key == key)).scalar()
    if source is None:
        source = Source(key=key, name=row.name, adapter=sources.PUSH_KIND, is_enabled=True, next_pull_at=now)
        session.add(source)
        session.flush()
    return source


def _adverts(session: Session, connection_id: int) -> Iterator[AdData | Rejected]:
    after = 0
    while rows := session.execute(_CARS, {"id": connection_id, "after": after, "n": PAGE}).all():
        after = rows[-1].id
        for row in rows:
            yield _advert(row)


def _advert(row: Any) -> AdData:
    title = " ".join(filter(None, (row.make, row.model, str(row.year or ""))))
    return AdData(
        external_id=row.external_id, url=row.url, title=title,
        make=row.make, model=row.model, year=row.year, city=row.city, phones=tuple(row.phones), seller_name=row.name,
        seller_external_id=row.client_external_id, vin=row.vin or "", plate=row.plate or "",
    )  # fmt: skip


_WHERE = """
    FROM crm_vehicle v JOIN crm_client c ON c.connection_id = v.connection_id AND c.external_id = v.client_external_id
    WHERE v.connection_id = :id AND NOT v.is_gone AND NOT c.is_gone AND c.phones <> '{}' AND v.make <> ''
"""
_ANY = text(f"SELECT 1 {_WHERE} LIMIT 1")  # noqa: S608  constants of this file
_CARS = text(f"""
    SELECT v.id, v.external_id, v.url, v.make, v.model, v.year, v.city, v.vin, v.plate, v.client_external_id,
           c.name, c.phones {_WHERE} AND v.id > :after ORDER BY v.id LIMIT :n
""")  # noqa: S608
