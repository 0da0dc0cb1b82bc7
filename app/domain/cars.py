"""The recognised car of an advert: catalogue ids, canonical words, whole numbers. What every later stop works on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.domain.ads import AdState, SellerKind


class Body(StrEnum):
    SEDAN = "sedan"
    HATCHBACK = "hatchback"
    LIFTBACK = "liftback"
    WAGON = "wagon"
    SUV = "suv"
    COUPE = "coupe"
    CABRIO = "cabrio"
    MINIVAN = "minivan"
    PICKUP = "pickup"
    VAN = "van"
    BUS = "bus"
    LIMOUSINE = "limousine"


class Fuel(StrEnum):
    PETROL = "petrol"
    DIESEL = "diesel"
    HYBRID = "hybrid"
    ELECTRIC = "electric"
    GAS = "gas"


class Gearbox(StrEnum):
    MANUAL = "manual"
    AUTOMATIC = "automatic"
    ROBOT = "robot"
    VARIATOR = "variator"


class Drive(StrEnum):
    FRONT = "front"
    REAR = "rear"
    ALL = "all"


class Wheel(StrEnum):
    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class UnknownName:
    """A spelling that the books do not know; it waits for a person. `kind`: make, model, generation, city.

    `context` narrows it: the make id of an unknown model, the region of an unknown city.
    """

    kind: str
    text: str
    context: str = ""


@dataclass(slots=True)
class KnownAd:
    """One advert after recognition. None means «the advert does not say» or «not recognised» (see `unknown`)."""

    external_id: str
    make_id: int | None = None
    model_id: int | None = None
    generation_id: int | None = None
    year: int | None = None
    mileage_km: int | None = None
    price: int | None = None
    body: Body | None = None
    fuel: Fuel | None = None
    gearbox: Gearbox | None = None
    drive: Drive | None = None
    wheel: Wheel | None = None
    engine_cc: int | None = None
    power_hp: int | None = None
    owners: int | None = None
    color: str | None = None  # canonical: black, white, silver, grey, blue …
    city_id: int | None = None
    region_id: int | None = None
    is_foreign: bool = False  # the car stands outside Russia
    phones: tuple[str, ...] = ()  # 7XXXXXXXXXX, valid Russian numbers only
    phone_protected: bool = False
    phone_trouble: str = ""  # "", masked, invalid, foreign
    vin: str | None = None  # full 17 characters, else None
    vin_hint: str | None = None  # masked VIN as far as it is told: WDD***********1234
    plate: str | None = None
    seller_kind: SellerKind | None = None
    seller_name: str = ""
    seller_external_id: str = ""
    is_new: bool | None = None
    is_damaged: bool | None = None
    title: str = ""
    url: str = ""
    description: str = ""
    photos: tuple[str, ...] = ()
    published_at: datetime | None = None
    state: AdState = AdState.ACTIVE
    unknown: tuple[UnknownName, ...] = ()
