"""Every file of the real inputs: found out from content alone, each good row an advert, each bad one reported."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

import app.sources
from app.domain.ads import AdData, Rejected
from app.registry import members
from app.sources import Health, Source, SourceTrouble
from app.sources.detect import detect_file, propose_map
from app.sources.table_file import TableFile

DATA = Path(__file__).parents[3] / "shared" / "data"

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(not DATA.is_dir(), reason="the real adverts of ../shared/data are not here"),
]

# file: adapter, rows, different external ids, rejected
FILES = {
    "ads/autoru_msk_2022-03-28.csv.gz": ("table_file", 18_758, 15_140, {}),
    "ads/autoru_msk_2022-04-04.csv.gz": ("table_file", 10_777, 3_183, {}),
    "ads/autoru_lenobl_2022-03-27.csv.gz": ("table_file", 7_344, 4_013, {}),
    "ads/autoru_2021.csv.gz": ("table_file", 15_289, None, {}),
    "ads/avito_2021.xlsx": ("table_file", 5_544, 4_757, {}),
    "ads/avito_nn_2020_cp1251_noheader.csv.gz": ("table_file", 20_716, None, {"no_car": 51}),
    "ads/avito_2023_two_snapshots.csv.gz": ("table_file", 81_248, None, {}),
    "ads/avito_2023_dealers.csv": ("table_file", 248, None, {}),
    "ads/drom_2023.csv": ("table_file", 20, 20, {}),
    "ads/autoru_2020_semicolon_noheader.csv": ("table_file", 7_983, None, {}),
    "ads/autoru_2023_500_cities.csv": ("table_file", 6_041, None, {}),
    "ads/audi_2020_auto_ru_cars.csv": ("table_file", 3_660, None, {}),
    "ads/audi_2020_avito.csv": ("table_file", 1_073, None, {}),
    "ads/audi_2020_drom.csv": ("table_file", 500, None, {}),
    "ads/audi_2020_youla.csv": ("table_file", 400, None, {}),
    "ads/audi_2020_irr.csv": ("table_file", 25, 25, {}),
    "feeds/autoteam_cars_2024-08-28.xml": ("autoru_feed", 137, 137, {}),
    "feeds/autoteam_cars_2025-07-01.xml": ("autoru_feed", 64, 64, {}),
    "feeds/kaiyialpha_cars_2024-11-01.xml": ("vehicles_feed", 13, 13, {}),
    "feeds/kaiyialpha_cars_2025-01-28.xml": ("autoru_feed", 4, 4, {}),
    "feeds/kaiyialpha_cars_2025-04-07.xml": ("autoru_feed", 2, 2, {}),
    "feeds/kaiyialpha_used_cars_2025-01-31.xml": ("autoru_feed", 3, 3, {}),
    "feeds/kaiyialpha_used_cars_2025-04-07.xml": ("autoru_feed", 4, 4, {}),
    "feeds/kaiyialpha_used_cars_2025-08-16.xml": ("autoru_feed", 2, 2, {}),
    "feeds/toyotastav_autoru_2025-09-02.xml": ("autoru_feed", 42, 42, {}),
    "feeds/toyotastav_avito_2025-09-02.xml": ("avito_feed", 60, 60, {}),
    "feeds/toyotastav_cars_2025-09-30.xml": ("autoru_feed", 2, 2, {}),
    "feeds/toyotastav_used_cars_2025-10-02.xml": ("autoru_feed", 16, 16, {}),
    "pages/autoru_listing_2020.html.gz": ("autoru_page", 37, 37, {}),
    "json/autoru_listing_2020_offers.json.gz": ("autoru_page", 37, 37, {}),
    "json/autoru_api_page_2020.json": ("autoru_page", 5, 5, {}),
    "json/youla_2021.js": ("youla_page", 4, 4, {}),
}
# How many of a file's adverts may lack a fact that every one of them should have (README of the data says why).
LACKING = {
    ("ads/avito_2021.xlsx", "year"): 58,
    ("ads/avito_2021.xlsx", "price"): 58,
    ("ads/avito_2023_dealers.csv", "price"): 124,
    ("ads/autoru_2020_semicolon_noheader.csv", "price"): 176,
}


def read_file(name: str) -> tuple[list[AdData], list[Rejected]]:
    path = DATA / name
    records = list(members(app.sources, Source)[detect_file(path)]().parse_file(path))
    ads = [record for record in records if isinstance(record, AdData)]
    return ads, [record for record in records if isinstance(record, Rejected)]


def test_no_file_of_the_inputs_is_forgotten() -> None:
    there = {
        f"{folder}/{path.name}" for folder in ("ads", "feeds", "pages", "json") for path in (DATA / folder).iterdir()
    }
    assert there == {*FILES, "json/adsapi_reply_2021.json"}


@pytest.mark.parametrize("name", FILES)
def test_every_row_of_a_file_is_an_advert_or_is_reported(name: str) -> None:
    adapter, rows, ids, rejected = FILES[name]
    assert detect_file(DATA / name) == adapter
    ads, refused = read_file(name)
    assert len(ads) + len(refused) == rows
    assert Counter(item.reason for item in refused) == rejected
    if ids is not None:
        assert len({ad.external_id for ad in ads}) == ids
    for fact in ("year", "price"):
        lacking = sum(getattr(ad, fact) is None for ad in ads)
        assert lacking == LACKING.get((name, fact), 0), f"{lacking} of {rows} without {fact}"
    assert all(ad.make and ad.model or ad.title for ad in ads)
    assert not any("\0" in field for ad in ads for field in (ad.title, ad.make, ad.model, ad.description))


def test_the_facts_of_the_main_set_are_those_of_its_columns() -> None:
    import csv
    import gzip

    with gzip.open(DATA / "ads/autoru_msk_2022-03-28.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    ads, _ = read_file("ads/autoru_msk_2022-03-28.csv.gz")
    for row, ad in zip(rows, ads, strict=True):
        assert ad.external_id == row["sell_id"].removesuffix(".0")
        assert (ad.make, ad.model, ad.url) == (row["brand"], row["model"], row["car_url"])
        assert (ad.year, ad.price) == (int(float(row["year"])), int(float(row["price"])))
        assert ad.mileage_km == int(float(row["kmage"])) and ad.gearbox == row["vehicleTransmission"]
        assert (ad.body, ad.color, ad.drive, ad.wheel) == (row["bodytype"], row["color"], row["drive"], row["wheel"])
        assert ad.description == row["description"].strip().replace("\r\n", "\n").replace("\r", "\n")
    assert Counter(ad.owners for ad in ads) == {3: 7_037, 1: 6_973, 2: 4_748}


def test_a_headless_cp1251_table_is_mapped_from_its_values() -> None:
    rules = propose_map(DATA / "ads/avito_nn_2020_cp1251_noheader.csv.gz")
    assert rules == {
        "make": 0,
        "model": 1,
        "generation": 2,
        "modification": 3,
        "year": 4,
        "mileage_km": 5,
        "is_damaged": 6,
        "doors": 7,
        "body": 8,
        "fuel": 9,
        "gearbox": 10,
        "color": 11,
        "drive": 12,
        "wheel": 13,
        "price": 15,
    }
    ads, _ = read_file("ads/avito_nn_2020_cp1251_noheader.csv.gz")
    assert {"ВАЗ (LADA)", "ГАЗ", "УАЗ"} <= {ad.make for ad in ads} and len({ad.make for ad in ads}) == 28
    assert len([ad for ad in ads if ad.model == "Phaeton"]) >= 1, "the record that was quoted together is repaired"


def test_one_schema_in_five_orders_is_read_by_name() -> None:
    names = [name for name in FILES if "audi_2020" in name]
    proposed = {frozenset(propose_map(DATA / name).items()) for name in names}
    assert len(names) == 5 and len(proposed) == 1
    rules = dict(next(iter(proposed)))
    assert (rules["drive"], rules["gearbox"]) == ("gear", "transmission")


def test_a_price_change_between_two_feeds_of_a_dealer_keeps_the_adverts_key() -> None:
    before, after = (
        {ad.external_id: ad.price for ad in read_file(f"feeds/kaiyialpha_used_cars_{day}.xml")[0]}
        for day in ("2025-04-07", "2025-08-16")
    )
    assert set(after) <= set(before) and all(price > (before[key] or 0) for key, price in after.items())


def test_the_demo_reply_of_the_aggregator_is_told_as_demo() -> None:
    path = DATA / "json/adsapi_reply_2021.json"
    assert detect_file(path) == "ads_api"
    ads = []
    with pytest.raises(SourceTrouble) as caught:
        ads.extend(members(app.sources, Source)["ads_api"]().parse_file(path))
    assert caught.value.health is Health.DEMO


def test_catalogues_cities_and_call_records_are_no_adverts() -> None:
    for folder in ("catalogs", "cities", "telephony", "crm/bitrix24"):
        for path in (DATA / folder).iterdir():
            assert detect_file(path) == "", path.name


def test_a_hundred_thousand_rows_are_read_in_seconds_and_little_memory(tmp_path: Path) -> None:
    """Processor time, because the machine that runs the tests has other work; memory of a process of its own."""
    path = tmp_path / "hundred_thousand.csv"
    source = (DATA / "ads/audi_2020_auto_ru_cars.csv").read_text("utf-8").splitlines(keepends=True)
    with path.open("w", encoding="utf-8") as out:
        out.write(source[0])
        for _ in range(100_000 // (len(source) - 1) + 1):
            out.writelines(source[1:])
    began = time.process_time()
    count = sum(1 for _ in TableFile().parse_file(path))
    assert count >= 100_000 and time.process_time() - began < 4
    script = (
        "import sys,resource; from pathlib import Path; from app.sources.table_file import TableFile;"
        "before=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss;"
        "sum(1 for _ in TableFile().parse_file(Path(sys.argv[1])));"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss-before)"
    )
    grown = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    assert int(grown.stdout) < 40_000, "kilobytes; ru_maxrss is told in them on Linux"
