"""The key of an advert within its source, and the last look at a record before it leaves an adapter.

A source that tells no id still has to name the same advert by the same key on every import. In this order: the id, the
digits of the link, a full VIN, a hash of what the advert says of the car. The price is left out of the hash whenever
the car is told well enough without it (make or title, year and a mileage that only a used car has), so a new price of
a known advert is a new price and no new advert. Showroom cars are alike to the last bolt: there the price is the only
thing that tells two of them apart, so it stays in.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from hashlib import blake2b
from typing import Any

from app.domain.ads import AdData, Rejected
from app.sources._text import Absurd

ROW_KEPT = 2_000  # characters of a refused record that are kept for the report
USED_KM = 1_000  # a smaller mileage is a showroom car's or a guess, and many cars share it

_URL_ID = re.compile(r"([0-9]{5,})(?:-[0-9a-f]{6,10})?(?:\.html?)?/?$")
_URL_DIGITS = re.compile(r"[0-9]{6,}")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")


def url_key(url: str) -> str:
    """The number a site puts at the end of an advert's link, or nothing."""
    path = url.partition("?")[0].partition("#")[0]
    found = _URL_ID.search(path)
    if found:
        return found.group(1)
    digits = _URL_DIGITS.findall(path.partition("//")[2].partition("/")[2])
    return str(digits[-1]) if digits else ""


def full_vin(vin: str) -> str:
    vin = vin.upper().replace(" ", "")
    return vin if _VIN.fullmatch(vin) and not vin.isalpha() else ""


def keyed(ad: AdData, row: Callable[[], str], line: int | None = None) -> AdData | Rejected:
    """The advert with its key, or why it is none."""
    if not ad.make and not ad.model and not ad.title:
        return Rejected("no_car", row(), line)
    if not ad.external_id:
        ad.external_id = url_key(ad.url) or full_vin(ad.vin) or _hash_of_facts(ad)
        if not ad.external_id:
            return Rejected("no_identity", row(), line)
    return ad


def _hash_of_facts(ad: AdData) -> str:
    facts = (
        ad.title, ad.make, ad.model, ad.generation, ad.modification, ad.year, ad.mileage_km, ad.body, ad.fuel,
        ad.gearbox, ad.drive, ad.wheel, ad.color, ad.engine_cc, ad.power_hp, ad.doors, ad.owners, ad.vin, ad.city,
        ad.region, ",".join(ad.phones),
    )  # fmt: skip
    told = len(facts) - facts.count("") - facts.count(None)
    if told < 3 and ad.price is None:
        return ""
    used = ad.year is not None and ad.mileage_km is not None and ad.mileage_km >= USED_KM
    written = "\x1f".join(map(str, facts)).casefold() + ("" if used else f"\x1f{ad.price}")
    return "h" + blake2b(written.encode("utf-8", "replace"), digest_size=12).hexdigest()


def read_records(
    records: Iterable[Any], build: Callable[[dict[str, Any]], AdData | Rejected | None], *, first: int = 1
) -> Iterable[AdData | Rejected]:
    """Adverts out of JSON records, one by one: a broken one is reported and the rest go on. None of `build`: skip."""
    for position, record in enumerate(records, first):
        if not isinstance(record, dict):
            yield Rejected("not_a_record", as_row(record), position)
            continue
        if not record:
            yield Rejected("empty", "", position)
            continue
        done = one_record(record, build, position)
        if done is not None:
            yield done


def one_record(
    record: dict[str, Any], build: Callable[[dict[str, Any]], AdData | Rejected | None], position: int | None
) -> AdData | Rejected | None:
    try:
        ad = build(record)
    except Absurd as absurd:
        return Rejected(absurd.reason, as_row(record), position, str(absurd))
    if isinstance(ad, AdData):
        return keyed(ad, lambda: as_row(record), position)
    if isinstance(ad, Rejected):
        return Rejected(ad.reason, ad.row or as_row(record), position, ad.detail)
    return None


def as_row(record: object) -> str:
    if isinstance(record, str):
        return record[:ROW_KEPT]
    return json.dumps(record, ensure_ascii=False, default=str)[:ROW_KEPT]


def listed(value: Any) -> list[Any]:
    """A list as it is, and nothing of what should have been one."""
    return value if isinstance(value, list) else []


def dig(record: Any, *path: str | int) -> Any:
    """record["a"]["b"][0], or None where the record is not built that way."""
    for step in path:
        if isinstance(record, dict):
            record = record.get(step)
        elif isinstance(record, list) and isinstance(step, int) and -len(record) <= step < len(record):
            record = record[step]
        else:
            return None
    return record
