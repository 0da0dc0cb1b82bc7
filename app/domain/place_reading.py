"""Reads the words of a place: which regions, towns and countries a city, a region and an address name together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from app.domain.geography import CityRow, ForeignRow
from app.domain.place_index import PlaceIndex
from app.domain.place_words import NOTHING, Part, cut, pieces, read_part

BIG = 100_000  # a city this big is believed against the region and the point
TOWN = 50_000  # a place this big is not outshone by a region of the same name
OUTSHINES = 20  # how many times larger a foreign namesake must be to be meant
FEDERAL_CITIES = frozenset((77, 78, 92))


class Told:
    """What the words of one advert say, before coordinates are asked."""

    __slots__ = ("abroad", "districts", "regions", "towns")

    def __init__(self) -> None:
        self.regions: list[int] = []
        self.towns: list[CityRow] = []
        self.districts: list[Part] = []
        self.abroad: ForeignRow | None = None


class PlaceReader:
    def __init__(self, index: PlaceIndex, kin: Mapping[int, Iterable[int]]) -> None:
        self._index = index
        self._kin = kin  # the regions people confuse: Москва and Московская область

    def read(self, city: str, region: str, address: str) -> Told:
        """Regions and countries first: «Киров, Калужская область» tells the region after the town."""
        told = Told()
        late = [part for part in self._parts_of(region) if not self._is_region_told(told, part, in_region=True)]
        others = [*self._parts_of(city), *self._parts_of(address)]
        for part in [part for part in others if not self._is_region_told(told, part)]:
            self._read_one(told, part, late)
        self._read_again(told, [*late, *told.districts])
        return told

    def _parts_of(self, text: str) -> list[Part]:
        found: list[Part] = []
        for piece in pieces(text) if text else ():
            for part in self._parts(piece):
                if part.is_street and not self._index.is_town_name(part.key):  # «наб. Челны» is no embankment
                    return found  # what follows a street is a house
                if part.key not in NOTHING:
                    found.append(part)
        return found

    def _parts(self, piece: str) -> list[Part]:
        """A piece is cut further only when it is no name as a whole, and when a name comes of it."""
        whole = read_part(piece)
        bits = [piece] if self._is_name(whole) else cut(piece)
        parts = [read_part(bit) for bit in bits]
        return parts if len(parts) > 1 and self._is_name(parts[0]) else [whole]

    def _is_name(self, part: Part) -> bool:
        return bool(self._index.region(part) or self._index.towns(part))

    def _is_region_told(self, told: Told, part: Part, *, in_region: bool = False) -> bool:
        region = self._index.region(part, adjective_is_enough=in_region)
        # «Крым» is the republic, though a village in the Ростовская область bears the name too.
        if region is not None and (in_region or all(town.population < TOWN for town in self._index.towns(part))):
            told.regions.append(region)
            return True
        country = self._index.abroad(part)
        if country and country.lat is None and region is None:
            told.abroad = country
            return True
        return False

    def _read_one(self, told: Told, part: Part, late: list[Part]) -> None:
        if told.abroad:
            return
        towns = self._index.towns(part)
        if part.is_district and not _is_town_district(part, towns):
            told.districts.append(part)
        elif not told.towns:
            self._read_town(told, part, towns, late)
        elif part.is_town or told.towns[0].region_id in FEDERAL_CITIES:
            self._read_narrower(told, towns)

    def _read_town(self, told: Told, part: Part, towns: list[CityRow], late: list[Part]) -> None:
        fitting = self._fitting(told, towns)
        abroad = self._index.abroad(part)
        if abroad and not told.regions and _outshines(abroad, towns):
            told.abroad = abroad
        elif fitting:
            told.towns = fitting
        else:
            late.append(part)

    def _read_narrower(self, told: Told, towns: list[CityRow]) -> None:
        """«Москва, Зеленоград», «г. Ялта, г. Алупка»: the second town lies inside the first."""
        outer = told.towns[0]
        inner = [town for town in towns if town.region_id == outer.region_id and town not in told.towns]
        told.towns = inner or told.towns

    def _fitting(self, told: Told, towns: list[CityRow]) -> list[CityRow]:
        """Towns of the regions that were told; a large city is believed even against them."""
        if not told.regions:
            return towns
        for allowed in (set(told.regions), {kin for region in told.regions for kin in self._kin[region]}):
            inside = [town for town in towns if town.region_id in allowed]
            if inside:
                return inside
        return [town for town in towns[:1] if town.population >= BIG]

    def _read_again(self, told: Told, late: list[Part]) -> None:
        """Nothing fitted as it stands: look for a town inside the longer texts, or for a town told as a region."""
        for part in late:
            if told.towns or told.abroad:
                return
            self._read_town(told, part, self._index.towns(part), [])
            if not told.towns and not told.abroad:
                told.towns = self._fitting(told, self._index.towns_within(part, bool(told.regions)))


def _is_town_district(part: Part, towns: list[CityRow]) -> bool:
    """«Городской округ Самара» is Самара; «Ленинский район» is no settlement Ленинский."""
    return bool(towns) and (len(part.words) > 1 or not part.key.endswith(("ий", "ый", "ой")))


def _outshines(abroad: ForeignRow, towns: list[CityRow]) -> bool:
    """A country always; a foreign town only when its Russian namesake is a village beside it."""
    return not towns or abroad.lat is None or abroad.population >= OUTSHINES * max(1, towns[0].population)
