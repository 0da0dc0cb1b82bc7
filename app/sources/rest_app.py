"""rest-app.net: an aggregator with one address per classified, paged by offset, with a daily limit of rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from app.domain.ads import AdData, Rejected
from app.sources import Health, Paced, Page, Source, SourceTrouble, Window
from app.sources import _text as text
from app.sources import _words as words
from app.sources._http import Http
from app.sources._identity import read_records, url_key
from app.sources._trouble import api_refusal, no_record, parsed_json

PATHS = {"avito": "/api/ads", "auto.ru": "/api-auto-ru/ads", "drom": "/api-drom-ru/ads"}
CARS_OF_AVITO = 9
HIDDEN = "hidden_in_demo"
_TIME = "%Y-%m-%d %H:%M:%S"


@dataclass
class RestApp(Paced, Source):
    key: ClassVar[str] = "rest_app"
    label: ClassVar[str] = "rest-app.net"
    can_fetch: ClassVar[bool] = True
    extensions: ClassVar[tuple[str, ...]] = (".json", ".json.gz")
    pause_s: ClassVar[float] = 1.0

    login: str = field(default="", metadata={"label": "Login", "help": "Login of the account"})
    token: str = field(default="", metadata={"label": "Token", "help": "Given by the service", "secret": True})
    site: str = field(
        default="avito", metadata={"label": "Classified", "help": "avito, auto.ru or drom", "choices": tuple(PATHS)}
    )
    region_id: str = field(default="", metadata={"label": "Region number", "help": "From the service's dictionary"})
    city_id: str = field(default="", metadata={"label": "City number", "help": "From the service's dictionary"})
    limit: int = field(default=1000, metadata={"label": "Rows per request", "help": "At most 1000"})
    timezone: str = field(default="Europe/Moscow", metadata={"label": "Time zone", "help": "The zone of its times"})
    base_url: str = field(
        default="https://rest-app.net", metadata={"label": "Address", "help": "Another one for a demo server"}
    )
    allow_private: bool = field(default=False, metadata={"deployment": True})

    def __post_init__(self) -> None:
        super().__post_init__()
        self.zone = ZoneInfo(self.timezone)
        self.limit = min(max(int(self.limit), 1), 1000)
        if self.site not in PATHS:
            raise ValueError(f"site must be one of {', '.join(PATHS)}")

    def account(self) -> tuple[str, ...]:
        return self.base_url, self.login.casefold(), self.token

    def fetch(self, window: Window) -> Iterator[Page]:
        if not self.login or not self.token:
            raise SourceTrouble(Health.AUTH, "login and token are not set")
        until = window.until.astimezone(self.zone).strftime(_TIME)
        since = window.since.astimezone(self.zone).strftime(_TIME)
        left = window.cursor
        with Http(allow_private=self.allow_private, secrets=(self.token,)) as http:
            if left.get("offset") and left.get("date1") and left.get("date2"):
                # A killed pull is finished within its own window: only there do its offsets mean anything.
                yield from self._pages(http, left["date1"], left["date2"], int(left["offset"]))
                since = min(max(since, left["date1"]), left["date2"])
            yield from self._pages(http, since, until, 0)

    def _pages(self, http: Http, date1: str, date2: str, offset: int) -> Iterator[Page]:
        while True:
            self.take_turn()
            reply = http.get(self.base_url.rstrip("/") + PATHS[self.site], self._parameters(date1, date2, offset))
            full = len(_rows(reply.content)) >= self.limit
            offset += self.limit
            cursor = {"offset": str(offset), "date1": date1, "date2": date2} if full else {"offset": ""}
            yield Page(reply.content, reply.url, cursor)
            if not full:
                return

    def _parameters(self, date1: str, date2: str, offset: int) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "login": self.login,
            "token": self.token,
            "format": "json",
            "date1": date1,
            "date2": date2,
            "limit": self.limit,
            "offset": offset,
            "sort": "asc",
        }
        if self.site == "avito":
            asked["category_id"] = CARS_OF_AVITO
        places = (("region_id", self.region_id), ("city_id", self.city_id))
        return asked | {name: value for name, value in places if value}

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        """All rows, then SourceTrouble DEMO when the test mode hides what matters."""
        rows = _rows(content)
        yield from read_records(rows, self._advert)
        if any(
            isinstance(row, dict) and HIDDEN in (row.get("url"), row.get("phone"), row.get("price")) for row in rows
        ):
            raise SourceTrouble(Health.DEMO, "test mode: links, prices and phones are hidden")

    def _advert(self, row: dict[str, Any]) -> AdData | Rejected:
        url = _shown(row.get("url"))
        if HIDDEN in (row.get("price"), row.get("url")) and not text.price(row.get("price")):
            return Rejected("bad_price", detail="hidden in the demo tariff")
        told = _params(row)
        title = text.line(row.get("title"))
        modification = text.line(row.get("engine") or told.get("модификация"))
        engine = words.engine(modification)
        return AdData(
            external_id=text.external_key(row.get("avito_id")) or url_key(url) or text.external_key(row.get("Id")),
            url=url,
            title=title,
            make=text.line(row.get("marka") or told.get("марка")),
            model=text.line(row.get("model") or row.get("model_2") or told.get("модель")),
            generation=text.line(row.get("generation") or told.get("поколение")),
            modification=modification,
            year=text.year(row.get("year") or told.get("год выпуска")) or text.year_in(title),
            mileage_km=text.mileage(row.get("run") or told.get("пробег") or _mileage_in(row.get("body"))),
            price=text.price(row.get("price")),
            city=text.line(row.get("city")),
            region=text.line(row.get("region")),
            address=text.line(row.get("address")),
            phones=tuple(filter(None, map(text.line, _shown(row.get("phone")).split(",")))),
            phone_protected=words.is_yes(row.get("phone_protected")),
            seller_name=_shown(row.get("name") or row.get("seller")),
            seller_kind=words.seller_kind(row.get("postfix") or row.get("seller_type")),
            body=_body(row.get("body")) or text.line(told.get("тип кузова")),
            fuel=text.line(told.get("тип двигателя")) or engine.fuel,
            gearbox=text.line(row.get("transmission") or told.get("коробка передач")) or engine.gearbox,
            drive=text.line(row.get("drive") or told.get("привод")) or engine.drive,
            wheel=text.line(row.get("wheel") or told.get("руль")),
            color=text.line(row.get("color") or told.get("цвет")),
            engine_cc=text.engine_cc(
                row.get("engine_volume") or row.get("enginevol") or told.get("объём двигателя")
            ) or engine.cc,
            power_hp=text.power(told.get("мощность двигателя") or told.get("мощность")) or engine.power_hp,
            doors=text.doors(told.get("количество дверей")),
            owners=words.owners(told.get("владельцев по птс")),
            vin=text.line(row.get("vin") or told.get("vin или номер кузова")),
            is_damaged=words.is_damaged(row.get("condition") or told.get("состояние")),
            is_new=words.is_new(told.get("тип автомобиля")),
            description=text.prose(row.get("description") or row.get("info")),
            photos=text.photos(row.get("images") or ""),
            published_at=text.moment(row.get("time"), self.zone),
        )  # fmt: skip

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        return b'"avito_id"' in head or (b'"marka"' in head and b'"data"' in head)


def _rows(content: bytes) -> list[Any]:
    envelope = parsed_json(content)
    if not isinstance(envelope, dict):
        raise no_record("?", content, "envelope")
    if str(envelope.get("status", "ok")).lower() not in ("ok", "success") or envelope.get("error"):
        raise api_refusal(str(envelope.get("message") or envelope.get("error") or envelope.get("status")))
    rows = envelope.get("data")
    if rows in ({}, None) and "data" in envelope:
        return []
    if not isinstance(rows, list):
        raise no_record("?", content, "list of adverts")
    return rows


def _params(row: dict[str, Any]) -> dict[str, Any]:
    """[{"name": …, "value": …}] or a plain object, by lower-case name without its unit."""
    params = row.get("params")
    if isinstance(params, dict):
        pairs = list(params.items())
    elif isinstance(params, list):
        pairs = [(item.get("name"), item.get("value")) for item in params if isinstance(item, dict)]
    else:
        return {}
    return {str(name).partition(",")[0].strip().lower(): value for name, value in pairs if name}


def _shown(value: object) -> str:
    said = text.line(value)
    return "" if said == HIDDEN else said


def _mileage_in(body: object) -> str:
    """Some rows of Avito carry the mileage where the body belongs."""
    said = text.line(body)
    return said if said.endswith("км") else ""


def _body(body: object) -> str:
    said = text.line(body)
    return "" if said[:1].isdigit() else said
