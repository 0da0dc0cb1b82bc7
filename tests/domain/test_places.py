"""Places: a written city, region or address, or a point, becomes a known town or «abroad»."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from app.domain.place_words import sound_of
from app.domain.places import ABROAD, UNKNOWN, AliasRow, Atlas, CityRow, ForeignRow, Place, RegionRow, km
from app.seeds.places import city_rows, foreign_rows, load_places, region_rows
from bench.places import evaluate

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
needs_data = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data is absent: nothing real to measure on")

# An invented land: two regions, one of them inside the other's old borders, and a namesake in each.
LUGOVOY, GORNY = 1, 2
REGIONS = [
    RegionRow(LUGOVOY, "Луговая область", "Большой Луг", "Europe/Samara", ("Луговщина",)),
    RegionRow(GORNY, "Республика Горная Долина", "Верхоград", "Asia/Omsk", ("Горная Долина",), inside_id=LUGOVOY),
]
CITIES = [
    CityRow(10, "Большой Луг", LUGOVOY, 53.0, 50.0, "Europe/Samara", 900_000),
    CityRow(11, "Заречёнск", LUGOVOY, 53.2, 50.3, "Europe/Samara", 60_000),
    CityRow(12, "Светлый Бор", LUGOVOY, 53.5, 51.0, "Europe/Samara", 8_000),
    CityRow(13, "Ключи-на-Луге", LUGOVOY, 52.0, 49.0, "Europe/Samara", 20_000),
    CityRow(20, "Верхоград", GORNY, 57.0, 70.0, "Asia/Omsk", 300_000),
    CityRow(21, "Светлый Бор", GORNY, 57.3, 70.5, "Asia/Omsk", 30_000),
    CityRow(22, "Брестино", GORNY, 57.5, 71.5, "Asia/Omsk", 900),
]
FOREIGN = [
    ForeignRow("Чужбина", "ZZ", aliases=("Республика Чужбина", "Foreignland")),
    ForeignRow("Заморск", "ZZ", 40.0, 30.0, 500_000, ("Zamorsk",)),
    ForeignRow("Брестино", "ZZ", 41.0, 31.0, 300_000),
]
ALIASES = [AliasRow("блуг", "Большой Луг", LUGOVOY), AliasRow("Луг", "Большой Луг", LUGOVOY)]


@pytest.fixture
def atlas() -> Atlas:
    return Atlas(CITIES, REGIONS, FOREIGN, ALIASES)


def named(city: str = "", region: str = "", address: str = "", **at: float) -> str:
    """The town our shipped atlas finds, with a tilde when another place stands for it."""
    place = load_places().find(city, region, address, **at)
    if place.is_foreign or place.unknown or place.city_id is None:
        return "abroad" if place.is_foreign else "unknown"
    town = load_places().cities[place.city_id]
    return ("~" if place.approximate else "") + f"{town.name}, {town.region_id}"


class TestNames:
    def test_case_ё_hyphens_and_spaces_do_not_matter(self, atlas: Atlas) -> None:
        for spelling in ("Заречёнск", "зареченск", " ЗАРЕЧЕНСК ", "г. Заречёнск", "Заречёнск г", "город Заречёнск"):
            assert atlas.find(spelling) == Place(11, LUGOVOY)
        for spelling in ("Ключи на Луге", "ключи-на-луге", "КЛЮЧИ – НА – ЛУГЕ"):
            assert atlas.find(spelling).city_id == 13

    def test_latin_letters_inside_a_russian_name_are_slips_of_the_keyboard(self, atlas: Atlas) -> None:
        assert atlas.find("Зapeчeнcк").city_id == 11

    def test_any_usual_transliteration_is_understood(self, atlas: Atlas) -> None:
        for spelling in ("Zarechensk", "Zarechyonsk", "zarechjonsk", "Verkhograd", "Verhograd"):
            assert not atlas.find(spelling).unknown, spelling
        assert sound_of("Shchyolkovo") == sound_of("Schelkovo") == sound_of("Щёлково")

    def test_aliases_and_abbreviations_lead_to_the_town(self, atlas: Atlas) -> None:
        assert {atlas.find(text).city_id for text in ("блуг", "Луг", "Б. Луг", "Б.Луг", "Бол. Луг")} == {10}

    def test_one_slip_of_the_pen_in_a_large_towns_name_is_forgiven(self, atlas: Atlas) -> None:
        assert atlas.find("Зареченнск").city_id == 11
        assert atlas.find("Верхаград").city_id == 20

    def test_a_name_nobody_knows_is_unknown_and_not_guessed(self, atlas: Atlas) -> None:
        assert atlas.find("Небывалово") is UNKNOWN
        assert atlas.find("") is UNKNOWN
        assert atlas.find("не указан", "РФ") is UNKNOWN


class TestNamesakes:
    def test_the_region_settles_which_namesake_is_meant(self, atlas: Atlas) -> None:
        assert atlas.find("Светлый Бор", "Луговая область").city_id == 12
        assert atlas.find("Светлый Бор", "Респ. Горная Долина").city_id == 21
        assert atlas.find("Светлый Бор, Луговая обл.").city_id == 12

    def test_without_a_region_the_point_settles_it(self, atlas: Atlas) -> None:
        assert atlas.find("Светлый Бор", lat=53.4, lon=51.1).city_id == 12

    def test_without_either_the_larger_one_is_meant(self, atlas: Atlas) -> None:
        assert atlas.find("Светлый Бор").city_id == 21

    def test_a_small_town_far_from_the_point_is_an_unlisted_namesake(self, atlas: Atlas) -> None:
        assert atlas.find("Ключи-на-Луге", lat=57.01, lon=70.01).city_id == 20

    def test_a_large_city_is_believed_against_a_wrong_point(self, atlas: Atlas) -> None:
        assert atlas.find("Большой Луг", lat=57.0, lon=70.0).city_id == 10

    def test_a_town_of_the_region_people_confuse_with_it_is_found(self, atlas: Atlas) -> None:
        assert atlas.find("Верхоград", "Луговая область") == Place(20, GORNY)


class TestAddresses:
    @pytest.mark.parametrize(
        "text",
        [
            "Луговая область, Заречёнск, ул. Верхоградская, 5",
            "Россия, Луговая обл., г. Заречёнск, Ленинский р-н",
            "Заречёнск, Луговая область",
            "Луговая область г Заречёнск",
            "обл. Луговая Заречёнск",
            "Заречёнск (Ленинский район)",
            "Заречёнск м. Вокзальная",
            "городской округ Заречёнск",
        ],
    )
    def test_the_town_is_found_inside_the_text(self, atlas: Atlas, text: str) -> None:
        assert atlas.find(text) == Place(11, LUGOVOY)
        assert atlas.find(address=text) == Place(11, LUGOVOY)

    def test_a_street_named_after_a_town_is_no_town(self, atlas: Atlas) -> None:
        assert atlas.find(address="ул. Верхоград, 3").unknown

    def test_a_city_and_its_region_together_are_the_city(self, atlas: Atlas) -> None:
        assert atlas.find("Большой Луг и Луговая область").city_id == 10
        assert atlas.find("Большой Луг и область").city_id == 10


class TestApproximatePlaces:
    def test_a_region_alone_is_its_centre_for_want_of_better(self, atlas: Atlas) -> None:
        for text in ("Луговая область", "Луговщина", "Lugovaya oblast"):
            assert atlas.find(text) == Place(10, LUGOVOY, approximate=True)

    def test_an_unlisted_village_stands_at_the_nearest_town_of_its_region(self, atlas: Atlas) -> None:
        assert atlas.find("с. Небывалово", "Луговая область", lat=53.45, lon=51.2) == Place(
            12, LUGOVOY, approximate=True
        )

    def test_an_unlisted_village_without_a_point_stands_at_the_seat_of_its_district(self, atlas: Atlas) -> None:
        found = atlas.find(address="Луговая область, Зареченский район, с. Небывалово")
        assert found == Place(11, LUGOVOY, approximate=True)

    def test_a_village_namesake_in_another_region_is_not_taken(self, atlas: Atlas) -> None:
        far = [region._replace(inside_id=None) for region in REGIONS]
        strangers = Atlas(CITIES, far, FOREIGN, ALIASES)
        assert strangers.find("Ключи-на-Луге", "Горная Долина") == Place(20, GORNY, approximate=True)
        assert strangers.find("Большой Луг", "Горная Долина") == Place(10, LUGOVOY)  # a large city is no namesake

    def test_a_point_alone_is_the_town_around_it(self, atlas: Atlas) -> None:
        assert atlas.find(lat=53.01, lon=50.02) == Place(10, LUGOVOY)

    def test_nonsense_for_a_point_is_no_point(self, atlas: Atlas) -> None:
        for lat, lon in ((0.0, 0.0), (float("nan"), 50.0), (1e9, 50.0), (12.0, -40.0)):
            assert atlas.find(lat=lat, lon=lon).unknown


class TestAbroad:
    def test_foreign_towns_countries_and_points_are_abroad(self, atlas: Atlas) -> None:
        assert atlas.find("Заморск") is ABROAD
        assert atlas.find("Zamorsk") is ABROAD
        assert atlas.find("Чужбина") is ABROAD
        assert atlas.find(lat=40.01, lon=30.01) is ABROAD

    def test_a_country_beside_a_homely_name_means_abroad(self, atlas: Atlas) -> None:
        assert atlas.find("Светлый Бор", "Республика Чужбина") is ABROAD
        assert atlas.find("Светлый Бор, Чужбина") is ABROAD

    def test_a_foreign_city_outshines_a_village_but_not_in_a_told_region(self, atlas: Atlas) -> None:
        assert atlas.find("Брестино") is ABROAD
        assert atlas.find("Брестино", "Республика Горная Долина").city_id == 22


class TestDistances:
    def test_distance_is_the_great_circle(self) -> None:
        assert km(55.7558, 37.6173, 59.9343, 30.3351) == pytest.approx(633, abs=3)
        assert km(10, 20, 10, 20) == 0

    def test_a_radius_takes_the_town_itself_and_its_neighbours(self, atlas: Atlas) -> None:
        assert atlas.within(10, 0) == {10}
        assert atlas.within(10, 30) == {10, 11}
        assert atlas.within(10, 100) == {10, 11, 12}
        assert atlas.within(999, 100) == frozenset()

    def test_a_radius_agrees_with_plain_measuring(self) -> None:
        places = load_places()
        for name, radius in (("Москва", 100), ("Анадырь", 800), ("Норильск", 1000), ("Сочи", 250)):
            centre = next(city for city in places.cities.values() if city.name == name)
            plain = {c.id for c in places.cities.values() if km(centre.lat, centre.lon, c.lat, c.lon) <= radius}
            assert places.within(centre.id, radius) == plain

    def test_the_zone_is_the_towns_else_the_regions(self, atlas: Atlas) -> None:
        assert atlas.timezone_of(20) == "Asia/Omsk"
        assert atlas.timezone_of(None, LUGOVOY) == "Europe/Samara"
        assert atlas.timezone_of(None) == ""


class TestShippedPlaces:
    """Known geography on the shipped lists."""

    def test_the_lists_are_whole(self) -> None:
        regions, cities = region_rows(), city_rows()
        assert len(regions) == len({region.id for region in regions}) == 89
        assert len(cities) > 5_000
        assert len({city.id for city in cities}) == len({(city.region_id, city.name) for city in cities}) == len(cities)
        assert {city.region_id for city in cities} == {region.id for region in regions}
        assert all(city.timezone and 41 < city.lat < 78 for city in cities)
        assert len(foreign_rows()) > 3_000

    def test_every_name_is_written_in_russian(self) -> None:
        strange = [
            c.name
            for c in city_rows()
            if not set(c.name.lower()) <= set("абвгдеёжзийклмнопрстуфхцчшщъыьэюя .-0123456789")
        ]
        assert strange == []

    @pytest.mark.parametrize(
        ("written", "town"),
        [
            ("СПб", "Санкт-Петербург, 78"),
            ("Питер", "Санкт-Петербург, 78"),
            ("Санкт-Петербург и Ленинградская область", "Санкт-Петербург, 78"),
            ("Мск", "Москва, 77"),
            ("Москва и МО", "Москва, 77"),
            ("Екб", "Екатеринбург, 66"),
            ("Н. Новгород", "Нижний Новгород, 52"),
            ("Наб. Челны", "Набережные Челны, 16"),
            ("Ростов-на-Дону", "Ростов-на-Дону, 61"),
            ("Ростов на Дону", "Ростов-на-Дону, 61"),
            ("Самарская область, Тольятти", "Тольятти, 63"),
            ("Краснодарский край, Сочи", "Сочи, 23"),
            ("Московская область, Люберцы, ул. Кирова, 1", "Люберцы, 50"),
            ("Республика Татарстан", "~Казань, 16"),
            ("Крым", "~Симферополь, 91"),
            ("Ekaterinburg", "Екатеринбург, 66"),
            ("Yekaterinburg", "Екатеринбург, 66"),
            ("Nizhniy Novgorod", "Нижний Новгород, 52"),
            ("Орел", "Орёл, 57"),
            ("Москва, Зеленоград", "Зеленоград, 77"),
            ("Северо-Западный административный округ", "Москва, 77"),
            ("Минск", "abroad"),
            ("Алматы", "abroad"),
            ("Tbilisi", "abroad"),
            ("Казахстан", "abroad"),
        ],
    )
    def test_usual_spellings(self, written: str, town: str) -> None:
        assert named(written) == town

    @pytest.mark.parametrize(
        ("city", "region", "town"),
        [
            ("Киров", "Калужская область", "Киров, 40"),
            ("Киров", "", "Киров, 43"),
            ("Мирный", "Саха /Якутия/", "Мирный, 14"),
            ("Мирный", "Архангельская обл.", "Мирный, 29"),
            ("Советск", "Тульская область", "Советск, 71"),
            ("Троицк", "Москва", "Троицк, 77"),
            ("Троицк", "Челябинская", "Троицк, 74"),
            ("Благовещенск", "Башкирия", "Благовещенск, 2"),
            ("Железногорск", "Красноярский край", "Железногорск, 24"),
            ("Березовский", "Кузбасс", "Берёзовский, 42"),
            ("Сургут", "Тюменская область", "Сургут, 86"),
            ("Ростов", "Ярославская область", "Ростов, 76"),
            ("ст-ца Ленинградская", "Кубань", "Ленинградская, 23"),
        ],
    )
    def test_namesakes_by_region(self, city: str, region: str, town: str) -> None:
        assert named(city, region) == town

    def test_the_middle_of_a_big_city_is_that_city_and_not_the_hamlet_beside_it(self) -> None:
        assert named(lat=55.79, lon=37.68) == "Москва, 77"
        assert named(lat=55.89, lon=37.44) == "Химки, 50"


class TestManners:
    def test_hostile_texts_are_read_quickly(self, atlas: Atlas) -> None:
        started = time.perf_counter()
        for text in ("а" * 100_000, "Заречёнск," * 20_000, "]" * 9_999, "г " * 5_000, "ая обл " * 5_000, "\x00\ud800"):
            atlas.find(text, text, text)
        assert time.perf_counter() - started < 1

    def test_a_known_spelling_costs_next_to_nothing(self, atlas: Atlas) -> None:
        atlas.find("Заречёнск", "Луговая область")
        started = time.perf_counter()
        for _ in range(100_000):
            atlas.find("Заречёнск", "Луговая область")
        assert time.perf_counter() - started < 0.5


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return evaluate(SHARED)


@needs_data
@pytest.mark.real_data
class TestRealLists:
    def test_every_official_town_is_found_by_its_region_and_name(self, measured: dict[str, Any]) -> None:
        assert measured["towns"] >= 0.99, measured["towns_missed"]
        assert measured["other_towns"] >= 0.99, measured["other_towns_missed"]
        assert measured["towns_by_point"] >= 0.99

    def test_the_cities_of_real_adverts_are_recognised(self, measured: dict[str, Any]) -> None:
        assert measured["adverts_rows"] >= 0.99, measured["adverts_missed"]
        assert measured["adverts_known_names"] >= 0.99, measured["adverts_missed"]
        assert measured["adverts_foreign"] == 1
