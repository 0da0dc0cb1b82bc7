"""Adverts as a source would word them, and the short way of bringing them in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app import models
from app.domain.ads import AdData, Rejected
from app.services import books, claiming, distribution, matching, sources, statuses
from app.services.ingest import Tally, ingest
from app.services.statuses import Result
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


def take_next(session: Session, operator: models.OperatorProfile, now: datetime = NOON) -> models.Card:
    """The operator takes the best card of the pool; there has to be one."""
    matching.match_cards(session, now)
    place = distribution.place_of(session, operator.user_id, now, "Europe/Moscow")
    card_id = claiming.claim_next(session, place)
    assert card_id is not None
    session.expire_all()
    return session.get_one(models.Card, card_id)


def status_named(session: Session, code: str) -> int:
    """One of the statuses that every installation starts with."""
    return session.scalars(select(models.Status.id).where(models.Status.code == code)).one()


def press(
    session: Session, card: models.Card, code: str, operator: models.OperatorProfile, now: datetime = NOON, **more: Any
) -> models.Card:
    """The operator presses a result button."""
    result = Result(status_named(session, code), **more)
    return statuses.set_status(session, card.id, result, actor_id=operator.user_id, now=now)


def doubtful_pair(session: Session, source: models.Source, other: models.Source) -> models.SamePair:
    """A1 on one site and B1 on another, two cars for the machine, and somebody has to look whether they are one."""
    bring_in(session, source, said("A1"))
    bring_in(session, other, said("B1", phones=("79020000002",), mileage_km=190_000, price=400_000))
    pair = models.SamePair(ad_id=ad_of(session, "B1").id, other_ad_id=ad_of(session, "A1").id, score=0.9, reasons=[])
    session.add(pair)
    session.flush()
    return pair
