"""Auto.ru's own record of an advert, out of a saved page, a saved listing reply, a list or an object of offers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from app.domain.ads import AdData, Rejected, SellerKind
from app.sources import Health, Source, SourceTrouble
from app.sources import _text as text
from app.sources import _words as words
from app.sources._bytes import decoded
from app.sources._identity import dig, listed, read_records
from app.sources._trouble import is_html, no_record, parsed_json

_STATE = re.compile(r"""<script\b[^>]*\bid=["']initial-state["'][^>]*>(.*?)</script>""", re.DOTALL | re.IGNORECASE)
_COLORS = {
    "FAFBFB": "белый", "CACECB": "серебристый", "97948F": "серый", "040001": "чёрный", "200204": "коричневый",
    "EE1D19": "красный", "FF8649": "оранжевый", "FFD600": "жёлтый", "007F00": "зелёный", "22A0F8": "голубой",
    "0000CC": "синий", "4A2197": "фиолетовый", "660099": "пурпурный", "DEA522": "золотистый", "C49648": "бежевый",
}  # fmt: skip
_PICTURES = ("1200x900n", "1200x900", "full", "832x624", "456x342n", "456x342")
_MARKS = ("initial-state", "ListingItem")


@dataclass
class AutoruPage(Source):
    key: ClassVar[str] = "autoru_page"
    label: ClassVar[str] = "Auto.ru: saved page or JSON"
    extensions: ClassVar[tuple[str, ...]] = (".html", ".json", ".html.gz", ".json.gz")

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        page = decoded(content)
        found = _state_of(page, content) if is_html(page) or "initial-state" in page[:200_000] else parsed_json(content)
        offers = offers_in(found)
        if offers is None:
            raise no_record(page, content, "list of offers", _MARKS)
        yield from read_records(offers, advert)

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        if b"saleId" in head or (b'"vehicle_info"' in head and b'"price_info"' in head):
            return True
        return b"initial-state" in head or b"ListingItem" in head and b"auto.ru" in head


def _state_of(page: str, content: bytes) -> Any:
    script = _STATE.search(page)
    if not script:
        if "initial-state" in page:
            raise SourceTrouble(Health.PARTIAL, "the page is cut inside its data", page=content)
        raise no_record(page, content, "initial-state", _MARKS)
    try:
        return json.loads(script.group(1))
    except (ValueError, RecursionError):
        raise SourceTrouble(Health.LAYOUT_CHANGED, "initial-state is no JSON", page=content) from None


def offers_in(found: Any) -> list[Any] | None:
    """The offers of any of the known envelopes, [] when it is a valid empty one, None when it is none of them."""
    if isinstance(found, list):
        return found
    if not isinstance(found, dict):
        return None
    if "vehicle_info" in found:
        return [found]
    for path in (("listing", "data", "offers"), ("data", "offers"), ("offers",)):
        offers = dig(found, *path)
        if isinstance(offers, list):
            return offers
    card = dig(found, "card")
    if isinstance(card, dict) and "vehicle_info" in card:
        return [card]
    if dig(found, "pagination", "total_offers_count") == 0:
        return []
    keyed_by_id = [offer for offer in found.values() if isinstance(offer, dict) and "vehicle_info" in offer]
    return keyed_by_id or ([] if not found else None)


def advert(offer: dict[str, Any]) -> AdData | Rejected:
    car = offer.get("vehicle_info") if isinstance(offer.get("vehicle_info"), dict) else {}
    if offer.get("category", "cars") not in ("cars", "CARS", None, ""):
        return Rejected("not_a_car", detail=text.line(offer.get("category")))
    documents, seller = offer.get("documents") or {}, offer.get("seller") or {}
    engine = dig(car, "tech_param") or {}
    make = text.line(dig(car, "mark_info", "name") or dig(car, "mark_info", "code"))
    model = text.line(dig(car, "model_info", "name") or dig(car, "model_info", "code"))
    generation = text.line(dig(car, "super_gen", "name"))
    location = dig(seller, "location") or dig(offer, "salon", "place") or {}
    return AdData(
        external_id=text.external_key(offer.get("id")) or text.line(offer.get("saleId")).partition("-")[0],
        url=_url(offer, car),
        title=" ".join(filter(None, (make, model, generation))),
        make=make,
        model=model,
        generation=generation,
        modification=text.line(dig(engine, "human_name")),
        year=text.year(dig(documents, "year")),
        mileage_km=text.mileage(dig(offer, "state", "mileage")),
        price=_price(offer.get("price_info")),
        city=text.line(dig(location, "region_info", "name")),
        address=text.line(dig(location, "address")),
        lat=text.latitude(dig(location, "coord", "latitude")),
        lon=text.longitude(dig(location, "coord", "longitude")),
        timezone=text.line(dig(location, "timezone_info", "name")),
        phones=_phones(offer),
        phone_protected=dig(seller, "redirect_phones") is True,
        seller_name=text.line(dig(offer, "salon", "name") or dig(seller, "name")),
        seller_external_id=text.line(dig(offer, "salon", "dealer_id") or dig(offer, "salon", "client_id")),
        seller_kind=_seller(offer.get("seller_type")),
        body=text.line(dig(car, "configuration", "human_name") or dig(car, "configuration", "body_type")),
        fuel=text.line(dig(engine, "engine_type")),
        gearbox=text.line(dig(engine, "transmission")),
        drive=text.line(dig(engine, "gear_type")),
        wheel=text.line(dig(car, "steering_wheel")),
        color=_COLORS.get(text.line(offer.get("color_hex")).upper(), ""),
        engine_cc=text.engine_cc(dig(engine, "displacement")),
        power_hp=text.power(dig(engine, "power")),
        doors=text.doors(dig(car, "configuration", "doors_count")),
        owners=words.owners(dig(documents, "owners_number")),
        vin=text.line(dig(documents, "vin")),
        plate=_plate(dig(documents, "license_plate")),
        is_damaged=_damaged(dig(offer, "state", "state_not_beaten")),
        is_new=words.is_new(offer.get("section")),
        description=text.prose(offer.get("description")),
        photos=_photos(dig(offer, "state", "image_urls")),
        published_at=text.moment(dig(offer, "additional_info", "creation_date")),
        state=words.state(offer.get("status")),
    )


def _url(offer: dict[str, Any], car: Any) -> str:
    told = text.line(offer.get("url"))
    sale = text.line(offer.get("saleId")) or "-".join(
        filter(None, (text.line(offer.get("id")), text.line(offer.get("hash"))))
    )
    make, model = text.line(dig(car, "mark_info", "code")), text.line(dig(car, "model_info", "code"))
    if told or not (sale and make and model):
        return told
    section = text.line(offer.get("section")) or "used"
    return f"https://auto.ru/cars/{section}/sale/{make}/{model}/{sale}/".lower()


def _price(info: Any) -> int | None:
    """Roubles: an offer in dollars carries its own rouble price beside."""
    if dig(info, "currency") in (None, "RUR", "RUB"):
        return text.price(dig(info, "price") or dig(info, "RUR"))
    return text.price(dig(info, "RUR"))


def _phones(offer: dict[str, Any]) -> tuple[str, ...]:
    phones = [*listed(dig(offer, "seller", "phones")), *listed(dig(offer, "salon", "phones"))]
    return tuple(dict.fromkeys(phone for item in phones if (phone := text.line(dig(item, "phone")))))


def _seller(kind: Any) -> SellerKind | None:
    return {"PRIVATE": SellerKind.PRIVATE, "COMMERCIAL": SellerKind.DEALER}.get(str(kind).upper())


def _plate(written: Any) -> str:
    plate = text.line(written).replace("|", "")
    return "" if "*" in plate else plate


def _damaged(not_beaten: Any) -> bool | None:
    return not not_beaten if isinstance(not_beaten, bool) else None


def _photos(pictures: Any) -> tuple[str, ...]:
    sizes = [dig(picture, "sizes") for picture in listed(pictures)]
    largest = (
        next((size[name] for name in _PICTURES if name in size), next(reversed(size.values())))
        for size in sizes
        if isinstance(size, dict) and size
    )
    return text.photos(list(largest))
