"""What the title of an advert tells where the fields are empty: «Kia Rio 1.6 AT, 2019, 54 000 км»."""

from __future__ import annotations

import re
from typing import NamedTuple

from app.domain.cars import UnknownName
from app.domain.modifications import Modification, read_modification
from app.domain.names import CarName, NameBook
from app.domain.spelling import plain, words

_YEAR = re.compile(r"(?<![\d.,])(19[3-9]\d|20[0-4]\d)(?![\d]|\s*(?:км|л\.?\s?с|куб|см|₽|руб))")
_MILEAGE = re.compile(r"(?<!\d)(\d{1,3}(?:[\s\u00a0\u2009.]\d{3})+|\d{1,7})\s*(тыс\.?\s*)?(?:км|km)\b", re.IGNORECASE)
# What sellers and sites put before the name of the car.
_OPENING = re.compile(
    r"^\W*(?:(?:продажа|продам|продаю|продается|продаётся|купить|срочно|срочная|обмен|автомобиль|авто|машина|легковой|новый|новая"
    r"|б/у|с\s+пробегом|в\s+продаже|объявление)\W+)+",
    re.IGNORECASE,
)
_ACCUSATIVE = re.compile(r"(?<=[а-яё]{2})у\b")  # «Продам Ладу Приору»
_MOST_SKIPPED = 2  # words before the make, at most


class Title(NamedTuple):
    """None or "" means «not told»."""

    car: CarName = CarName()
    year: int | None = None
    mileage_km: int | None = None
    engine: Modification = Modification()


NOTHING = Title()


def read_title(text: str, names: NameBook) -> Title:
    text = plain(text[:300].replace("\u00a0", " ").replace("\u2009", " ")).strip()
    if not text:
        return NOTHING
    mileage, without = _take_mileage(text)
    head, _, rest = _OPENING.sub("", without).partition(",")
    car = car_in(head, names)
    if car.make_id is None:
        in_nominative = car_in(_ACCUSATIVE.sub("а", head), names)
        car = in_nominative if in_nominative.make_id else car
    year = _year(rest) or _year(car.tail if car.make_id else head)
    return Title(car, year, mileage, read_modification(f"{car.tail} {rest}"))


def _take_mileage(text: str) -> tuple[int | None, str]:
    match = _MILEAGE.search(text)
    if match is None:
        return None, text
    number = int(re.sub(r"\D", "", match[1])) * (1000 if match[2] else 1)
    return number, f"{text[: match.start()]} {text[match.end() :]}"


def _year(text: str) -> int | None:
    found = _YEAR.findall(text)
    return int(found[-1]) if found else None


def car_in(head: str, names: NameBook) -> CarName:
    """The make near the start and the model after it; a well-known model may stand alone."""
    starts = [0, *(word.end for word in words(head)[:_MOST_SKIPPED])]
    for start in starts:
        make_id, _, rest = names.make_at_start(head[start:])
        if make_id:
            return _car_of_make(make_id, head[start:], rest, names)
    for start in starts[:-1]:
        alone = names.named_alone(head[start:])
        if alone.model_id:
            return alone
    first = words(head)[:1]
    unknown = tuple(UnknownName("make", head[word.start : word.end]) for word in first)
    return CarName(unknown=unknown)


def _car_of_make(make_id: int, text: str, rest: str, names: NameBook) -> CarName:
    model = names.model(make_id, rest)
    if model.id is not None:
        return CarName(make_id, model.id, model.tail)
    # «Волга 3110», «Солярис 2014»: the word is a make today and was a model before.
    for known in (names.car("", text), names.named_alone(text), names.car("", rest)):
        if known.model_id is not None:
            return known
    unknown = _short(model.unknown)
    return CarName(make_id, None, rest.strip(" ,"), (unknown,) if unknown else ())


def _short(unknown: UnknownName | None) -> UnknownName | None:
    """Of a title only the first words can be a model's name; the engine must not multiply the queue."""
    if unknown is None:
        return None
    name = re.split(r"\s\d[.,]\d|,|\(", unknown.text)[0].split()
    return UnknownName(unknown.kind, " ".join(name[:3]) or unknown.text, unknown.context)
