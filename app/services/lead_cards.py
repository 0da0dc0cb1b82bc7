"""Incoming leads become cards: the car that is meant is found, or made, and its card is opened or opened again."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row, text
from sqlalchemy.orm import Session

from app.domain.ads import AdData
from app.services import books, cards, sources
from app.services.deferring import defer
from app.services.ingest import ingest

BATCH = 500
_NUMBER = re.compile(r"\d{6,20}")


def make_cards(session: Session, now: Callable[[], datetime]) -> int:
    """One batch; returns how many leads have got a card. Cut short it is gone through again, and changes nothing."""
    rows = session.execute(_NEW, {"n": BATCH}).all()
    if not rows:
        return 0
    by_source: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in rows:
        by_source[row.source_id].append(row)
    for source_id, mine in sorted(by_source.items()):
        ingest(session, source_id, [_advert(row) for row in mine], books.current(session))
    meant = _meant(session, [row.id for row in rows])
    cards.take_turn(session)
    session.execute(_JOIN, {"ads": list(meant), "vehicles": list(meant.values())})
    cards.settle(session, set(meant.values()), now())
    session.commit()
    sources.join_all(session, now)
    return _attach(session, [row.id for row in rows], now())


_NEW = text("""
    SELECT l.*, i.source_id, i.name AS intake FROM incoming_lead l JOIN lead_intake i ON i.id = l.intake_id
    WHERE l.ad_id IS NULL AND l.trouble = '' ORDER BY l.id LIMIT :n
""")
_JOIN = text("""
    UPDATE ad SET vehicle_id = n.vehicle_id
    FROM unnest(CAST(:ads AS bigint[]), CAST(:vehicles AS bigint[])) AS n(ad_id, vehicle_id)
    WHERE ad.id = n.ad_id AND ad.vehicle_id IS NULL
""")


def external_id(lead_id: int) -> str:
    return f"lead-{lead_id}"


def _advert(row: Row[Any]) -> AdData:
    told = dict(row.facts)
    title = " ".join(filter(None, (told.get("make"), told.get("model"), str(told.get("year") or ""))))
    link = str(told.pop("url", ""))
    return AdData(
        external_id=external_id(row.id), title=title or row.intake, description=row.note, phones=(row.phone,),
        seller_name=row.name, published_at=row.received_at, url=link if _is_link(link) else "", **told,
    )  # fmt: skip


def _is_link(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:
        return False


def _meant(session: Session, lead_ids: Sequence[int]) -> dict[int, int]:
    """ad id -> vehicle id where the lead names a car that we have: by its link, its VIN, or its seller's number.

    By a number alone only when there is one car that it can mean; the ordinary «same car?» judges all others.
    """
    found: dict[int, int] = {}
    for row in session.execute(_OF_LEADS, {"ids": list(lead_ids)}).all():
        vehicle_id = _by_link(session, row) or _by_vin(session, row) or _by_phone(session, row)
        if vehicle_id is not None:
            found[row.ad_id] = vehicle_id
    return found


_OF_LEADS = text("""
    SELECT l.id, l.phone, l.facts ->> 'url' AS url, a.id AS ad_id, a.make_id, a.model_id, a.year, a.vin
    FROM incoming_lead l JOIN lead_intake i ON i.id = l.intake_id
    JOIN ad a ON a.source_id = i.source_id AND a.external_id = 'lead-' || l.id
    WHERE l.id = ANY(:ids) AND a.vehicle_id IS NULL
""")


def _by_link(session: Session, row: Row[Any]) -> int | None:
    """Sites write an advert's own number into its address, and that is what the index knows."""
    numbers = _NUMBER.findall(urlsplit(row.url).path) if row.url and _is_link(row.url) else []
    if not numbers:
        return None
    values = {"numbers": numbers, "url": row.url.split("?")[0].rstrip("/")}
    return session.execute(_LINKED, values).scalar()


_LINKED = text("""
    SELECT a.vehicle_id FROM source s JOIN ad a ON a.source_id = s.id AND a.external_id = ANY(:numbers)
    WHERE a.vehicle_id IS NOT NULL AND rtrim(split_part(a.url, '?', 1), '/') = :url ORDER BY a.id DESC LIMIT 1
""")


def _by_vin(session: Session, row: Row[Any]) -> int | None:
    return session.execute(_SAME_VIN, {"vin": row.vin}).scalar() if row.vin else None


_SAME_VIN = text("SELECT id FROM vehicle WHERE vin = :vin ORDER BY on_sale DESC, id DESC LIMIT 1")


def _by_phone(session: Session, row: Row[Any]) -> int | None:
    values = {"phone": row.phone, "make": row.make_id, "model": row.model_id, "year": row.year}
    found = session.execute(_OF_SELLER, values).scalars().all()
    return found[0] if len(found) == 1 else None


_OF_SELLER = text("""
    SELECT v.id FROM seller_phone p JOIN vehicle v ON v.seller_id = p.seller_id
    WHERE p.phone = :phone AND NOT p.is_substitute AND v.on_sale
      AND (CAST(:make AS int) IS NULL OR v.make_id = :make)
      AND (CAST(:model AS int) IS NULL OR v.model_id = :model)
      AND (CAST(:year AS int) IS NULL OR v.year IS NULL OR abs(v.year - :year) <= 1)
    ORDER BY v.id DESC LIMIT 2
""")


def _attach(session: Session, lead_ids: list[int], now: datetime) -> int:
    vehicles = session.execute(_VEHICLES, {"ids": lead_ids}).scalars().all()
    cards.take_turn(session)
    cards.reopen_asked(session, set(vehicles), now)
    done = len(session.execute(_ATTACH, {"ids": lead_ids}).all())
    session.commit()
    defer(session, "match_cards")
    session.commit()
    return done


_VEHICLES = text("""
    SELECT a.vehicle_id FROM incoming_lead l JOIN lead_intake i ON i.id = l.intake_id
    JOIN ad a ON a.source_id = i.source_id AND a.external_id = 'lead-' || l.id
    WHERE l.id = ANY(:ids) AND a.vehicle_id IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM card c WHERE c.vehicle_id = a.vehicle_id AND c.stage < 9)
""")
# The note tells the operator what the seller wrote; on a card that is in work already it is how he learns of the lead.
_ATTACH = text("""
    WITH met AS (
      UPDATE incoming_lead l SET ad_id = a.id, card_id = c.id
      FROM lead_intake i, ad a, card c
      WHERE l.id = ANY(:ids) AND l.ad_id IS NULL AND i.id = l.intake_id AND a.source_id = i.source_id
        AND a.external_id = 'lead-' || l.id AND c.vehicle_id = a.vehicle_id AND c.stage < 9
      RETURNING l.id, c.id AS card_id, l.received_at, concat_ws(': ', i.name, NULLIF(l.note, '')) AS words)
    INSERT INTO note (card_id, text, at) SELECT card_id, words, received_at FROM met RETURNING id
""")
