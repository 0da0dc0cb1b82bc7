"""Made-up adverts as wide as real ones, prepared for COPY: a few thousand are written out, the rest are like them."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from app.domain.ads import AdData
from app.domain.cars import Body, Drive, Fuel, Gearbox, KnownAd
from app.services.ingest import COLUMNS, row_of

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
WRITTEN_OUT = 3000
UNIT = b"\x1f"  # parts the values of a row
TEXT = """машина в хорошем состоянии один хозяин не бита не крашена обслуживалась у официала две зимы новая резина
салон чистый торг у капота ключа два документы в порядке срочная продажа обмен не предлагать вложений не требует мотор
коробка подвеска без нареканий расход небольшой климат подогрев камера датчики музыка сигнализация"""
WORDS = TEXT.split()
ID, HASH = COLUMNS.index("external_id"), COLUMNS.index("facts_hash")
PRICE, PHONE, PHONES = (COLUMNS.index(name) for name in ("price", "phone", "phones"))


class Adverts:
    """Remembers the rows it made, so that a part of them can come again with another price."""

    def __init__(self) -> None:
        self.rng = random.Random("adverts")
        self.known: list[bytes] = []
        self._patterns = [row_of(*advert(self.rng, number)).split(UNIT) for number in range(WRITTEN_OUT)]

    def new(self, n: int) -> list[bytes]:
        rows = [self._like(self.rng.choice(self._patterns)) for _ in range(n)]
        self.known += rows
        return rows

    def again(self, n: int) -> list[bytes]:
        """75 % as they were, 10 % with another price, 15 % new; in no order."""
        old = self.rng.sample(range(len(self.known)), n * 85 // 100)
        for spot in old[: n // 10]:
            values = self.known[spot].split(UNIT)
            values[PRICE], values[HASH] = b"%d" % (int(values[PRICE]) - 1000), self._hash()
            self.known[spot] = UNIT.join(values)
        rows = [self.known[spot] for spot in old] + self.new(n - len(old))
        self.rng.shuffle(rows)
        return rows

    def _like(self, pattern: list[bytes]) -> bytes:
        values, phone = list(pattern), a_phone(self.rng).encode()
        values[ID], values[HASH] = b"%d" % self.rng.randrange(10**16), self._hash()
        values[PHONE], values[PHONES] = phone, b'{"%b"}' % phone
        return UNIT.join(values)

    def _hash(self) -> bytes:
        return b"%d" % self.rng.randrange(-(2**63), 2**63)


def a_phone(rng: random.Random) -> str:
    """79dd000dddd: a range that no one answers."""
    return f"79{rng.randrange(100):02d}000{rng.randrange(10_000):04d}"


def advert(rng: random.Random, number: int) -> tuple[KnownAd, AdData]:
    external_id, phone = str(rng.randrange(10**16)), a_phone(rng)
    make, model, year = f"Make {number % 60}", f"Model {number % 900}", 2026 - min(int(rng.expovariate(0.1)), 30)
    host = "example.test"
    known = KnownAd(
        external_id=external_id, url=f"https://cars.{host}/cars/used/sale/{external_id}/", year=year,
        title=f"{make} {model}, {year}", description=" ".join(rng.choices(WORDS, k=rng.randint(10, 70))),
        make_id=number % 60 + 1, model_id=number % 900 + 1, generation_id=number % 2000 + 1,
        mileage_km=rng.randrange(1000, 300_000), price=rng.randrange(300, 5000) * 1000,
        body=rng.choice(list(Body)), fuel=rng.choice(list(Fuel)), gearbox=rng.choice(list(Gearbox)),
        drive=rng.choice(list(Drive)), engine_cc=rng.choice((1400, 1600, 2000)), power_hp=rng.randrange(70, 300),
        owners=rng.randint(1, 4), color="black", city_id=rng.randrange(1, 1100), region_id=rng.randrange(1, 85),
        phones=(phone,), vin=f"XTA{rng.randrange(10**14):014d}" if rng.random() < 0.3 else None, seller_name="Иван",
        photos=tuple(f"https://img{n}.{host}/{external_id}/{n}_1200.jpg" for n in range(rng.randint(1, 12))),
        published_at=SINCE + timedelta(minutes=number),
    )  # fmt: skip
    written = AdData(external_id, make=make, model=model, city="Город", address="Город, улица, 1", phones=(phone,))
    return known, written
