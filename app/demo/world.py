"""The life of the made-up classified: adverts appear, get cheaper, are reserved, vanish and come back on other sites.

The world is a row of numbered events at fixed moments after its birth, all drawn from one seeded chance. It has no
thread of its own: whoever asks first lets the events happen that are due, so an idle world costs nothing and the
state at a moment depends on the seed, the birth and the tempo only (as long as somebody asks once a day).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import NamedTuple

from app.demo.adverts import Advert, Show, Writer
from app.demo.cars import rounded

PAST = timedelta(days=3)
PAST_EVENTS = 700
ENOUGH = 600  # adverts on show; the further above, the sooner one is sold
KEPT_REMOVED = 1_500
MOST_AT_ONCE = 50_000  # a world that slept for days need not live through every missed second

# In the past mostly appearances, so that about six hundred adverts stand there at birth; then everyday life.
_PAST_WEIGHTS = {"appear": 77, "appear_elsewhere": 11, "change_price": 8, "reserve": 2, "remove": 2}
_DAILY_WEIGHTS = {
    "appear": 34, "appear_elsewhere": 13, "change_price": 26, "reserve": 7, "free": 3, "remove": 17,
}  # fmt: skip


class Query(NamedTuple):
    """What a reply is made of; None asks nothing. Times are aware, both ends included."""

    since: datetime | None = None
    until: datetime | None = None
    start_id: int | None = None
    actual: bool | None = None
    site_ids: frozenset[int] = frozenset()
    places: frozenset[str] = frozenset()
    price_from: int | None = None
    price_to: int | None = None


@dataclass
class World:
    seed: int
    born: datetime
    tempo: float = 4.0  # seconds between two events
    adverts: dict[str, Advert] = field(default_factory=dict)  # by the id on their own site, in order of change
    happened: int = 0

    def __post_init__(self) -> None:
        if self.tempo <= 0:
            raise ValueError("tempo is the seconds between two events: more than nothing")
        self._rng = Random(self.seed)
        self._writer = Writer(self._rng)
        self._on_show: list[Advert] = []
        self._removed: deque[str] = deque()
        step = PAST / PAST_EVENTS
        for number in range(PAST_EVENTS):
            self._happen(self.born - PAST + step * (number + self._rng.random()), _PAST_WEIGHTS)

    def live_until(self, now: datetime) -> None:
        """Let everything happen that is due."""
        due = int((now - self.born).total_seconds() / self.tempo)
        self.happened = max(self.happened, due - MOST_AT_ONCE)
        while self.happened < due:
            self.happened += 1
            self._happen(self.born + timedelta(seconds=self.happened * self.tempo), _DAILY_WEIGHTS)

    def find(self, query: Query) -> list[Advert]:
        """Adverts in order of their last change, oldest first."""
        return [advert for advert in self.adverts.values() if _asked(advert, query)]

    @property
    def on_show(self) -> int:
        return len(self._on_show)

    def _happen(self, at: datetime, weights: dict[str, int]) -> None:
        crowd = (len(self._on_show) / ENOUGH) ** 2
        chances = [weight * (crowd if kind == "remove" else 1) for kind, weight in weights.items()]
        kind = self._rng.choices(list(weights), chances)[0]
        if not self._on_show:
            kind = "appear"
        # Whole seconds, as the protocol tells them: a window that ends at a row's time then holds that row.
        getattr(self, f"_{kind}")(at.replace(microsecond=0))

    def _appear(self, at: datetime) -> None:
        self._add(self._writer.first_advert(at))

    def _appear_elsewhere(self, at: datetime) -> None:
        """The same car once more, on a site where it does not stand yet; sometimes after the first advert is gone."""
        known = self._rng.choice(self._on_show)
        if self._rng.random() < 0.15:
            self._touch(known, at, show=Show.REMOVED)
        self._add(self._writer.second_advert(known, at))

    def _change_price(self, at: datetime) -> None:
        advert = self._rng.choice(self._on_show)
        step = self._rng.choice((0.01, 0.02, 0.03, 0.03, 0.05, 0.07, 0.1))
        factor = 1 - step if self._rng.random() < 0.87 else 1 + step / 2
        price = max(1_000, rounded(advert.price * factor))
        if price == advert.price:
            price = price - 1_000 if price > 1_000 else 2_000
        advert.prices.append((advert.time, advert.price))
        advert.price = price
        self._touch(advert, at)

    def _reserve(self, at: datetime) -> None:
        self._touch(self._rng.choice(self._on_show), at, show=Show.RESERVED)

    def _free(self, at: datetime) -> None:
        reserved = [advert for advert in self._on_show if advert.show is Show.RESERVED]
        if reserved:
            self._touch(self._rng.choice(reserved), at, show=Show.ACTIVE)

    def _remove(self, at: datetime) -> None:
        self._touch(self._rng.choice(self._on_show), at, show=Show.REMOVED)

    def _add(self, advert: Advert) -> None:
        self.adverts[advert.site_id] = advert
        self._on_show.append(advert)

    def _touch(self, advert: Advert, at: datetime, *, show: Show | None = None) -> None:
        """A changed advert comes again at the end, with a newer id and time, as the aggregator tells changes."""
        advert.id, advert.time = self._writer.next_id(), at
        advert.show = show or advert.show
        self.adverts[advert.site_id] = self.adverts.pop(advert.site_id)
        if show is Show.REMOVED:
            self._on_show.remove(advert)
            self._removed.append(advert.site_id)
            if len(self._removed) > KEPT_REMOVED:
                del self.adverts[self._removed.popleft()]


def _asked(advert: Advert, query: Query) -> bool:
    return (
        (query.since is None or advert.time >= query.since)
        and (query.until is None or advert.time <= query.until)
        and (query.start_id is None or advert.id >= query.start_id)
        and (query.actual is None or (advert.show is not Show.REMOVED) == query.actual)
        and (not query.site_ids or advert.site.number in query.site_ids)
        and (not query.places or bool(query.places.intersection(_place_names(advert))))
        and (query.price_from is None or advert.price >= query.price_from)
        and (query.price_to is None or advert.price <= query.price_to)
    )


def _place_names(advert: Advert) -> tuple[str, str, str]:
    place = advert.seller.place
    return place.city, place.region, f"{place.region}, {place.city}"
