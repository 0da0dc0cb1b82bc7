"""Reads the places we ship (GeoNames and our own lists) into an Atlas."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

from app.domain.places import AliasRow, Atlas, CityRow, ForeignRow, RegionRow

HERE = Path(__file__).resolve().parent


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _several(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


def city_rows() -> list[CityRow]:
    return [
        CityRow(
            int(row["id"]), row["name"], int(row["region"]), float(row["lat"]), float(row["lon"]), row["timezone"],
            int(row["population"]), _several(row["aliases"]),
        )
        for row in _rows("cities.csv")
    ]  # fmt: skip


def region_rows() -> list[RegionRow]:
    return [
        RegionRow(
            int(row["id"]), row["name"], row["capital"], row["timezone"],
            (*_several(row["short_forms"]), *_several(row["iso"])), int(row["inside"]) if row["inside"] else None,
        )
        for row in _rows("regions.csv")
    ]  # fmt: skip


def foreign_rows() -> list[ForeignRow]:
    return [
        ForeignRow(
            row["name"], row["country"], float(row["lat"]) if row["lat"] else None,
            float(row["lon"]) if row["lon"] else None, int(row["population"]), _several(row["aliases"]),
        )
        for row in _rows("foreign.csv")
    ]  # fmt: skip


def alias_rows() -> list[AliasRow]:
    return [AliasRow(row["alias"], row["city"], int(row["region"])) for row in _rows("place_aliases.csv")]


@cache
def load_places() -> Atlas:
    """Built once per process."""
    return Atlas(city_rows(), region_rows(), foreign_rows(), alias_rows())
