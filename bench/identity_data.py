"""Real adverts for the measuring of identity, read by the simplest mapping there is."""

from __future__ import annotations

import csv
import gzip
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from xml.etree import ElementTree
from zlib import crc32

from app.domain.ads import SellerKind
from app.domain.cars import Body, Drive, Fuel, Gearbox, KnownAd, Wheel

T = TypeVar("T")

csv.field_size_limit(10**8)

FILES = {
    "lenobl_2022": "ads/autoru_lenobl_2022-03-27.csv.gz",
    "msk_2022_a": "ads/autoru_msk_2022-03-28.csv.gz",
    "msk_2022_b": "ads/autoru_msk_2022-04-04.csv.gz",
    "autoru_2021": "ads/autoru_2021.csv.gz",
    "avito_nn_2020": "ads/avito_nn_2020_cp1251_noheader.csv.gz",
}
FEEDS = ("autoteam_cars_2024-08-28.xml", "autoteam_cars_2025-07-01.xml")
_NN_COLUMNS = (
    "make", "model", "generation", "modification", "year", "mileage", "condition", "doors", "body", "fuel", "gearbox",
    "color", "drive", "wheel", "trim", "price",
)  # fmt: skip

_COLORS = {
    "чёрн": "black", "черн": "black", "бел": "white", "серебр": "silver", "сер": "grey", "син": "blue", "красн": "red",
    "зел": "green", "коричн": "brown", "беж": "beige", "голуб": "light_blue", "бордов": "burgundy", "пурпур": "violet",
    "фиолет": "violet", "оранж": "orange", "жёлт": "yellow", "желт": "yellow", "золот": "gold",
}  # fmt: skip
_BODIES = {
    "внедорож": Body.SUV, "кроссовер": Body.SUV, "седан": Body.SEDAN, "лифтбек": Body.LIFTBACK,
    "хэтчбек": Body.HATCHBACK, "хетчбэк": Body.HATCHBACK, "хетчбек": Body.HATCHBACK, "универсал": Body.WAGON,
    "купе": Body.COUPE, "кабрио": Body.CABRIO, "родстер": Body.CABRIO, "минивэн": Body.MINIVAN,
    "компактвэн": Body.MINIVAN, "пикап": Body.PICKUP, "фургон": Body.VAN, "микроавтобус": Body.BUS,
    "лимузин": Body.LIMOUSINE,
}  # fmt: skip
_FUELS = {"бензин": Fuel.PETROL, "дизел": Fuel.DIESEL, "гибрид": Fuel.HYBRID, "электро": Fuel.ELECTRIC, "газ": Fuel.GAS}
_GEARBOXES = {
    "автомат": Gearbox.AUTOMATIC, "механ": Gearbox.MANUAL, "робот": Gearbox.ROBOT, "вариатор": Gearbox.VARIATOR,
}  # fmt: skip
_DRIVES = {"передн": Drive.FRONT, "задн": Drive.REAR, "полн": Drive.ALL}
_WHEELS = {"лев": Wheel.LEFT, "прав": Wheel.RIGHT}


def read_known(data_dir: Path, name: str) -> list[KnownAd]:
    """One advert per id (the last row wins); rows without an id count once per content."""
    reader = {"avito_nn_2020": _read_nn, "autoru_2021": _read_2021}.get(name, _read_sell_id)
    return list({known.external_id: known for known in reader(data_dir / FILES[name])}.values())


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _read_sell_id(path: Path) -> Iterator[KnownAd]:
    for row in _rows(path):
        if number(row["sell_id"]) is None:
            continue
        yield KnownAd(
            external_id=str(number(row["sell_id"])),
            make_id=mark(row["brand"]),
            model_id=mark(row["brand"], row["model"]),
            year=number(row["year"]),
            mileage_km=number(row["kmage"]),
            price=number(row["price"]),
            color=word(row["color"], _COLORS),
            engine_cc=litres(row["engineDisplacement"]),
            power_hp=number(row["enginePower"]),
            fuel=word(row["fuelType"], _FUELS),
            gearbox=word(row["vehicleTransmission"], _GEARBOXES),
            drive=word(row["drive"], _DRIVES),
            body=word(row["bodytype"], _BODIES),
            wheel=word(row["wheel"], _WHEELS),
            owners=number(row["owner"]),
            description=row["description"],
        )


