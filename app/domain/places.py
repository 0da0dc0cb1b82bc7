"""Where a car stands: a written city, region or address, or coordinates, becomes a known town or «abroad»."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from app.domain.geography import AliasRow, CityRow, ForeignRow, Ground, RegionRow, km, point
from app.domain.place_index import PlaceIndex
from app.domain.place_reading import BIG, FEDERAL_CITIES, PlaceReader, Told

__all__ = ["ABROAD", "UNKNOWN", "AliasRow", "Atlas", "CityRow", "ForeignRow", "Place", "RegionRow", "km"]

CACHED = 200_000  # spellings kept; a hostile feed must not fill the memory
FAR_KM = 200.0  # a small town this far from the given point is a namesake
NEAR_KM = 80.0  # the nearest known town stands for a village no farther than this
EXACT_KM = 10.0


class Place(NamedTuple):
    """`approximate`: the advert names a village we do not list, or a region only; the town given stands for it."""

    city_id: int | None
    region_id: int | None
    is_foreign: bool = False
    unknown: bool = False
    approximate: bool = False


ABROAD = Place(None, None, is_foreign=True)
UNKNOWN = Place(None, None, unknown=True)


class Atlas:
    """Built once from plain rows, asked for every advert. An ambiguous name is settled by the region, else by the
    coordinates, else by population."""

    def __init__(
        self,
        cities: Sequence[CityRow],
        regions: Sequence[RegionRow],
        foreign: Sequence[ForeignRow] = (),
        aliases: Iterable[AliasRow] = (),
    ) -> None:
        self.cities = {city.id: city for city in cities}
        self.regions = {region.id: region for region in regions}
        self._index = PlaceIndex(cities, regions, foreign, aliases)
        self._ground = Ground(cities, foreign)
        self._home = Ground(cities)
        self._by_region: dict[int, list[CityRow]] = defaultdict(list)
        for city in cities:
            self._by_region[city.region_id].append(city)
        self._kin = {region.id: {region.id} for region in regions}
        for region in regions:
            if region.inside_id in self._kin:
                self._kin[region.id].add(region.inside_id)
                self._kin[region.inside_id].add(region.id)
        self._reader = PlaceReader(self._index, self._kin)
        self._centres = {region.id: self._centre(region) for region in regions}
        self._told: dict[tuple[str, str, str], Told] = {}
        self._places: dict[tuple[str, str, str, float | None, float | None], Place] = {}
        self._around: dict[tuple[int, float], frozenset[int]] = {}

    def _centre(self, region: RegionRow) -> CityRow | None:
        here = self._by_region[region.id]
        return next((city for city in here if city.name == region.capital), None) or max(
            here, key=lambda city: city.population, default=None
        )

    # Asking

    def find(
        self, city: str = "", region: str = "", address: str = "", lat: float | None = None, lon: float | None = None
    ) -> Place:
        key = (city, region, address, lat, lon)
        place = self._places.get(key)
        if place is None:
            if len(self._places) >= CACHED:
                self._places.clear()
            place = self._places[key] = self._settle(self._read(city, region, address), point(lat, lon))
        return place

    def within(self, city_id: int, radius_km: float) -> frozenset[int]:
        """The town itself and every known town no farther than the radius from it."""
        key = (city_id, radius_km)
        if key not in self._around:
            centre = self.cities.get(city_id)
            if centre is None:
                return frozenset()
            if len(self._around) >= CACHED // 100:
                self._around.clear()
            near = self._home.around(centre.lat, centre.lon, max(0.0, radius_km)) if radius_km > 0 else ()
            self._around[key] = frozenset((city_id, *(spot.city.id for _, spot in near if spot.city)))
        return self._around[key]

    def timezone_of(self, city_id: int | None, region_id: int | None = None) -> str:
        """The IANA zone of the town, else of the region; "" when neither is known."""
        if city_id in self.cities:
            return self.cities[city_id].timezone
        return self.regions[region_id].timezone if region_id in self.regions else ""

    # Settling

    def _read(self, city: str, region: str, address: str) -> Told:
        """Kept apart from the coordinates, which are new in every advert."""
        key = (city, region, address)
        told = self._told.get(key)
        if told is None:
            if len(self._told) >= CACHED:
                self._told.clear()
            told = self._told[key] = self._reader.read(city, region, address)
        return told

    def _settle(self, told: Told, at: tuple[float, float] | None) -> Place:
        if told.abroad and not told.regions:
            return ABROAD
        if told.towns:
            town = self._nearest_of(told, at) if at else told.towns[0]
            if town:
                return Place(town.id, town.region_id)
        if at:
            place = self._by_point(told, at)
            if place:
                return place
        return self._by_region_alone(told)

    def _nearest_of(self, told: Told, at: tuple[float, float]) -> CityRow | None:
        """The namesake the point speaks for; None when a small town is far away, so that the point decides alone."""
        distance, town = min((km(*at, town.lat, town.lon), town) for town in told.towns)
        if distance <= FAR_KM:
            return town
        largest = told.towns[0]
        return largest if told.regions or largest.population >= BIG else None

    def _by_point(self, told: Told, at: tuple[float, float]) -> Place | None:
        allowed = {kin for region in told.regions for kin in self._kin[region]}
        found = self._home.nearest(*at, NEAR_KM, lambda city: city.region_id in allowed) if allowed else None
        found = found or self._ground.nearest(*at, NEAR_KM)
        if found is None:
            return None
        distance, spot = found
        if spot.city is None:
            return ABROAD
        return Place(spot.city.id, spot.city.region_id, approximate=distance > EXACT_KM)

    def _by_region_alone(self, told: Told) -> Place:
        if told.towns:
            return Place(told.towns[0].id, told.towns[0].region_id)
        if not told.regions:
            return UNKNOWN
        region = told.regions[0]
        for district in told.districts:
            seat = self._index.seat_of(district, self._by_region[region])
            if seat:
                return Place(seat.id, region, approximate=True)
        centre = self._centres[region]
        is_whole = region in FEDERAL_CITIES
        return Place(centre.id if centre else None, region, approximate=not is_whole)
