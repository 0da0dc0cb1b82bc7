"""Real adverts for the measuring of identity, read and recognised as the product does it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from app.domain.ads import AdData, Rejected
from app.domain.cars import KnownAd
from app.domain.names import NameBook
from app.domain.recognition import recognise
from app.seeds import load_seed
from app.seeds.places import load_places
from app.sources.autoru_feed import AutoruFeed
from app.sources.table_file import TableFile

FILES = {
    "lenobl_2022": "ads/autoru_lenobl_2022-03-27.csv.gz",
    "msk_2022_a": "ads/autoru_msk_2022-03-28.csv.gz",
    "msk_2022_b": "ads/autoru_msk_2022-04-04.csv.gz",
    "autoru_2021": "ads/autoru_2021.csv.gz",
    "avito_nn_2020": "ads/avito_nn_2020_cp1251_noheader.csv.gz",
    "avito_2021": "ads/avito_2021.xlsx",
    "autoru_2020": "ads/autoru_2020_semicolon_noheader.csv",
}
WITHOUT_TEXT = frozenset({"avito_nn_2020", "avito_2021", "autoru_2020"})
FEEDS = ("autoteam_cars_2024-08-28.xml", "autoteam_cars_2025-07-01.xml")
# One make on five sites in one month: the same cars as different sites word them.
SITES = tuple(f"ads/audi_2020_{site}.csv" for site in ("auto_ru_cars", "avito", "drom", "youla", "irr"))


@cache
def _names() -> NameBook:
    return NameBook.of(load_seed())


@cache
def read_known(path: Path) -> tuple[KnownAd, ...]:
    """One advert per id, the last row wins. Kept, because every level of noise asks for the same file."""
    return known_of(TableFile().parse_file(path))


def read_feed(path: Path) -> tuple[KnownAd, ...]:
    return known_of(AutoruFeed().parse_file(path))


def known_of(records: Iterable[AdData | Rejected]) -> tuple[KnownAd, ...]:
    adverts = {ad.external_id: ad for ad in records if not isinstance(ad, Rejected)}
    return tuple(recognise(ad, _names(), load_places()) for ad in adverts.values())
