"""Known places as plain rows, the distance between two points, and which place is nearest to a point."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from math import asin, cos, floor, isfinite, radians, sin, sqrt
from typing import NamedTuple


class CityRow(NamedTuple):
    id: int
    name: str
    region_id: int
    lat: float
    lon: float
    timezone: str
    population: int = 0
    aliases: tuple[str, ...] = ()


class RegionRow(NamedTuple):
    id: int
    name: str
    capital: str
    timezone: str = ""
    short_forms: tuple[str, ...] = ()
    inside_id: int | None = None  # the subject people name instead: Тюменская область for the ХМАО


class ForeignRow(NamedTuple):
    """A town abroad, or a whole country when it has no coordinates."""

    name: str
    country: str
    lat: float | None = None
    lon: float | None = None
    population: int = 0
    aliases: tuple[str, ...] = ()


class AliasRow(NamedTuple):
    alias: str
    city: str
    region_id: int


def km(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Great-circle distance."""
    a = sin(radians(lat2 - lat1) / 2) ** 2
    a += cos(radians(lat1)) * cos(radians(lat2)) * sin(radians(lon2 - lon1) / 2) ** 2
    return 12742.0176 * asin(sqrt(min(1.0, a)))


def point(lat: object, lon: object) -> tuple[float, float] | None:
    """A believable point: sites send zeros, texts and swapped pairs where they know nothing."""
    try:
        y, x = float(lat), float(lon)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    if not (isfinite(y) and isfinite(x) and -90 <= y <= 90 and -180 <= x <= 180) or abs(y) + abs(x) < 1:
        return None
    return y, x


class Spot(NamedTuple):
    lat: float
    lon: float
    reach: float  # how far from its centre the town itself spreads, by its population
    city: CityRow | None  # None: a place abroad


class Ground:
    """All places on a grid of one degree."""

    def __init__(self, cities: Iterable[CityRow], foreign: Iterable[ForeignRow] = ()) -> None:
        self._cells: dict[tuple[int, int], list[Spot]] = defaultdict(list)
        for city in cities:
            self._add(Spot(city.lat, city.lon, _reach(city.population), city))
        for row in foreign:
            if row.lat is not None and row.lon is not None:
                self._add(Spot(row.lat, row.lon, _reach(row.population), None))

    def _add(self, spot: Spot) -> None:
        self._cells[floor(spot.lat), floor(spot.lon)].append(spot)

    def around(self, lat: float, lon: float, radius_km: float) -> Iterable[tuple[float, Spot]]:
        high = radius_km / 111.0
        wide = min(180.0, high / max(0.05, cos(radians(min(89.0, abs(lat) + high)))))
        for y in range(floor(lat - high), floor(lat + high) + 1):
            for x in range(floor(lon - wide), floor(lon + wide) + 1):
                # The Chukotka lies on both sides of the date line.
                for spot in self._cells.get((y, (x + 180) % 360 - 180), ()):
                    distance = km(lat, lon, spot.lat, spot.lon)
                    if distance <= radius_km:
                        yield distance, spot

    def nearest(
        self, lat: float, lon: float, radius_km: float, fits: Callable[[CityRow], bool] | None = None
    ) -> tuple[float, Spot] | None:
        """The town one would name for the point: a suburb of a million-city is not the hamlet that stands closer."""
        best: tuple[float, float, Spot] | None = None
        for distance, spot in self.around(lat, lon, radius_km):
            if fits is not None and (spot.city is None or not fits(spot.city)):
                continue
            weight = distance / (spot.reach + 2.0)
            if best is None or weight < best[0]:
                best = weight, distance, spot
        return best and best[1:]


def _reach(population: int) -> float:
    return sqrt(max(0, population) / 25_000)
