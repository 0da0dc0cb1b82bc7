"""What a source says of one advert, before anything of it is recognised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AdState(StrEnum):
    """Where the advert stands on its own site."""

    ACTIVE = "active"
    RESERVED = "reserved"
    REMOVED = "removed"


class SellerKind(StrEnum):
    PRIVATE = "private"
    DEALER = "dealer"


@dataclass(slots=True)
class AdData:
    """One advert as the site words it. Text stays text (body, fuel, city …): recognition is another stop.

    Numbers are None when the source does not say them or says nonsense; they are never guessed here.
    """

    external_id: str
    url: str = ""
    title: str = ""
    make: str = ""
    model: str = ""
    generation: str = ""
    modification: str = ""
    year: int | None = None
    mileage_km: int | None = None
    price: int | None = None  # whole roubles
    city: str = ""
    region: str = ""
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    timezone: str = ""  # IANA name when the site tells the seller's zone
    phones: tuple[str, ...] = ()  # as written; normalised by domain.phones
    phone_protected: bool = False  # the site says that it is a substitute number
    seller_name: str = ""
    seller_external_id: str = ""
    seller_kind: SellerKind | None = None
    body: str = ""
    fuel: str = ""
    gearbox: str = ""
    drive: str = ""
    wheel: str = ""
    color: str = ""
    engine_cc: int | None = None
    power_hp: int | None = None
    doors: int | None = None
    owners: int | None = None  # 4 means «4 и более»
    vin: str = ""  # as written, may be masked
    plate: str = ""
    is_damaged: bool | None = None
    is_new: bool | None = None
    description: str = ""
    photos: tuple[str, ...] = ()
    published_at: datetime | None = None  # aware
    state: AdState = AdState.ACTIVE


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that is no advert: `reason` is a code of domain.ads.REJECT_REASONS, `row` what came, for the report."""

    reason: str
    row: str = ""
    line: int | None = None
    detail: str = ""


# Why a record is turned away. Missing optional fields never reject one.
REJECT_REASONS = (
    "empty",  # nothing in it
    "not_a_record",  # the fields do not line up: quoted together, cut in the middle, not an object
    "no_identity",  # neither id nor link nor enough facts to make a stable key
    "no_car",  # no make or model and no title to read them from
    "bad_price",  # absurd: negative, zero in a demo tariff, over a billion
    "bad_year",
    "bad_text",  # characters no database takes
    "not_a_car",  # lorry, part, motorcycle
    "duplicate_in_file",  # the same id earlier in the same file; the last row wins
)
