"""The shared files as adverts, by the simplest mapping there is: only the texts that recognition works on."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from openpyxl import load_workbook

from app.domain.ads import AdData

csv.field_size_limit(10**8)

Row = dict[str, str]

_NN = (
    "make", "model", "generation", "modification", "year", "mileage", "condition", "doors", "body", "fuel", "gearbox",
    "color", "drive", "wheel", "trim", "price",
)  # fmt: skip
_2020 = (
    "no", "date", "title", "make", "model", "modification", "gearbox", "drive", "color", "year", "mileage", "price",
)  # fmt: skip

# Our field <- the columns it may be called in these files.
_COLUMNS: dict[str, tuple[str, ...]] = {
    "make": ("brand", "make", "Марка", "car_brand", "mark_id", "Make"),
    "model": ("model", "Модель", "car_model", "folder_id", "Model"),
    "generation": ("generation", "Поколение"),
    "modification": ("modification", "modification_id", "Модификация", "Engine"),
    "title": ("title", "name", "Name", "Название"),
    "year": ("year", "build_year", "Год выпуска", "Year"),
    "mileage_km": ("mileage", "kmage", "run", "mileage_kms", "Пробег", "Пробег, км", "Mileage", "Kilometrage"),
    "price": ("price", "price_rub", "Цена, руб", "Price"),
    "power_hp": ("horsepower", "enginePower", "horse_pwr", "Мощность двигателя, л.с", "Power", "enginePower"),
    "body": ("bodytype", "bodywork", "back", "body", "body_type", "Тип кузова", "BodyType"),
    "fuel": ("fuelType", "engine_type", "gas", "fuel", "engineType", "Тип топлива", "Тип двигателя", "FuelType"),
    "gearbox": (
        "vehicleTransmission",
        "transmission",
        "trans",
        "gearbox",
        "gearboxType",
        "Коробка передач",
        "Transmission",
    ),
    "drive": ("drive", "gear", "driveType", "drive_type", "Привод", "DriveType"),
    "wheel": ("wheel", "steering_wheel", "rudder", "Руль", "WheelType"),
    "color": ("color", "Цвет", "Цвет кузова", "Color"),
    "city": ("Город продажи", "City"),
    "address": ("Address", "poi_id"),
    "vin": ("vin", "VIN", "VIN или номер кузова"),
    "description": ("description", "Description", "comment"),
}
_NUMBERS = frozenset({"year", "mileage_km", "price", "power_hp"})
# In these files a column's name means something else; the readers of the product know, this one is told.
_OTHERWISE: dict[str, dict[str, tuple[str, ...]]] = {
    "audi_2020": {"gearbox": ("transmission",), "drive": ("gear",)},
    "avito_2023_dealers": {"make": (), "model": (), "gearbox": (), "drive": ("Transmission",)},
    "drom_2023": {"make": (), "model": (), "gearbox": ("GearBox",), "drive": ("Transmission",), "fuel": ()},
    "autoru_2021": {"modification": ()},
}


def read_files(data: Path) -> Iterator[tuple[str, Iterator[AdData]]]:
    """(file name, its adverts), one advert per row."""
    for path in sorted((data / "ads").iterdir()):
        yield path.name, _adverts(path.name, _table(path))
    for path in sorted((data / "feeds").iterdir()):
        yield path.name, _adverts(path.name, _feed(path))
    for path in sorted((data / "json").glob("autoru_*")):
        yield path.name, _offers(path)


def _adverts(name: str, rows: Iterator[Row]) -> Iterator[AdData]:
    otherwise = next((columns for start, columns in _OTHERWISE.items() if name.startswith(start)), {})
    columns = _COLUMNS | otherwise
    for at, row in enumerate(rows):
        told: dict[str, Any] = {}
        for field, names in columns.items():
            text = next((row[column].strip() for column in names if row.get(column)), "")
            told[field] = _number(text) if field in _NUMBERS else text
        yield AdData(external_id=str(at), **told)


def _number(text: str) -> int | None:
    digits = re.sub(r"\D", "", re.sub(r"[.,]\d+$", "", text))
    return int(digits) if digits and len(digits) < 12 else None


def _open(path: Path, encoding: str) -> io.TextIOBase:
    raw = gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # noqa: SIM115  the text layer closes it
    return io.TextIOWrapper(raw, encoding=encoding, newline="")


def _table(path: Path) -> Iterator[Row]:
    if path.suffix == ".xlsx":
        yield from _sheet(path)
        return
    with _open(path, "cp1251" if "cp1251" in path.name else "utf-8") as stream:
        if path.name.startswith("avito_nn"):
            yield from (dict(zip(_NN, row, strict=False)) for row in csv.reader(stream) if len(row) == len(_NN))
        elif path.name.startswith("autoru_2020"):
            yield from (dict(zip(_2020, row, strict=False)) for row in csv.reader(stream, delimiter=";"))
        else:
            yield from csv.DictReader(stream)


def _sheet(path: Path) -> Iterator[Row]:
    with closing(load_workbook(path, read_only=True)) as book:
        rows = book.worksheets[0].iter_rows(values_only=True)
        header = [str(cell or "") for cell in next(rows)]
        for row in rows:
            yield {name: "" if cell is None else str(cell) for name, cell in zip(header, row, strict=False)}


def _feed(path: Path) -> Iterator[Row]:
    for _, element in ElementTree.iterparse(path):  # noqa: S314  our own sample files
        if element.tag in ("car", "vehicle", "Ad"):
            row = {child.tag: (child.text or "").strip() for child in element}
            # Avito's catalogue ids tell a generation only beside its catalogue.
            yield {tag: text for tag, text in row.items() if tag not in ("GenerationId", "ModificationId")}


def _offers(path: Path) -> Iterator[AdData]:
    opener: Callable[..., Any] = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as stream:
        told = json.load(stream)
    for offer in told.values() if isinstance(told, dict) else told:
        car = offer.get("vehicle_info", {})
        engine = car.get("tech_param", {})
        yield AdData(
            external_id=str(offer.get("id")),
            make=car.get("mark_info", {}).get("code", ""),
            model=car.get("model_info", {}).get("code", ""),
            generation=car.get("super_gen", {}).get("name", ""),
            year=offer.get("documents", {}).get("year"),
            modification=engine.get("human_name", ""),
            body=car.get("configuration", {}).get("body_type", ""),
            fuel=engine.get("engine_type", ""),
            gearbox=engine.get("transmission", ""),
            drive=engine.get("gear_type", ""),
            wheel=car.get("steering_wheel", ""),
            color=offer.get("color_hex", ""),
            vin=offer.get("documents", {}).get("vin", ""),
        )
