"""What one advert tells about its car, as far as it helps to say «the same car»: the input of identity and joining."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.ad_text import text_signature
from app.domain.ads import AdState, SellerKind
from app.domain.cars import Body, Drive, Fuel, Gearbox, KnownAd, Wheel

NEW_CAR_KM = 300  # Below this a dealer's car is as good as new: it drove to the showroom and back.

_VIN_LETTERS = frozenset("ABCDEFGHJKLMNPRSTUVWXYZ0123456789")
_NAMELESS = frozenset({"", "частное лицо", "частник", "продавец", "собственник", "автосалон", "дилер", "недоступно"})
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class CarFacts:
    """None (or empty) means «not told». `phones` holds only numbers that are known to be the seller's own."""

    ad_id: int
    source_id: int
    make_id: int | None = None
    model_id: int | None = None
    generation_id: int | None = None
    year: int | None = None
    mileage_km: int | None = None
    price: int | None = None
    city_id: int | None = None
    region_id: int | None = None
    engine_cc: int | None = None
    power_hp: int | None = None
    fuel: Fuel | None = None
    gearbox: Gearbox | None = None
    drive: Drive | None = None
    body: Body | None = None
    wheel: Wheel | None = None
    color: str | None = None
    owners: int | None = None
    vin: str | None = None
    vin_hint: str | None = None
    plate: str | None = None
    phones: tuple[str, ...] = ()
    seller_key: str | None = None  # the account on its own site, comparable only within one source
    seller_name: str | None = None
    seller_kind: SellerKind | None = None
    text_signature: tuple[int, ...] = field(default=(), repr=False)
    published_at: datetime | None = None
    is_active: bool = True
    is_new: bool | None = None
    vehicle_id: int | None = None  # the vehicle a stored advert already belongs to

    @property
    def looks_new(self) -> bool:
        """A showroom car: dozens of others share all its facts, so only a VIN or a plate can tell it."""
        if self.is_new:
            return True
        if self.mileage_km is None:
            return self.seller_kind is SellerKind.DEALER and self.is_new is None
        return self.mileage_km < NEW_CAR_KM


def facts_of(
    known: KnownAd,
    *,
    ad_id: int,
    source_id: int,
    vehicle_id: int | None = None,
    signature: tuple[int, ...] | None = None,
) -> CarFacts:
    """Keep of a recognised advert what tells its car. Pass a stored `signature` to spare reading the text again."""
    name = seller_name(known.seller_name)
    return CarFacts(
        ad_id=ad_id,
        source_id=source_id,
        make_id=known.make_id,
        model_id=known.model_id,
        generation_id=known.generation_id,
        year=known.year,
        mileage_km=known.mileage_km,
        price=known.price or None,
        city_id=known.city_id,
        region_id=known.region_id,
        engine_cc=known.engine_cc,
        power_hp=known.power_hp,
        fuel=known.fuel,
        gearbox=known.gearbox,
        drive=known.drive,
        body=known.body,
        wheel=known.wheel,
        color=known.color,
        owners=known.owners,
        vin=full_vin(known.vin),
        vin_hint=masked_vin(known.vin_hint),
        plate=known.plate or None,
        phones=() if known.phone_protected else known.phones,
        seller_key=f"{source_id}:{known.seller_external_id}" if known.seller_external_id else None,
        seller_name=name,
        seller_kind=known.seller_kind,
        text_signature=text_signature(known.description) if signature is None else signature,
        published_at=known.published_at,
        is_active=known.state is not AdState.REMOVED,
        is_new=known.is_new,
        vehicle_id=vehicle_id,
    )


def full_vin(vin: str | None) -> str | None:
    """A VIN that names one car. Placeholders such as XW8ZZZ00000000000, which dealers' exporters emit, do not."""
    if vin is None or len(vin) != 17 or not _VIN_LETTERS.issuperset(vin):
        return None
    return None if len(set(vin[-6:])) == 1 else vin


def masked_vin(hint: str | None) -> str | None:
    """A VIN with hidden places as 17 characters with `*`; None when its length does not tell which places are told."""
    if hint is None or len(hint) != 17:
        return None
    shape = "".join(letter if letter in _VIN_LETTERS else "*" for letter in hint.upper())
    return shape if shape.strip("*") else None


def seller_name(name: str) -> str | None:
    """A name worth comparing: «частное лицо» names nobody."""
    plain = _SPACES.sub(" ", name).strip().lower()
    return None if plain in _NAMELESS else plain
