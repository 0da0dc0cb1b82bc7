"""One advert as written becomes one advert as known: catalogue ids, canonical words, whole numbers, clean texts."""

from __future__ import annotations

import re
from collections.abc import Callable

from app.domain import vocabulary
from app.domain.ads import AdData
from app.domain.cars import KnownAd, UnknownName
from app.domain.modifications import Modification, read_modification
from app.domain.names import CarName, NameBook
from app.domain.phones import PhoneRead, read_phone
from app.domain.places import Atlas, Place
from app.domain.titles import NOTHING as NO_TITLE
from app.domain.titles import Title, read_title

FIRST_YEAR, LAST_YEAR = 1900, 2100  # The upper end is told better by the advert's own date, where it has one.
MOST_KM = 2_000_000
MOST_ROUBLES = 1_000_000_000
MOST_HP = 2_500
MOST_CC = 9_000
FOUR_AND_MORE = 4

PhoneReader = Callable[[str], PhoneRead]

_NO_PLACE = Place(None, None)
# Neither a database nor a screen takes these.
_BAD_CHARACTERS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile(r"\s+")

_TO_LATIN = str.maketrans("АВЕКМНОРСТУХ", "ABEKMHOPCTYX")
_VIN = re.compile(r"[A-HJ-NPR-Z0-9]{17}")
_MASKED_VIN = re.compile(r"(?=[^*]*\*)[A-Z0-9*]{17}")
_PLATE = re.compile(r"[ABEKMHOPCTYX]\d{3}[ABEKMHOPCTYX]{2}\d{2,3}")
_VIN_NOISE = re.compile(r"[\s\-_.:•●]+")
_LEAST_VIN_LETTERS = 5  # A VIN of one or two repeated characters is a filled-in form, not a car.


def recognise(ad: AdData, names: NameBook, places: Atlas, phones: PhoneReader = read_phone) -> KnownAd:
    title = _title_where_needed(ad, names)
    car = names.car(ad.make, ad.model)
    if car.model_id is None and title.car.make_id is not None and (title.car.model_id or car.make_id is None):
        car = title.car
    year = _year(ad.year if ad.year is not None else title.year, ad)
    generation_id, unknown_generation = _generation(ad, car, year, names)
    place = _place(ad, places)
    engine = _engine(ad, car, title)
    numbers, trouble = _phones(ad, phones)
    vin, vin_hint = read_vin(ad.vin) if ad.vin else (None, None)
    return KnownAd(
        external_id=ad.external_id,
        make_id=car.make_id,
        model_id=car.model_id,
        generation_id=generation_id,
        year=year,
        mileage_km=_within(ad.mileage_km if ad.mileage_km is not None else title.mileage_km, 0, MOST_KM),
        price=_within(ad.price, 1, MOST_ROUBLES),
        body=vocabulary.body(ad.body),
        fuel=vocabulary.fuel(ad.fuel) or engine.fuel,
        gearbox=vocabulary.gearbox(ad.gearbox) or engine.gearbox,
        # Exports with shifted columns write «передний» under gearbox; the word itself tells what it is.
        drive=vocabulary.drive(ad.drive) or engine.drive or (vocabulary.drive(ad.gearbox) if ad.gearbox else None),
        wheel=vocabulary.wheel(ad.wheel),
        engine_cc=_within(ad.engine_cc, 300, MOST_CC) or engine.engine_cc,
        power_hp=_within(ad.power_hp, 5, MOST_HP) or engine.power_hp,
        owners=min(ad.owners, FOUR_AND_MORE) if ad.owners is not None and ad.owners >= 0 else None,
        color=vocabulary.color(ad.color),
        city_id=place.city_id,
        region_id=place.region_id,
        is_foreign=place.is_foreign,
        phones=numbers,
        phone_protected=ad.phone_protected,
        phone_trouble=trouble,
        vin=vin,
        vin_hint=vin_hint,
        plate=read_plate(ad.plate) if ad.plate else None,
        seller_kind=ad.seller_kind,
        seller_name=_one_line(ad.seller_name),
        seller_external_id=_one_line(ad.seller_external_id),
        is_new=ad.is_new,
        is_damaged=ad.is_damaged,
        title=_one_line(ad.title),
        url=ad.url.strip(),
        description=_clean(ad.description).strip(),
        photos=ad.photos,
        published_at=ad.published_at,
        state=ad.state,
        unknown=_unknown(ad, car, unknown_generation, place),
    )


