"""Avito: adverts out of a saved list or card. The page's own JSON first, its marks (data-marker) where that is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import unquote, urljoin

from bs4 import Tag

from app.domain.ads import AdData, AdState, Rejected
from app.sources import Source
from app.sources import _text as text
from app.sources import _words as words
from app.sources._bytes import decoded
from app.sources._html import json_of, said, said_at_length, scripts, soup_of
from app.sources._identity import dig, listed, one_record, read_records, url_key
from app.sources._trouble import is_html, no_record, parsed_json

_SITE = "https://www.avito.ru"
_INITIAL = re.compile(r"""__initialData__\s*=\s*["']([^"']+)["']""")
_CARS = ("avtomobili", "автомобили")
_LABELS = {
    "год выпуска": "year", "пробег": "mileage", "поколение": "generation", "модификация": "modification",
    "тип кузова": "body", "тип двигателя": "fuel", "коробка передач": "gearbox", "привод": "drive", "руль": "wheel",
    "цвет": "color", "объём двигателя": "volume", "владельцев по птс": "owners", "состояние": "damaged", "vin": "vin",
    "vin или номер кузова": "vin", "количество дверей": "doors", "марка": "make", "модель": "model",
}  # fmt: skip
_MARKS = ('data-marker="item', "mime/invalid", "__initialData__")


@dataclass
class AvitoPage(Source):
    key: ClassVar[str] = "avito_page"
    label: ClassVar[str] = "Avito: saved page or JSON"
    extensions: ClassVar[tuple[str, ...]] = (".html", ".json", ".html.gz")

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        page = decoded(content)
        if not is_html(page) and page.lstrip()[:1] in ("{", "["):
            items = items_in(parsed_json(content))
            if items is None:
                raise no_record(page, content, "catalogue of items", _MARKS)
            yield from read_records(_adverts(items), _item)
            return
        if not page.strip():
            raise no_record(page, content, "page", _MARKS)
        soup = soup_of(page)
        items = next((found for state in _states(soup, page) if (found := items_in(state)) is not None), None)
        if items is not None:
            yield from read_records(_adverts(items), _item)
        elif cells := soup.select('[data-marker="item"]'):
            yield from read_records([{"cell": cell} for cell in cells], lambda row: _cell(row["cell"]))
        elif soup.select_one('h1[data-marker="item-view/title-info"], [data-marker="item-view/title-info"]'):
            done = one_record({"title": said(soup, "h1")}, lambda _: _card(soup), None)
            if done is not None:
                yield done
        elif not soup.select_one('[data-marker="catalog-serp"], [data-marker="page-title"]'):
            raise no_record(page, content, "list of items", _MARKS)

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        marks = (b'data-marker="item', b"mime/invalid", b"__initialData__", b'"priceDetailed"', b'"sortTimeStamp"')
        return any(mark in head for mark in marks)


def _states(soup: Tag, page: str) -> Iterator[Any]:
    yield from scripts(soup, "mime/invalid")
    found = _INITIAL.search(page)
    if found:
        yield json_of(unquote(found.group(1)))


def items_in(state: Any) -> list[Any] | None:
    """The items of a catalogue, wherever the page of that year keeps it."""
    if isinstance(state, list) and any(isinstance(item, dict) and "urlPath" in item for item in state):
        return state
    for path in (("state", "data", "catalog"), ("data", "data", "catalog"), ("data", "catalog"), ("catalog",)):
        items = dig(state, *path, "items")
        if isinstance(items, list):
            return items
    if isinstance(state, dict):  # __initialData__ keeps the same under a key with the version of its module
        nested = (dig(part, *path) for part in state.values() for path in (("data", "catalog", "items"),))
        return next((items for items in nested if isinstance(items, list)), None)
    return None


def _adverts(items: list[Any]) -> list[Any]:
    """Null items and items without an id are the site's own banners."""
    return [item for item in items if isinstance(item, dict) and item.get("id")]


