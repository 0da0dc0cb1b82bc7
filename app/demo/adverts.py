"""Adverts of the made-up classified and the hand that writes them: sites, sellers, phones and the usual oddities."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from random import Random
from typing import NamedTuple

from app.demo import names, texts
from app.demo.car_table import ODD_MAKES
from app.demo.cars import Car, make_car, rounded
from app.demo.places import Place, some_place


class Site(NamedTuple):
    """A classified that the aggregator reads. Only Avito's number is known; the others are of our own choosing."""

    name: str
    number: int
    weight: int


SITES = (Site("avito.ru", 1, 55), Site("auto.ru", 2, 22), Site("drom.ru", 3, 16), Site("youla.ru", 5, 7))


class Show(Enum):
    ACTIVE = "active"
    RESERVED = "reserved"
    REMOVED = "removed"


@dataclass(slots=True)
class Seller:
    name: str
    phone: str  # 89dd000dddd
    place: Place
    is_dealer: bool = False
    is_trader: bool = False  # trades cars and says that it is private
    cars_to_sell: int = 1


class Oddities(NamedTuple):
    """What is wrong with a row, as real rows are wrong."""

    masked_phone: bool = False
    no_phone: bool = False
    odd_make: bool = False
    junk_lists: bool = False
    silent_person: bool = False
    no_year: bool = False
    no_mileage: bool = False
    sparse: bool = False  # half of the facts are absent


@dataclass(slots=True, eq=False)  # an advert is itself, whatever its facts
class Advert:
    id: int  # the aggregator's, new after each change
    site_id: str  # the site's own, for ever
    site: Site
    car: Car
    seller: Seller
    phone: str
    phone_protected: bool
    title: str
    description: str
    price: int
    mileage: int
    published: datetime
    time: datetime
    vin: str
    told: tuple[str, ...]  # sentences of this car
    odd: Oddities
    show: Show = Show.ACTIVE
    prices: list[tuple[datetime, int]] = field(default_factory=list)  # former prices and until when they stood


class Writer:
    """Writes adverts in order; all chance is the given one."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._last_id = 537_000_000
        self._last_site_id = 4_100_000_000
        self._cars_made = 0
        self._traders: list[Seller] = []

    def next_id(self) -> int:
        self._last_id += self._rng.randint(1, 40)
        return self._last_id

    def first_advert(self, at: datetime) -> Advert:
        rng = self._rng
        self._cars_made += 1
        car = make_car(rng, self._cars_made, at.year)
        seller = self._seller()
        site = rng.choices(SITES, [site.weight for site in SITES])[0]
        told = texts.car_sentences(rng, car)
        return self._write(car, seller, site, told, at, fresh=True)

    def second_advert(self, known: Advert, at: datetime) -> Advert:
        site = self._rng.choice([site for site in SITES if site is not known.site])
        advert = self._write(known.car, known.seller, site, known.told, at, fresh=False)
        # Who advertises twice mostly asks the same; a rounder price or a few kilometres more are usual.
        asks = self._rng.choice((1.0, 1.0, 1.0, 0.98, 1.02, 0.97))
        advert.price = rounded(known.price * asks) if known.price >= 50_000 else known.car.price
        advert.mileage = known.mileage + self._rng.choice((0, 0, 0, 100, 500, 1_000))
        advert.title = _title(advert)
        return advert

    def _write(
        self, car: Car, seller: Seller, site: Site, told: tuple[str, ...], at: datetime, *, fresh: bool
    ) -> Advert:
        rng = self._rng
        odd = self._oddities()
        protected = rng.random() < (0.3 if site.name in ("avito.ru", "auto.ru") else 0.05)
        advert = Advert(
            id=self.next_id(),
            site_id=self._site_id(site),
            site=site,
            car=car,
            seller=seller,
            phone=_phone(rng) if protected else seller.phone,
            phone_protected=protected,
            title="",
            description=texts.description(rng, car, told, seller.place.city, is_trader=seller.is_trader, fresh=fresh),
            price=self._price(car),
            mileage=car.mileage,
            published=at,
            time=at,
            vin=self._told_vin(car),
            told=told,
            odd=odd,
        )
        advert.title = _title(advert)
        return advert

    def _seller(self) -> Seller:
        rng = self._rng
        waiting = [trader for trader in self._traders if trader.cars_to_sell > 0]
        if waiting and rng.random() < 0.14:
            trader = rng.choice(waiting)
            trader.cars_to_sell -= 1
            return trader
        chance, place = rng.random(), some_place(rng)
        if chance < 0.05:
            seller = Seller(rng.choice(names.SALONS), _phone(rng), place, is_dealer=True)
            seller.cars_to_sell = rng.randint(5, 15)
        else:
            seller = Seller(names.first_name(rng), _phone(rng), place, is_trader=chance < 0.10)
            seller.cars_to_sell = rng.randint(2, 8) if seller.is_trader else 0
        if seller.cars_to_sell:
            self._traders.append(seller)
        return seller

    def _site_id(self, site: Site) -> str:
        """Looks as ids of that site look; the counter keeps it single."""
        self._last_site_id += self._rng.randint(1, 900)
        number = self._last_site_id
        if site.name == "auto.ru":
            return f"{number}-{self._rng.getrandbits(32):08x}"
        if site.name == "drom.ru":
            return str(number - 4_000_000_000)
        return f"{self._rng.getrandbits(56):014x}{number:010x}" if site.name == "youla.ru" else str(number)

    def _price(self, car: Car) -> int:
        chance = self._rng.random()
        if chance < 0.006:
            return self._rng.choice((1, 1_000, 123_456, 99_999_999))
        return rounded(car.price * self._rng.uniform(0.97, 1.08)) if chance < 0.9 else rounded(car.price * 0.8)

    def _told_vin(self, car: Car) -> str:
        chance = self._rng.random()
        if chance < 0.30:
            return car.vin
        return f"{car.vin[:3]}{'*' * 10}{car.vin[-4:]}" if chance < 0.45 else ""

    def _oddities(self) -> Oddities:
        return Oddities(*(self._rng.random() < share for share in (0.02, 0.02, 0.02, 0.03, 0.03, 0.01, 0.03, 0.03)))


def _phone(rng: Random) -> str:
    """Nobody's number: 9dd 000 dddd."""
    return f"89{rng.randint(0, 99):02d}000{rng.randint(0, 9999):04d}"


def _title(advert: Advert) -> str:
    car = advert.car
    make = ODD_MAKES.get(car.make, car.make) if advert.odd.odd_make else car.make
    parts = [f"{make} {car.model} {car.litres} {car.gearbox_short}"]
    if not advert.odd.no_year:
        parts.append(str(car.year))
    if not advert.odd.no_mileage:
        parts.append(f"{advert.mileage:,} км".replace(",", " "))
    return ", ".join(parts)
