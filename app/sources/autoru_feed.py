"""Auto.ru's XML for dealers, <data><cars><car>: what the site takes, and what programs of dealers hand each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from app.domain.ads import AdData, AdState, Rejected, SellerKind
from app.sources import _text as text
from app.sources import _words as words
from app.sources._bytes import Saved
from app.sources._feed import Feed
from app.sources._identity import full_vin
from app.sources._xml import Fields, name_of, read_xml


@dataclass
class AutoruFeed(Feed):
    key: ClassVar[str] = "autoru_feed"
    label: ClassVar[str] = "Auto.ru XML feed"

    def read(self, saved: Saved) -> Iterator[AdData | Rejected]:
        return read_xml(saved, "car", ("data", "cars"), advert)

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        lowered = head.lower()
        return b"<car>" in lowered and (b"<cars>" in lowered or b"<data" in lowered) and b"<mark_id" in lowered


def advert(car: Fields) -> AdData | Rejected:
    model, _, generation = car.first("folder_id", "model_name").partition(",")
    modification = text.line(car.first("modification_id"))
    engine = words.engine(modification)
    vin = text.line(car.first("vin"))
    url = text.line(car.first("url"))
    mileage = text.mileage(car.get("run"))
    owners = words.owners(car.first("owners_number", "ownerscount"))
    return AdData(
        # Many feeds tell no id, and cars of one trim share one link, so the VIN goes before it.
        external_id=text.external_key(car.first("unique_id", "id")) or full_vin(vin) or url[:300],
        url=url,
        title=" ".join(filter(None, (text.line(car.get("mark_id")), text.line(model), modification))),
        make=text.line(car.get("mark_id")),
        model=text.line(model),
        generation=text.line(generation) or text.line(car.first("generation")),
        modification=modification,
        year=text.year(car.first("year", "registry_year")),
        mileage_km=mileage,
        price=text.price(car.first("price", "sale_price", "pricewithdiscount"))
        if _in_roubles(car.first("currency"))
        else None,
        address=text.line(car.first("poi_id", "address")),
        phones=tuple(dict.fromkeys(text.line(phone) for phone in car.all("phone"))),
        seller_name=_contact_name(car),
        seller_kind=SellerKind.DEALER,
        body=text.line(car.first("body_type", "bodytype")),
        fuel=_fuel(text.line(car.first("enginetype", "engine_type")), engine),
        gearbox=text.line(car.first("gearboxtype", "gearbox", "transmission")) or engine.gearbox,
        drive=text.line(car.first("drive_type", "drivetype", "drive")) or engine.drive,
        wheel=text.line(car.get("wheel")),
        color=text.line(car.get("color")),
        engine_cc=text.engine_cc(car.first("engine_volume", "enginevolume")) or engine.cc,
        power_hp=text.power(car.first("engine_power", "enginepower")) or engine.power_hp,
        doors=text.doors(car.first("doors_count")),
        owners=owners,
        vin=vin,
        is_damaged=words.is_damaged(car.get("state")),
        is_new=_is_new(mileage, owners),
        description=text.prose(car.first("description", "comment")),
        photos=text.photos(car.all("image")),
        state=AdState.REMOVED if car.get("action", "").lower() == "hide" else words.state(car.first("availability")),
    )


def _contact_name(car: Fields) -> str:
    contacts = (item for item in car.element.iter() if name_of(item) == "contact")
    return next((name for contact in contacts if (name := text.line(Fields(contact).get("name")))), "")


def _fuel(said: str, engine: words.Engine) -> str:
    # The format's grammar marks diesel, hybrid and electric engines only: an unmarked one burns petrol.
    return said or engine.fuel or ("бензин" if engine.cc and engine.gearbox else "")


def _in_roubles(currency: str) -> bool:
    return currency.strip().upper() in ("", "RUR", "RUB", "РУБ", "РУБ.", "₽")


def _is_new(mileage: int | None, owners: int | None) -> bool | None:
    if mileage:
        return False
    # The format has no field for it: new cars come without `run`, most of them with «Не было владельцев».
    return True if owners == 0 else None
