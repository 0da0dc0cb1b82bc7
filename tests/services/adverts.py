"""Adverts as a source would word them, and the short way of bringing them in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import models
from app.domain.ads import AdData, Rejected
from app.services import books, sources
from app.services.ingest import Tally, ingest
from tests.factories import NOON

PHONE = "79010000001"


def said(external_id: str = "A1", **more: Any) -> AdData:
    """One advert of a car that the shipped books know; `more` says what is different."""
    values: dict[str, Any] = {
        "url": f"https://ads.example/{external_id}",
        "title": "Kia Rio, 2018",
        "make": "Kia",
        "model": "Rio",
        "year": 2018,
        "mileage_km": 80_000,
        "price": 1_000_000,
        "city": "Тверь",
        "region": "Тверская область",
        "phones": (PHONE,),
        "seller_name": "Иван",
        "published_at": NOON - timedelta(hours=2),
    }
    return AdData(external_id, **(values | more))


def store(session: Session, source: models.Source, *records: AdData | Rejected, snapshot: bool = False) -> Tally:
    """Only the stop «ingest»: nothing is joined."""
    return ingest(session, source.id, records, books.current(session), snapshot=snapshot)


def bring_in(
    session: Session,
    source: models.Source,
    *records: AdData | Rejected,
    snapshot: bool = False,
    now: datetime = NOON,
    **more: Any,
) -> sources.Outcome:
    """A whole import: stored, joined, with cards."""
    return sources.import_records(session, source.id, list(records), lambda: now, snapshot=snapshot, **more)


def ad_of(session: Session, external_id: str = "A1") -> models.Ad:
    return session.scalars(select(models.Ad).where(models.Ad.external_id == external_id)).one()


def card_of(session: Session, external_id: str = "A1") -> models.Card:
    """The newest card of the car that the advert shows."""
    vehicle_id = ad_of(session, external_id).vehicle_id
    return session.scalars(
        select(models.Card).where(models.Card.vehicle_id == vehicle_id).order_by(models.Card.id.desc())
    ).first()


def vin(number: int) -> str:
    """An invented VIN; its check digit is nobody's."""
    return f"XTTEST00{number:09d}"