def _item(item: dict[str, Any]) -> AdData | Rejected:
    category = str(dig(item, "category", "slug") or dig(item, "category", "name") or "").lower()
    if category and category not in _CARS:
        return Rejected("not_a_car", detail=category)
    url = text.line(item.get("urlPath") or item.get("url"))
    ad = titled(text.line(item.get("title")))
    ad.external_id = text.external_key(item.get("id"))
    ad.url = urljoin(_SITE, url) if url else ""
    ad.price = text.price(dig(item, "priceDetailed", "value") or dig(item, "priceDetailed", "string"))
    ad.city = text.line(dig(item, "location", "name") or dig(item, "addressDetailed", "locationName"))
    ad.address = text.line(dig(item, "geo", "formattedAddress"))
    ad.lat = text.latitude(dig(item, "coords", "lat"))
    ad.lon = text.longitude(dig(item, "coords", "lng"))
    ad.seller_external_id = text.line(item.get("sellerId"))
    ad.description = text.prose(item.get("description"))
    ad.published_at = text.moment(item.get("sortTimeStamp"))
    ad.state = AdState.RESERVED if item.get("isReserved") is True else AdState.ACTIVE
    pictures = [image for image in listed(item.get("images")) if isinstance(image, dict) and image]
    ad.photos = text.photos([_largest(image) for image in pictures])
    return ad


def _largest(image: dict[str, Any]) -> Any:
    return image[max(image, key=lambda size: int(text.number(size) or 0))]


def titled(title: str) -> AdData:
    """«Марка Модель 1.6 MT (123 л.с.), 2019, 54 000 км»: everything a list says of the car stands in its title."""
    name, *rest = (part.strip() for part in title.split(","))
    engine = words.engine(title)
    ad = AdData("", title=title, engine_cc=engine.cc, power_hp=engine.power_hp, gearbox=engine.gearbox)
    for part in rest:
        if part.endswith("км"):
            ad.mileage_km = text.mileage(part)
        elif ad.year is None:
            ad.year = text.year_in(part)
    return ad


def _cell(cell: Tag) -> AdData:
    title = said(cell, '[data-marker="item-title"]', "title") or said(cell, '[data-marker="item-title"]')
    ad = titled(
        re.sub(r"^(?:Объявление|Купить)\s+«?(.*?)»?$", r"\1", said(cell, '[data-marker="item-title"]') or title)
    )
    href = said(cell, 'a[data-marker="item-title"], [data-marker="item-title"] a', "href")
    ad.url = urljoin(_SITE, href) if href else ""
    ad.external_id = text.line(cell.get("data-item-id")) or url_key(ad.url)
    ad.price = text.price(said(cell, '[itemprop="price"]', "content"))
    ad.city = said(cell, '[data-marker="item-address"]')
    ad.description = text.prose(said(cell, '[itemprop="description"]', "content"))
    ad.photos = text.photos([image.get("src") for image in cell.select("img")])
    return ad


def _card(soup: Tag) -> AdData:
    ad = titled(said(soup, '[data-marker="item-view/title-info"]'))
    ad.url = said(soup, 'link[rel="canonical"]', "href")
    ad.external_id = text.line(said(soup, "[data-item-id]", "data-item-id")) or url_key(ad.url)
    ad.price = text.price(said(soup, '[data-marker="item-view/item-price"]', "content"))
    ad.seller_name = said(soup, '[data-marker="seller-info/name"]')
    ad.seller_kind = words.seller_kind(said(soup, '[data-marker="seller-info/label"]'))
    ad.address = said(soup, '[itemprop="address"]')
    ad.description = said_at_length(soup, '[data-marker="item-view/item-description"]')
    told = _told(soup)
    ad.make, ad.model = told.get("make", ""), told.get("model", "")
    ad.generation, ad.modification = told.get("generation", ""), told.get("modification", "")
    ad.year = text.year(told.get("year")) or ad.year
    ad.mileage_km = text.mileage(told["mileage"]) if "mileage" in told else ad.mileage_km
    ad.body, ad.fuel, ad.drive = told.get("body", ""), told.get("fuel", ""), told.get("drive", "")
    ad.gearbox = told.get("gearbox", "") or ad.gearbox
    ad.wheel, ad.color, ad.vin = told.get("wheel", ""), told.get("color", ""), told.get("vin", "")
    ad.engine_cc = text.engine_cc(told.get("volume")) or ad.engine_cc
    ad.power_hp = words.engine(ad.modification).power_hp or ad.power_hp
    ad.owners, ad.doors = words.owners(told.get("owners")), text.doors(told.get("doors"))
    ad.is_damaged = words.is_damaged(told.get("damaged"))
    return ad


def _told(soup: Tag) -> dict[str, str]:
    """The list of parameters of a card: «Пробег: 54 000 км»."""
    lines = (text.line(item.get_text(" ")) for item in soup.select('[data-marker="item-view/item-params"] li'))
    pairs = (line.partition(":") for line in lines)
    return {_LABELS[name.strip().lower()]: said_.strip() for name, _, said_ in pairs if name.strip().lower() in _LABELS}