def _read_2021(path: Path) -> Iterator[KnownAd]:
    for row in _rows(path):
        yield KnownAd(
            external_id="|".join(row[key] for key in ("name", "year", "run", "color", "engine", "comment")),
            make_id=mark(row["car_brand"]),
            model_id=mark(row["car_brand"], row["car_model"]),
            year=number(row["year"]),
            mileage_km=number(row["run"]),
            price=number(row["price"]),
            color=word(row["color"], _COLORS),
            engine_cc=litres(row["engine_volume"]),
            power_hp=number(row["horsepower"]),
            fuel=word(row["engine_type"], _FUELS),
            gearbox=word(row["transmission"], _GEARBOXES),
            drive=word(row["drive"], _DRIVES),
            body=word(row["back"], _BODIES),
            wheel=word(row["rudder"], _WHEELS),
            owners=number(row["owners"]),
            description=row["comment"],
        )


def _read_nn(path: Path) -> Iterator[KnownAd]:
    with gzip.open(path, "rt", encoding="cp1251", newline="") as stream:
        for cells in csv.reader(stream):
            row = dict(zip(_NN_COLUMNS, cells, strict=False))
            if len(cells) < len(_NN_COLUMNS) or not row["make"]:
                continue
            yield KnownAd(
                external_id="|".join(cells),
                make_id=mark(row["make"]),
                model_id=mark(row["make"], row["model"]),
                generation_id=mark(row["make"], row["model"], row["generation"]),
                year=number(row["year"]),
                mileage_km=number(row["mileage"]),
                price=number(row["price"]),
                color=word(row["color"], _COLORS),
                engine_cc=litres(row["modification"]),
                power_hp=_power(row["modification"]),
                fuel=word(row["fuel"], _FUELS),
                gearbox=word(row["gearbox"], _GEARBOXES),
                drive=word(row["drive"], _DRIVES),
                body=word(row["body"], _BODIES),
                wheel=word(row["wheel"], _WHEELS),
            )


def read_feed(path: Path) -> list[KnownAd]:
    """A dealer's feed in Auto.ru's format, as far as identity asks."""
    found = []
    for car in ElementTree.parse(path).getroot().iter("car"):  # noqa: S314 - our own saved file
        said = {tag.tag: (tag.text or "").strip() for tag in car}
        make, model = said.get("mark_id", ""), said.get("folder_id", "")
        found.append(
            KnownAd(
                external_id=said.get("unique_id") or said.get("vin", ""),
                make_id=mark(make),
                model_id=mark(make, model),
                year=number(said.get("year", "")),
                mileage_km=number(said.get("run", "")),
                price=number(said.get("price", "")),
                color=word(said.get("color", ""), _COLORS),
                body=word(said.get("body_type", ""), _BODIES),
                wheel=word(said.get("wheel", ""), _WHEELS),
                vin=said.get("vin") or None,
                seller_kind=SellerKind.DEALER,
                description=said.get("description", ""),
            )
        )
    return found


def mark(*parts: str) -> int:
    return crc32("|".join(part.strip().lower() for part in parts).encode()) >> 1


def number(text: str) -> int | None:
    found = re.match(r"\d+", text.replace("\xa0", "").replace("\u2009", "").replace(" ", ""))
    return int(found[0]) if found else None


def litres(text: str) -> int | None:
    found = re.search(r"(\d+)\.(\d)", text)
    return (int(found[1]) * 10 + int(found[2])) * 100 or None if found else None


def _power(text: str) -> int | None:
    found = re.search(r"\((\d+) л\.с", text)
    return int(found[1]) if found else None


def word(text: str, words: dict[str, T]) -> T | None:
    return next((value for start, value in words.items() if start in text.lower()), None)
