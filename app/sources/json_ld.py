"""schema.org in any page (JSON-LD, microdata): a plain fallback for sites that have no adapter of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from bs4 import Tag

from app.domain.ads import AdData, Rejected
from app.sources import Source
from app.sources import _text as text
from app.sources import _words as words
from app.sources._bytes import decoded
from app.sources._html import said, scripts, soup_of
from app.sources._identity import dig, read_records, url_key
from app.sources._trouble import is_html, no_record, parsed_json

_CARS = ("car", "vehicle", "motorizedvehicle")
_CAR_MARKS = ("vehicleModelDate", "mileageFromOdometer", "vehicleIdentificationNumber", "vehicleTransmission")
KM_IN_MILE = 1.609344
_MARKS = ("ld+json",)


@dataclass
class JsonLd(Source):
    key: ClassVar[str] = "json_ld"
    label: ClassVar[str] = "Any page with schema.org data"
    extensions: ClassVar[tuple[str, ...]] = (".html", ".html.gz", ".json", ".jsonld")

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        page = decoded(content)
        if not page.strip():
            raise no_record(page, content, "page", _MARKS)
        if is_html(page) or page.lstrip()[:1] == "<":
            soup = soup_of(page)
            found = [thing for state in scripts(soup, "application/ld+json") for thing in _cars(state)]
            found = found or [_microdata(item) for item in soup.select("[itemtype]") if _is_car_item(item)]
        else:
            found = list(_cars(parsed_json(content)))
        if not found:
            raise no_record(page, content, "schema.org car", _MARKS)
        yield from read_records(found, advert)

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        return b"schema.org" in head and (b"ld+json" in head or b"@context" in head or b"itemtype" in head)


def _cars(state: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """Cars at any depth: lists, @graph, itemListElement, mainEntity."""
    if depth > 12:
        return
    if isinstance(state, list):
        for item in state:
            yield from _cars(item, depth + 1)
    elif isinstance(state, dict):
        if _is_car(state):
            yield state
            return
        for value in state.values():
            if isinstance(value, dict | list):
                yield from _cars(value, depth + 1)


def _is_car(thing: dict[str, Any]) -> bool:
    kinds = thing.get("@type")
    names = [str(kind).lower() for kind in (kinds if isinstance(kinds, list) else [kinds])]
    if any(name in _CARS for name in names):
        return True
    return "product" in names and any(mark in thing for mark in _CAR_MARKS)


def advert(car: dict[str, Any]) -> AdData | Rejected:
    offer = _first(car.get("offers")) or {}
    url = text.line(car.get("url") or dig(offer, "url"))
    seller = _first(dig(offer, "seller")) or {}
    place = _first(dig(offer, "availableAtOrFrom")) or seller
    return AdData(
        external_id=text.external_key(car.get("sku") or car.get("productID")) or url_key(url) or url[:200],
        url=url,
        title=text.line(car.get("name")),
        make=_name(car.get("brand")) or _name(car.get("manufacturer")),
        model=_name(car.get("model")),
        modification=text.line(car.get("vehicleConfiguration")),
        year=text.year(str(car.get("vehicleModelDate") or car.get("productionDate") or car.get("modelDate") or "")[:4]),
        mileage_km=_mileage(car.get("mileageFromOdometer")),
        price=_price(offer),
        city=text.line(dig(place, "address", "addressLocality")),
        region=text.line(dig(place, "address", "addressRegion")),
        address=text.line(dig(place, "address", "streetAddress") or _text_of(dig(place, "address"))),
        phones=tuple(filter(None, (text.line(dig(seller, "telephone")),))),
        seller_name=_name(seller),
        seller_kind=words.seller_kind(dig(seller, "@type")),
        body=_name(car.get("bodyType")),
        fuel=_name(car.get("fuelType") or dig(_first(car.get("vehicleEngine")), "fuelType")),
        gearbox=_name(car.get("vehicleTransmission")),
        drive=_name(car.get("driveWheelConfiguration")),
        wheel=_name(car.get("steeringPosition")),
        color=_name(car.get("color")),
        engine_cc=text.engine_cc(_amount(dig(_first(car.get("vehicleEngine")), "engineDisplacement"))),
        power_hp=text.power(_amount(dig(_first(car.get("vehicleEngine")), "enginePower"))),
        doors=text.doors(car.get("numberOfDoors")),
        owners=words.owners(car.get("numberOfPreviousOwners")),
        vin=text.line(car.get("vehicleIdentificationNumber")),
        is_new=words.is_new(car.get("itemCondition") or dig(offer, "itemCondition")),
        description=text.prose(car.get("description")),
        photos=text.photos(_pictures(car.get("image"))),
        published_at=text.moment(car.get("datePosted") or dig(offer, "validFrom")),
        state=words.state(dig(offer, "availability")),
    )


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _name(value: Any) -> str:
    value = _first(value)
    return text.line(value.get("name") if isinstance(value, dict) else value)


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _amount(value: Any) -> Any:
    value = _first(value)
    return value.get("value") if isinstance(value, dict) else value


def _mileage(value: Any) -> int | None:
    kilometres = text.mileage(_amount(value))
    in_miles = str(dig(_first(value), "unitCode") or "").upper() in ("SMI", "MI")
    return round(kilometres * KM_IN_MILE) if kilometres and in_miles else kilometres


def _price(offer: Any) -> int | None:
    if str(dig(offer, "priceCurrency") or "RUB").upper() not in ("RUB", "RUR"):
        return None
    return text.price(dig(offer, "price") or dig(offer, "lowPrice") or dig(offer, "priceSpecification", "price"))


def _pictures(value: Any) -> list[Any]:
    pictures = value if isinstance(value, list) else [value]
    return [item.get("url") or item.get("contentUrl") if isinstance(item, dict) else item for item in pictures]


def _is_car_item(item: Tag) -> bool:
    return str(item.get("itemtype", "")).rpartition("/")[2].lower() in _CARS


def _microdata(item: Tag) -> dict[str, Any]:
    """One level of itemprop as the same record; a nested brand or offer tells its name and price."""

    def prop(name: str) -> str:
        selector = f'[itemprop="{name}"]'
        return said(item, selector, "content") or said(item, selector, "href") or said(item, selector)

    record: dict[str, Any] = {
        name: prop(name)
        for name in ("name", "brand", "model", "vehicleModelDate", "productionDate", "bodyType", "color", "fuelType",
                     "vehicleTransmission", "mileageFromOdometer", "vehicleIdentificationNumber", "url", "description")
    }  # fmt: skip
    record["offers"] = {"price": prop("price"), "priceCurrency": prop("priceCurrency") or "RUB"}
    return record