# --- the car


def _title_where_needed(ad: AdData, names: NameBook) -> Title:
    """Titles differ without end, so one is read only for what the fields leave open."""
    if not ad.title:
        return NO_TITLE
    if ad.year is None or ad.mileage_km is None and not ad.is_new or names.car(ad.make, ad.model).model_id is None:
        return read_title(ad.title, names)
    return NO_TITLE


def _generation(ad: AdData, car: CarName, year: int | None, names: NameBook) -> tuple[int | None, UnknownName | None]:
    if car.model_id is None:
        return None, None
    if ad.generation:
        found = names.generation(car.model_id, ad.generation, year)
        return found.id, found.unknown
    return names.generation_in_tail(car.model_id, car.tail, year), None


def _engine(ad: AdData, car: CarName, title: Title) -> Modification:
    """The modification line, else what follows the model's name, else the title."""
    for text in (ad.modification, car.tail):
        found = read_modification(text)
        if found.engine_cc or found.power_hp or found.gearbox or found.drive or found.fuel:
            return found
    return title.engine


def _year(year: int | None, ad: AdData) -> int | None:
    last = ad.published_at.year + 1 if ad.published_at is not None else LAST_YEAR
    return _within(year, FIRST_YEAR, last)


def _within(number: int | None, least: int, most: int) -> int | None:
    return number if number is not None and least <= number <= most else None


def _unknown(ad: AdData, car: CarName, generation: UnknownName | None, place: Place) -> tuple[UnknownName, ...]:
    if not car.unknown and generation is None and not place.unknown:
        return ()
    found = list(car.unknown)
    if generation is not None:
        found.append(generation)
    if place.unknown and (written := _one_line(ad.city or ad.address)):
        found.append(UnknownName("city", written[:200], _one_line(ad.region)))
    return tuple(found)


# --- where and whom


def _place(ad: AdData, places: Atlas) -> Place:
    if not (ad.city or ad.region or ad.address) and ad.lat is None:
        return _NO_PLACE
    return places.find(ad.city, ad.region, ad.address, ad.lat, ad.lon)


def _phones(ad: AdData, read: PhoneReader) -> tuple[tuple[str, ...], str]:
    """(valid numbers, each once; the trouble of the first number when none is valid)."""
    numbers: dict[str, None] = {}
    trouble = ""
    for text in ad.phones:
        heard = read(text)
        if heard.number:
            numbers[heard.number] = None
        elif not trouble:
            trouble = str(heard.trouble)
    return tuple(numbers), "" if numbers else trouble


# --- VIN and plate


def read_vin(text: str) -> tuple[str | None, str | None]:
    """(the whole VIN, None) or (None, the masked one as far as it is told); a body number of Japan is neither."""
    vin = _VIN_NOISE.sub("", text.upper().translate(_TO_LATIN))
    if _VIN.fullmatch(vin):
        return (vin, None) if len(set(vin)) >= _LEAST_VIN_LETTERS else (None, None)
    if _MASKED_VIN.fullmatch(vin) and vin.strip("*"):
        return None, vin
    return None, None


def read_plate(text: str) -> str | None:
    """А123ВС77 in any letters; masked and foreign plates tell no car apart."""
    plate = _VIN_NOISE.sub("", text.upper().translate(_TO_LATIN)).removesuffix("RUS")
    return plate if _PLATE.fullmatch(plate) else None


# --- texts


def _clean(text: str) -> str:
    return _BAD_CHARACTERS.sub("", text) if _BAD_CHARACTERS.search(text) else text


def _one_line(text: str) -> str:
    return _SPACES.sub(" ", _clean(text)).strip() if text else ""
