"""MaxPoster's <vehicles><vehicle> and its relatives, in both vocabularies: brand/model and mark_id/folder_id."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from app.domain.ads import AdData, AdState, Rejected, SellerKind
from app.sources import _text as text
from app.sources import _words as words
from app.sources._bytes import Saved
from app.sources._feed import Feed
from app.sources._xml import Fields, read_xml

_CARS = ("", "легковые", "cars", "car", "легковой", "внедорожники", "1")
KM_IN_MILE = 1.609344


@dataclass
class VehiclesFeed(Feed):
    key: ClassVar[str] = "vehicles_feed"
    label: ClassVar[str] = "Vehicles XML feed (MaxPoster)"

    def read(self, saved: Saved) -> Iterator[AdData | Rejected]:
        return read_xml(saved, "vehicle", ("vehicles",), advert)

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        lowered = head.lower()
        return b"<vehicles" in lowered and b"<vehicle" in lowered


def advert(car: Fields) -> AdData | Rejected:
    category = car.get("category", "").strip().lower()
    if category not in _CARS:
        return Rejected("not_a_car", detail=category)
    model, _, generation = car.first("model", "folder_id").partition(",")
    make, modification = (
        text.line(car.first("brand", "mark_id", "make")),
        text.line(car.first("modification", "modification_id")),
    )
    engine = words.engine(modification)
    mileage = text.mileage(car.first("mileage", "run"))
    if mileage and car.get("mileageunit", "").lower().startswith("mi"):
        mileage = round(mileage * KM_IN_MILE)
    return AdData(
        external_id=text.external_key(car.get("id")),
        url=text.line(car.first("url", "siteurl", "avitourl", "autoruurl", "dromurl")),
        title=" ".join(filter(None, (make, text.line(model), modification))),
        make=make,
        model=text.line(model),
        generation=text.line(car.get("generation")) or text.line(generation),
        modification=modification,
        year=text.year(car.get("year")),
        mileage_km=mileage,
        price=text.price(car.get("price")),
        city=text.line(car.get("city")),
        address=text.line(car.get("address")),
        phones=tuple(dict.fromkeys(map(text.line, car.all("phone", attribute="number") or car.all("phone")))),
        seller_name=text.line(car.get("dealer")),
        seller_external_id=next(iter(car.all("dealer", attribute="id")), ""),
        seller_kind=SellerKind.DEALER,
        body=text.line(car.first("bodytype", "body_type", "bodyconfiguration")),
        fuel=text.line(car.get("enginetype")) or engine.fuel,
        gearbox=text.line(car.first("gearboxtype", "gearbox")) or engine.gearbox,
        drive=text.line(car.first("drivetype", "drive_type")) or engine.drive,
        wheel=text.line(car.first("wheel", "steeringwheel")),
        color=text.line(car.first("color", "bodycolor")),
        engine_cc=text.engine_cc(car.first("enginevolume", "engine_volume")) or engine.cc,
        power_hp=text.power(car.first("enginepower", "engine_power")) or engine.power_hp,
        doors=text.doors(car.get("bodydoorcount")),
        owners=words.owners(car.first("ownerscount", "owners_number")),
        vin=text.line(car.get("vin")),
        is_damaged=words.is_damaged(car.get("vehiclecondition")),
        is_new=words.is_new(car.get("type")),
        description=text.prose(car.get("description")),
        photos=text.photos(car.all("photo", "image")),
        state=AdState.RESERVED if words.is_yes(car.get("reserved")) else words.state(car.get("availability")),
    )
