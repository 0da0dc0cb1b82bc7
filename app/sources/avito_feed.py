"""Avito's Autoload XML, <Ads><Ad>: what dealers upload to the site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from app.domain.ads import AdData, Rejected, SellerKind
from app.sources import _text as text
from app.sources import _words as words
from app.sources._bytes import Saved
from app.sources._feed import Feed
from app.sources._xml import Fields, read_xml


@dataclass
class AvitoFeed(Feed):
    key: ClassVar[str] = "avito_feed"
    label: ClassVar[str] = "Avito Autoload XML"

    def read(self, saved: Saved) -> Iterator[AdData | Rejected]:
        return read_xml(saved, "ad", ("ads",), advert)

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        lowered = head.lower()
        return b"<ads" in lowered and b"<ad>" in lowered


def advert(ad: Fields) -> AdData | Rejected:
    category = ad.get("category", "").strip().lower()
    if category and category != "автомобили":
        return Rejected("not_a_car", detail=category)
    make, model = text.line(ad.get("make")), text.line(ad.get("model"))
    return AdData(
        external_id=text.external_key(ad.first("id", "avitoid")),
        url=text.line(ad.get("url")),
        title=text.line(ad.get("title")) or f"{make} {model}".strip(),
        make=make,
        model=model,
        # GenerationId and ModificationId are numbers of Avito's own catalogue: as names they say nothing.
        generation=text.line(ad.get("generation")),
        modification=text.line(ad.get("modification")),
        year=text.year(ad.get("year")),
        mileage_km=text.mileage(ad.first("kilometrage", "mileage")),
        price=text.price(ad.get("price")),
        city=text.line(ad.get("city")),
        region=text.line(ad.get("region")),
        address=text.line(ad.first("address", "street")),
        lat=text.latitude(ad.get("latitude")),
        lon=text.longitude(ad.get("longitude")),
        phones=tuple(filter(None, map(text.line, ad.first("contactphone", "phone").split(",")))),
        seller_name=text.line(ad.first("managername", "companyname", "contactname")),
        seller_kind=_seller(ad.get("adtype", "")),
        body=text.line(ad.get("bodytype")),
        fuel=text.line(ad.get("fueltype")),
        gearbox=text.line(ad.get("transmission")),
        drive=text.line(ad.get("drivetype")),
        wheel=text.line(ad.get("wheeltype")),
        color=text.line(ad.get("color")),
        engine_cc=text.engine_cc(ad.get("enginesize")),
        power_hp=text.power(ad.get("power")),
        doors=text.doors(ad.get("doors")),
        owners=words.owners(ad.get("owners")),
        vin=text.line(ad.get("vin")),
        is_damaged=words.is_damaged(ad.get("accident")),
        is_new=words.is_new(ad.get("cartype")),
        description=text.prose(ad.get("description")),
        photos=text.photos(ad.all("image", attribute="url") or ad.all("image")),
        published_at=text.moment(ad.get("datebegin")),
        state=words.state(ad.first("status", "availability")),
    )


def _seller(ad_type: str) -> SellerKind:
    # Autoload is a tool of companies; only «личный автомобиль» says another thing.
    return SellerKind.PRIVATE if "личн" in ad_type.lower() else SellerKind.DEALER
