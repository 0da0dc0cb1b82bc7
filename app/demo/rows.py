"""An advert as a row of the ads-api.ru protocol, with its habits: numbers as text, empty strings, absent keys."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from app.demo.adverts import Advert, Show
from app.demo.car_table import ODD_MAKES

MOSCOW = timezone(timedelta(hours=3))
CARS = 22
_OPERATORS = ("МТС", "МегаФон", "Билайн", "Т2", "Йота")


def moscow_text(moment: datetime) -> str:
    return moment.astimezone(MOSCOW).strftime("%Y-%m-%d %H:%M:%S")


def row_of(advert: Advert, base_url: str) -> dict[str, Any]:
    seller, place, odd = advert.seller, advert.seller.place, advert.odd
    params = _params(advert)
    tail = " (фильтр)" if seller.is_trader and len(seller.name) % 2 else ""
    row: dict[str, Any] = {
        "id": advert.id,
        "avitoid": advert.site_id,
        "source": advert.site.name,
        "source_id": advert.site.number,
        "url": f"{base_url}/ads/{advert.site_id}",
        "time": moscow_text(advert.time),
        "title": advert.title,
        "price": advert.price,
        "description": advert.description,
        "phone": _phone(advert),
        "phone_protected": int(advert.phone_protected),
        "phone_operator": _OPERATORS[int(advert.phone[2:4]) % len(_OPERATORS)],
        "phone_region": place.region,
        "contactname": "",
        "person": "недоступно" if odd.silent_person else seller.name,
        "person_type": "Компания" if seller.is_dealer else f"Частное лицо{tail}",
        "person_type_id": 2 if seller.is_dealer else 3,
        "count_ads_same_phone": None,
        "region": place.region,
        "city": place.city,
        "city1": place.city,
        "address": "",
        "metro": "",
        "km_do_metro": 0,
        "coords": ["Object"] if odd.junk_lists else {"lat": f"{place.lat}", "lng": f"{place.lon}"},
        "cat1_id": 21,
        "cat1": "Транспорт",
        "cat2_id": CARS,
        "cat2": "Автомобили",
        "nedvigimost_type": "Продам",
        "nedvigimost_type_id": "1",
        "is_actual": int(advert.show is not Show.REMOVED),
        "is_reserved": int(advert.show is Show.RESERVED),
        "images": ["Array"] if odd.junk_lists else [{"imgurl": f"{base_url}/img/{advert.site_id}.svg"}],
        "params": params,
    }
    for key, name in (("7614", "Марка"), ("7622", "Модель"), ("10609", "Год выпуска"), ("12725", "Пробег")):
        if name in params:
            row[f"param_{key}"] = params[name]
    return row


def _phone(advert: Advert) -> str:
    if advert.odd.no_phone:
        return ""
    return f"{advert.phone[:6]}XXXXX" if advert.odd.masked_phone else advert.phone


def _params(advert: Advert) -> dict[str, str]:
    car, odd = advert.car, advert.odd
    params = {
        "Марка": ODD_MAKES.get(car.make, car.make) if odd.odd_make else car.make,
        "Модель": car.model,
        "Год выпуска": "" if odd.no_year else str(car.year),
        "Пробег": "" if odd.no_mileage else f"{advert.mileage:,}".replace(",", " "),
        "Тип автомобиля": "С пробегом",
        "Тип кузова": car.body,
        "Состояние": "Битый" if car.damaged else "Не битый",
        "Коробка передач": car.gearbox,
        "Тип двигателя": car.fuel,
        "Объём двигателя, л": car.litres,
        "Мощность двигателя, л.с.": str(car.power),
        "Привод": car.drive,
        "Руль": car.wheel,
        "Цвет": car.color,
        "Владельцев по ПТС": "4+" if car.owners >= 4 else str(car.owners),
        "Количество дверей": str(car.doors),
    }
    if advert.vin:
        params["VIN"] = advert.vin
    if odd.sparse:
        for name in ("Тип кузова", "Цвет", "Владельцев по ПТС"):
            params[name] = ""
        del params["Привод"], params["Количество дверей"], params["Мощность двигателя, л.с."]
    return params
