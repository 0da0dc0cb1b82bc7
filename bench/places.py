"""How many written places the product recognises, on the shared lists of cities and of adverts.

Run: python -m bench.places [data folder]. Nothing of the data is kept; only counts and the misses leave this module.
"""

from __future__ import annotations

import csv
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from app.domain.place_words import key_of
from app.domain.places import Atlas, CityRow, Place, km
from app.seeds.places import load_places

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
ADS = "ads/autoru_2023_500_cities.csv"
TOWNS = "cities/hflabs_city.csv"
OTHER_TOWNS = "cities/epogrebnyak_towns.csv"
RIGHT_PLACE_KM = 30.0

_FOREIGN_NAMES = """
Минск Брест Гродно Гомель Витебск Могилёв Бобруйск Барановичи Борисов Пинск Орша Мозырь Солигорск Лида
Новополоцк Полоцк Молодечно Жлобин Светлогорск Речица Слуцк Жодино Слоним Кобрин Волковыск Калинковичи Сморгонь
Рогачёв Осиповичи Горки Новогрудок Вилейка Кричев Берёза Дзержинск Столбцы Ошмяны Островец Дрогичин Малорита
Алматы Астана Нур-Султан Шымкент Актобе Караганда Тараз Павлодар Усть-Каменогорск Семей Костанай Атырау
Кызылорда Уральск Петропавловск Актау Темиртау Туркестан Кокшетау Экибастуз Рудный Бишкек Ош Ереван Гюмри
Ванадзор Тбилиси Батуми Кутаиси Ташкент Самарканд Бухара Баку Душанбе Ашхабад Кишинёв Тирасполь Киев Харьков
Одесса Львов Днепр Полтава Винница Рига Вильнюс Таллин Варшава Берлин Мюнхен Гамбург Хельсинки Стамбул Анталья
Дубай Сеул Пусан Токио Осака Пекин Шанхай Гуанчжоу Урумчи Маньчжурия Улан-Батор Сухум Цхинвал Беларусь
Белоруссия Казахстан Киргизия Армения Грузия Узбекистан Украина Абхазия Германия Польша Литва Латвия Эстония
Япония Китай Корея ОАЭ США Турция
"""

# Foreign towns and countries from general knowledge: independent of our seeds, so that they can be wrong.
FOREIGN = frozenset(key_of(name) for name in _FOREIGN_NAMES.split()) - {
    key_of("Светлогорск"),
    key_of("Горки"),
    key_of("Дзержинск"),
    key_of("Берёза"),
}


def evaluate(data_dir: Path | str = DATA) -> dict[str, Any]:
    """Shares between 0 and 1. `adverts_*` by rows and by distinct names; `towns_*` by (region, city)."""
    data, atlas = Path(data_dir), load_places()
    towns = list(read_towns(data / TOWNS))
    return {
        **_adverts(data / ADS, atlas, towns),
        **_towns(atlas, towns),
        **_other_towns(data / OTHER_TOWNS, atlas),
        **_speed(atlas),
    }


def read_towns(path: Path) -> list[tuple[str, str, float, float]]:
    """Region, town and point of every official town; the town's name stands in another column for some."""
    found = []
    for row in _rows(path):
        name = row["settlement"] or row["city"] or (row["area"] if row["area_type"] == "г" else "") or row["region"]
        region = f"{row['region_type']} {row['region']}" if row["region_type"] != "г" else row["region"]
        found.append((region, name, float(row["geo_lat"]), float(row["geo_lon"])))
    return found


def _adverts(path: Path, atlas: Atlas, towns: list[tuple[str, str, float, float]]) -> dict[str, Any]:
    names = Counter(row["Город продажи"].strip() for row in _rows(path))
    known: dict[str, list[tuple[float, float]]] = {}
    for _, name, lat, lon in towns:
        known.setdefault(key_of(name), []).append((lat, lon))
    missed: Counter[str] = Counter()
    for name, times in names.items():
        if not _is_right(name, atlas.find(name), atlas, known.get(key_of(name), [])):
            missed[name] = times
    certain = [name for name in names if key_of(name) in known or key_of(name) in FOREIGN]
    abroad = [name for name in names if key_of(name) in FOREIGN]
    return {
        "adverts_rows": 1 - sum(missed.values()) / sum(names.values()),
        "adverts_names": 1 - len(missed) / len(names),
        # Names whose place is certain: official towns and the foreign ones. The rest are hamlets without a region.
        "adverts_known_names": 1 - sum(name in missed for name in certain) / len(certain),
        "adverts_foreign": sum(atlas.find(name).is_foreign for name in abroad) / max(1, len(abroad)),
        "adverts_missed": [name for name, _ in missed.most_common()],
    }


def _is_right(name: str, place: Place, atlas: Atlas, points: list[tuple[float, float]]) -> bool:
    """Abroad as abroad; an official town at one of its places; anything else must at least be recognised."""
    if key_of(name) in FOREIGN:
        return place.is_foreign
    if place.is_foreign:
        return not points
    if place.city_id is None:
        return False
    city = atlas.cities[place.city_id]
    return not points or any(km(city.lat, city.lon, *point) <= RIGHT_PLACE_KM for point in points)


def _towns(atlas: Atlas, towns: list[tuple[str, str, float, float]]) -> dict[str, Any]:
    missed, by_point = [], 0
    for region, name, lat, lon in towns:
        if not _stands(atlas, atlas.find(name, region), (lat, lon)):
            missed.append(f"{name} ({region})")
        by_point += _stands(atlas, atlas.find(name, lat=lat, lon=lon), (lat, lon))
    return {"towns": 1 - len(missed) / len(towns), "towns_missed": missed, "towns_by_point": by_point / len(towns)}


def _other_towns(path: Path, atlas: Atlas) -> dict[str, Any]:
    rows = _rows(path)
    missed = [
        f"{row['city']} ({row['region_name']})"
        for row in rows
        if not _stands(atlas, atlas.find(row["city"], row["region_name"]), (float(row["lat"]), float(row["lon"])))
    ]
    return {"other_towns": 1 - len(missed) / len(rows), "other_towns_missed": missed}


def _stands(atlas: Atlas, place: Place, at: tuple[float, float]) -> bool:
    if place.city_id is None or place.approximate:
        return False
    city: CityRow = atlas.cities[place.city_id]
    return km(city.lat, city.lon, *at) <= RIGHT_PLACE_KM


def _speed(atlas: Atlas) -> dict[str, Any]:
    asked = [(city.name, atlas.regions[city.region_id].name) for city in atlas.cities.values()]
    for name, region in asked:
        atlas.find(name, region)
    started = time.perf_counter()
    for _ in range(20):
        for name, region in asked:
            atlas.find(name, region)
    return {"cached_lookups_per_s": round(20 * len(asked) / (time.perf_counter() - started))}


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


if __name__ == "__main__":
    for title, value in evaluate(*sys.argv[1:2]).items():
        print(f"{title}: {value:.4f}" if isinstance(value, float) else f"{title}: {value}")
