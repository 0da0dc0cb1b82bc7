"""Drom: adverts out of a saved list or a saved card. Marks of the site are data-ftid; its CSS classes change weekly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from bs4 import Tag

from app.domain.ads import AdData, AdState, Rejected
from app.sources import Source
from app.sources import _text as text
from app.sources import _words as words
from app.sources._bytes import decoded
from app.sources._html import json_of, said, said_at_length, soup_of
from app.sources._identity import dig, listed, one_record, read_records, url_key
from app.sources._trouble import no_record

_BULL = '[data-ftid="bulls-list_bull"]'
_CARD_TITLE = re.compile(r"^Продажа\s+(?P<name>.+?),\s*(?P<year>[12][0-9]{3})\s*год(?:а)?\b")
_PATH = re.compile(r"drom\.ru/(?P<make>[a-z0-9_-]+)/(?P<model>[a-z0-9_-]+)/[0-9]+\.html")
_CITY = re.compile(r"https?://(?!www\.|auto\.)([a-z-]+)\.drom\.ru")
_GEARBOX = re.compile(r"^(?:акпп|мкпп|вариатор|робот|автомат|механика|ркпп)", re.IGNORECASE)
_DRIVE = re.compile(r"^(?:4wd|передний|задний|полный)", re.IGNORECASE)
_FUEL = re.compile(r"^(?:бензин|дизель|гибрид|электро|газ)", re.IGNORECASE)
_MARKS = ('data-ftid="bull', "data-drom-module")


@dataclass
class DromPage(Source):
    key: ClassVar[str] = "drom_page"
    label: ClassVar[str] = "Drom: saved page"
    extensions: ClassVar[tuple[str, ...]] = (".html", ".html.gz")

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        page = decoded(content)
        soup = soup_of(page) if page.strip() else None
        if soup is None:
            raise no_record(page, content, "page", _MARKS)
        bulls = soup.select(_BULL)
        module = soup.select_one('[data-drom-module="bulls-list"]')
        if bulls:
            yield from read_records([{"bull": bull} for bull in bulls], lambda row: _bull(row["bull"]))
        elif module is not None:
            found = _module_bulls(json_of(module.get("data-drom-module-data")))
            if found is None:
                raise no_record(page, content, "list of bulls", _MARKS)
            yield from read_records(found, _json_bull)
        elif (card := _card(soup)) is not None:
            done = one_record({"card": card}, lambda _: card, None)
            if done is not None:
                yield done
        elif not soup.select_one('[data-ftid="bulls-list"], [data-ftid="bulls-list_container"]'):
            raise no_record(page, content, "list of bulls", _MARKS)

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        return b'data-ftid="bull' in head or b"data-drom-module" in head or b"drom.ru" in head and b"<html" in head


def _bull(bull: Tag) -> AdData:
    link = bull.select_one('a[data-ftid="bull_title"]') or (bull if bull.name == "a" else None)
    url = text.line(link.get("href")) if link is not None else ""
    title = said(bull, '[data-ftid="bull_title"] h3') or said(bull, '[data-ftid="bull_title"]')
    told = bull.select('[data-ftid="component_inline-bull-description"] span, '
                       '[data-ftid="component_inline-bull-description"] > *')  # fmt: skip
    ad = _named(url, title)
    for span in told:
        _tell(ad, text.line(span.get_text(" ")))
    ad.price = text.price(said(bull, '[data-ftid="bull_price"]'))
    ad.city = said(bull, '[data-ftid="bull_location"]')
    ad.photos = text.photos([image.get("src") or image.get("data-src") for image in bull.select("img")])
    if bull.select_one('[data-ftid="bull_sold"]') or "снят с продажи" in bull.get_text(" ").lower():
        ad.state = AdState.REMOVED
    return ad


def _named(url: str, title: str) -> AdData:
    """A title «Skoda Superb, 2017»; the link tells make and model apart."""
    path = _PATH.search(url)
    return AdData(
        external_id=url_key(url),
        url=url,
        title=title,
        make=path.group("make").replace("_", " ") if path else "",
        model=path.group("model").replace("_", " ") if path else "",
        year=text.year_in(title.rpartition(",")[2] or title),
    )


def _tell(ad: AdData, piece: str) -> None:
    """One comma-free piece of the line under a title: «2.0 л (220 л.с.)», «АКПП», «54 000 км»."""
    piece = piece.strip(" ,")
    if not piece:
        return
    if piece.endswith("км"):
        ad.mileage_km = text.mileage(piece.removeprefix("более").removeprefix("<"))
    elif _GEARBOX.match(piece):
        ad.gearbox = piece
    elif _DRIVE.match(piece):
        ad.drive = piece
    elif _FUEL.match(piece):
        ad.fuel = piece
    else:
        engine = words.engine(piece)
        ad.engine_cc, ad.power_hp = ad.engine_cc or engine.cc, ad.power_hp or engine.power_hp


def _module_bulls(state: Any) -> list[Any] | None:
    lists = dig(state, "bullList", "bullsData")
    if isinstance(lists, list):
        return [bull for part in lists for bull in listed(dig(part, "bulls"))]
    direct = dig(state, "bullList", "bulls")
    return direct if isinstance(direct, list) else None


def _json_bull(bull: dict[str, Any]) -> AdData:
    ad = _named(text.line(bull.get("url")), text.line(bull.get("title")))
    told = bull.get("description") if isinstance(bull.get("description"), dict) else {}
    ad.external_id = text.external_key(bull.get("bullId")) or ad.external_id
    ad.price = text.price(bull.get("price"))
    ad.city = text.line(bull.get("location"))
    ad.body = text.line(bull.get("frameType"))
    ad.mileage_km = text.mileage(dig(told, "mileage"))
    ad.engine_cc = text.engine_cc(dig(told, "volume"))
    ad.power_hp = text.power(dig(told, "power"))
    ad.gearbox = text.line(dig(told, "transmission"))
    ad.fuel = text.line(dig(told, "fuelType"))
    ad.drive = text.line(dig(told, "driveType"))
    ad.photos = text.photos([dig(image, "src") for image in listed(bull.get("images"))])
    ad.state = AdState.REMOVED if bull.get("sold") else AdState.ACTIVE
    return ad


def _card(soup: Tag) -> AdData | None:
    title = said(soup, "h1")
    found = _CARD_TITLE.match(title)
    if not found:
        return None
    url = said(soup, 'link[rel="canonical"]', "href") or said(soup, 'meta[property="og:url"]', "content")
    ad = _named(url, title)
    ad.year = text.year(found.group("year"))
    rows = {said(row, "th").lower(): said(row, "td") for row in soup.select("tr") if row.select_one("th") is not None}
    engine = words.engine(rows.get("двигатель", ""))
    ad.price = text.price(said(soup, '[data-ftid="bulletin-price"], [data-ftid="bull-page_bull-price"]'))
    ad.mileage_km = text.mileage(rows.get("пробег", ""))
    ad.engine_cc, ad.fuel = engine.cc, engine.fuel
    ad.power_hp = text.power(rows.get("мощность"))
    ad.gearbox = rows.get("коробка передач", rows.get("трансмиссия", ""))
    ad.drive, ad.color = rows.get("привод", ""), rows.get("цвет", "")
    ad.wheel, ad.body = rows.get("руль", ""), rows.get("тип кузова", "")
    ad.generation, ad.modification = rows.get("поколение", ""), rows.get("комплектация", "")
    ad.vin = rows.get("vin", rows.get("номер кузова", ""))
    ad.owners = words.owners(rows.get("владельцы", rows.get("записи о регистрации")))
    module = soup.select_one('[data-drom-module="bull-page"]')
    state = json_of(module.get("data-drom-module-data")) if module is not None else None
    ad.city = text.line(dig(state, "geoInfo", 0, "text")).partition(",")[0] or rows.get("город", "")
    ad.description = said_at_length(soup, '[data-ftid="info-full"], [data-ftid="bull-page_bull-description"]')
    ad.photos = text.photos([image.get("href") for image in soup.select('[data-ftid="bull-page_bull-gallery"] a')])
    return ad
