"""A doubtful pair side by side: what both adverts say, line by line, and whether they agree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.models import Ad, SamePair

FACTS = (
    "source", "published_at", "price", "year", "mileage_km", "city", "phone", "seller_name", "seller_kind", "vin",
    "vin_hint", "plate", "body", "fuel", "gearbox", "drive", "engine_cc", "power_hp", "color", "owners", "state",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    one: Any
    other: Any

    @property
    def agrees(self) -> bool | None:
        """None where one of the two says nothing: silence speaks for neither."""
        if self.one in (None, "") or self.other in (None, ""):
            return None
        return bool(self.one == self.other)


def rows(session: Session, pair: SamePair) -> list[Line]:
    cities = _cities(session, pair.ad, pair.other_ad)
    lines = [Line(name, _told(pair.ad, name, cities), _told(pair.other_ad, name, cities)) for name in FACTS]
    return [line for line in lines if line.one not in (None, "") or line.other not in (None, "")]


def _told(ad: Ad, name: str, cities: dict[int, str]) -> Any:
    if name == "city":
        return cities.get(ad.city_id) if ad.city_id else None
    if name == "source":
        return ad.source.name
    return getattr(ad, name)


def _cities(session: Session, *ads: Ad) -> dict[int, str]:
    found = session.execute(
        text("SELECT id, name FROM city WHERE id = ANY(:ids)"), {"ids": [ad.city_id for ad in ads if ad.city_id]}
    )
    return {row.id: row.name for row in found}


def waiting(session: Session) -> int:
    """How many pairs wait, counted up to a thousand."""
    counted = text("SELECT count(*) FROM (SELECT 1 FROM same_pair WHERE state = 'waiting' LIMIT 1000) AS few")
    return int(session.execute(counted).scalar_one())


def following(session: Session) -> int | None:
    """The pair to be looked at next: the likest first."""
    return session.execute(
        select(SamePair.id).where(SamePair.state == "waiting").order_by(SamePair.score.desc(), SamePair.id).limit(1)
    ).scalar()


def moves_of(session: Session, pairs: Iterable[SamePair]) -> dict[int, int]:
    """{pair: the move that joined it}: of the pairs whose join can still be taken back."""
    found = session.execute(
        text("""
        SELECT p.id, max(m.id) AS move_id FROM same_pair p JOIN vehicle_move m
          ON m.ad_id IN (p.ad_id, p.other_ad_id) AND m.at = p.decided_at AND m.undone_at IS NULL
        WHERE p.id = ANY(:ids) AND p.state = 'joined' GROUP BY p.id
        """),
        {"ids": [pair.id for pair in pairs if pair.state == "joined"]},
    )
    return {row.id: row.move_id for row in found}
