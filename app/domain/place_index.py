"""Names of towns, regions and countries, found by any of their spellings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from app.domain.geography import AliasRow, CityRow, ForeignRow, RegionRow
from app.domain.place_words import Part, is_latin, key_of, pieces, read_part, sound_of

KNOWN = 30_000  # a town this big is recognised inside a longer text and with a slip of the pen
# Запорожская, Донецкая, Луганская, Херсонская: the counts are from before the war, and adverts seldom mean their towns.
PRE_WAR_COUNTS = frozenset((90, 93, 94, 95))

_ENGLISH = ("oblast", "region", "krai", "kray", "republic", "republicof", "area")
_SHORT_KINDS = {
    "область": ("обл", "область"),
    "край": ("край", "кр"),
    "республика": ("республика", "респ", "р"),
    "автономный округ": ("ао", "автономный округ"),
    "автономный округ — югра": ("ао - югра", "автономный округ", "автономный округ - югра"),
    "автономная область": ("ао", "аобл", "автономная область"),
}


class PlaceIndex:
    def __init__(
        self,
        cities: Sequence[CityRow],
        regions: Sequence[RegionRow],
        foreign: Sequence[ForeignRow],
        aliases: Iterable[AliasRow],
    ) -> None:
        self._towns: dict[str, list[CityRow]] = defaultdict(list)
        self._sounds: dict[str, list[CityRow]] = defaultdict(list)
        self._last_words: dict[str, list[tuple[str, CityRow]]] = defaultdict(list)
        self._slips: dict[str, set[CityRow]] = defaultdict(set)
        self._regions: dict[str, int] = {}
        self._adjectives: dict[str, int] = {}
        self._abroad: dict[str, ForeignRow] = {}
        by_name = {(city.region_id, key_of(city.name)): city for city in cities}
        for city in cities:
            self._add_city(city)
        for row in aliases:
            self._add_name(row.alias, by_name[row.region_id, key_of(row.city)])
        for holders in (*self._towns.values(), *self._sounds.values()):
            holders.sort(key=lambda city: (-_standing(city), city.id))
        for region in regions:
            self._add_region(region)
        for place in sorted(foreign, key=lambda place: (place.lat is None, place.population), reverse=True):
            self._add_foreign(place)

    # Filling

    def _add_city(self, city: CityRow) -> None:
        for name in (city.name, *city.aliases):
            self._add_name(name, city)
        words = city.name.replace("-", " ").split()
        if len(words) == 2:
            self._last_words[key_of(words[1])].append((key_of(words[0]), city))
        if city.population >= KNOWN:
            for form in _with_slips(key_of(city.name)):
                self._slips[form].add(city)

    def _add_name(self, name: str, city: CityRow) -> None:
        plain = read_part(next(pieces(name), "")).key  # as an advert's text is read, small words off
        for index, form in ((self._towns, key_of(name)), (self._towns, plain), (self._sounds, sound_of(name))):
            if form and city not in index[form]:
                index[form].append(city)

    def _add_region(self, region: RegionRow) -> None:
        for name in (region.name, *region.short_forms):
            for form in _region_forms(name):
                self._regions.setdefault(key_of(form), region.id)
                self._regions.setdefault(sound_of(form), region.id)
        adjective, _, kind = region.name.partition(" ")
        if adjective.endswith(("ая", "ий")):
            self._adjectives.setdefault(key_of(adjective), region.id)
        if kind.startswith(("область", "край")):
            for english in _ENGLISH:
                self._regions.setdefault(sound_of(region.capital + english), region.id)

    def _add_foreign(self, place: ForeignRow) -> None:
        for name in (place.name, *place.aliases):
            for form in (key_of(name), sound_of(name) if is_latin(name) else ""):
                if form:
                    self._abroad.setdefault(form, place)

    # Asking

    def region(self, part: Part, *, adjective_is_enough: bool = False) -> int | None:
        key = part.key
        found = self._regions.get(key)
        if found is None and is_latin(key):
            found = self._regions.get(sound_of(key))
        if found is None and adjective_is_enough:
            found = self._adjectives.get(key)
        return found

    def is_town_name(self, key: str) -> bool:
        return key in self._towns

    def abroad(self, part: Part) -> ForeignRow | None:
        return self._abroad.get(part.key) or (self._abroad.get(sound_of(part.key)) if is_latin(part.key) else None)

    def towns(self, part: Part) -> list[CityRow]:
        """Every town that bears the name, the largest first."""
        key = part.key
        found = self._sounds.get(sound_of(key)) if is_latin(key) else self._towns.get(key)
        if not found and len(part.words) == 2 and len(part.words[0]) <= 4:
            found = [city for first, city in self._last_words.get(part.words[1], ()) if first.startswith(part.words[0])]
        return found or []

    def towns_within(self, part: Part, is_region_known: bool) -> list[CityRow]:
        """A name with something behind it: «Самара Безымянка», «Москва Митино»; or with one slip of the pen."""
        least = 0 if is_region_known else KNOWN
        for end in range(len(part.words) - 1, 0, -1):
            head = Part(part.words[:end])
            found = [city for city in self.towns(head) if city.population >= least] if len(head.key) > 2 else []
            if found:
                return found
        return self._with_one_slip(part.key)

    def _with_one_slip(self, key: str) -> list[CityRow]:
        # Short names and changed endings are other places: Самарка is not Самара, Красногорка not Красногорск.
        if len(key) < 7 or is_latin(key):
            return []
        meant: set[CityRow] = set()
        for form in _with_slips(key):
            meant |= self._slips.get(form, set())
        same_ends = [c for c in meant if (k := key_of(c.name))[0] == key[0] and k[-2:] == key[-2:]]
        return same_ends if len(same_ends) == 1 else []

    def seat_of(self, district: Part, among: Iterable[CityRow]) -> CityRow | None:
        """The town a district is called after: «Кинельский район» is Кинель."""
        stem = district.key
        for ending in ("инский", "енский", "овский", "евский", "ский", "цкий", "ной", "ный", "ий", "ой"):
            if stem.endswith(ending) and len(stem) - len(ending) >= 4:
                bare = stem.removesuffix(ending)
                for length in range(len(bare), 3, -1):  # Люберецкий, Люберцы: a vowel comes and goes
                    named = [city for city in among if key_of(city.name).startswith(bare[:length])]
                    if named:
                        return min(named, key=lambda city: (len(city.name), -city.population))
                    if length <= len(bare) - 2:
                        break
        return None


def _standing(city: CityRow) -> float:
    """Which of the namesakes is meant when nothing else tells: the larger one."""
    return city.population / 10 if city.region_id in PRE_WAR_COUNTS else city.population


def _region_forms(name: str) -> Iterable[str]:
    yield name
    folded = name.casefold()
    for kind, shorts in _SHORT_KINDS.items():
        rest = folded.replace(kind, "").strip()
        if rest != folded:
            for short in shorts:
                yield f"{rest} {short}"
                yield f"{short} {rest}"


def _with_slips(key: str) -> set[str]:
    """The key with one letter left out in every way: two keys one slip apart share such a form."""
    return {key, *(key[:i] + key[i + 1 :] for i in range(1, len(key) - 2))}
