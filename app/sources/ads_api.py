"""ads-api.ru: one paid API for Avito, Auto.ru, Drom and others. Polled by windows of time, a request in 5 seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from app.domain.ads import AdData, Rejected
from app.sources import Health, Paced, Page, Source, SourceTrouble, Window
from app.sources import _text as text
from app.sources import _words as words
from app.sources._http import Http
from app.sources._identity import dig, read_records, url_key
from app.sources._trouble import api_refusal, no_record, parsed_json

CARS = 22
_TIME = "%Y-%m-%d %H:%M:%S"
_KINDS = {1: "Компания", 2: "Агентство", 3: "Частное лицо"}


@dataclass
class AdsApi(Paced, Source):
    key: ClassVar[str] = "ads_api"
    label: ClassVar[str] = "ads-api.ru"
    can_fetch: ClassVar[bool] = True
    extensions: ClassVar[tuple[str, ...]] = (".json", ".json.gz")
    pause_s: ClassVar[float] = 5.0  # the service's rule: one request in five seconds

    user: str = field(default="", metadata={"label": "User", "help": "E-mail of the account"})
    token: str = field(default="", metadata={"label": "Token", "help": "Given by the service", "secret": True})
    sources: str = field(
        default="", metadata={"label": "Site number", "help": "The service's number: 1 is Avito; empty is all sites"}
    )
    city: str = field(
        default="", metadata={"label": "Places", "help": "As the service writes them, several joined with |"}
    )
    limit: int = field(default=1000, metadata={"label": "Rows per request", "help": "At most 1000"})
    extra: str = field(
        default="", metadata={"label": "More parameters", "help": "name=value&name=value, added to every request"}
    )
    timezone: str = field(default="Europe/Moscow", metadata={"label": "Time zone", "help": "The zone of its times"})
    base_url: str = field(
        default="https://ads-api.ru/main/api", metadata={"label": "Address", "help": "Another one for a demo server"}
    )
    allow_private: bool = field(default=False, metadata={"deployment": True})

    def __post_init__(self) -> None:
        super().__post_init__()
        self.zone = ZoneInfo(self.timezone)
        self.limit = min(max(int(self.limit), 1), 1000)

    def account(self) -> tuple[str, ...]:
        return self.base_url, self.user.casefold(), self.token

    def fetch(self, window: Window) -> Iterator[Page]:
        if not self.user or not self.token:
            raise SourceTrouble(Health.AUTH, "user and token are not set")
        since, until = window.since.astimezone(self.zone), window.until.astimezone(self.zone)
        reached = text.moment(window.cursor.get("reached"), self.zone)
        since = max(since, reached) if reached else since
        with Http(allow_private=self.allow_private, secrets=(self.token,)) as http:
            while True:
                self.take_turn()
                reply = http.get(self.base_url, self._parameters(since, until))
                rows = _rows(reply.content)
                if len(rows) < self.limit:
                    # Nothing is left half-way, so the next pull starts from its own window, with its overlap.
                    yield Page(reply.content, reply.url, {"reached": ""})
                    return
                since, missed = self._next(since, rows)
                yield Page(reply.content, reply.url, {"reached": since.strftime(_TIME)}, missed)

    def _parameters(self, since: datetime, until: datetime) -> dict[str, Any]:
        asked: dict[str, Any] = {
            "user": self.user,
            "token": self.token,
            "category_id": CARS,
            "date1": since.strftime(_TIME),
            "date2": until.strftime(_TIME),
            "sort": "asc",
            "limit": self.limit,
            "withcoords": 1,
            "format": "json",
        }
        asked |= {name: value for name, value in (("source", self.sources), ("city", self.city)) if value}
        return asked | dict(parse_qsl(self.extra, keep_blank_values=True))

    def _next(self, since: datetime, rows: list[Any]) -> tuple[datetime, str]:
        """Where a full page is continued. One second back: rows of the last second may stand on the next page, and
        whether the service counts `date1` itself in is nowhere written. A repeated row changes nothing."""
        since = since.replace(microsecond=0)
        times = [found for row in rows if (found := text.moment(dig(row, "time"), self.zone))]
        if not times:
            raise SourceTrouble(Health.LAYOUT_CHANGED, "a full page without times cannot be continued")
        last = max(times)
        if last - timedelta(seconds=1) > since:
            return last - timedelta(seconds=1), ""
        if last > since:
            return last, ""
        return since + timedelta(seconds=1), f"more than {self.limit} adverts in the second {since:{_TIME}}"

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        """All rows, then SourceTrouble DEMO when the tariff hides the phones: a pull must not keep them over good."""
        rows = _rows(content)
        yield from read_records(rows, self._advert)
        if rows and all(_is_masked(dig(row, "phone")) for row in rows):
            raise SourceTrouble(Health.DEMO, "demo tariff: the phones are masked")

    def _advert(self, row: dict[str, Any]) -> AdData | Rejected:
        category = dig(row, "cat2_id")
        if category not in (None, "", CARS, str(CARS)):
            return Rejected("not_a_car", str(row.get("title", ""))[:200], detail=text.line(row.get("cat2")))
        told = row.get("params") if isinstance(row.get("params"), dict) else {}
        url, title = text.line(row.get("url")), text.line(row.get("title"))
        own_id = text.external_key(row.get("avitoid")) or url_key(url)
        return AdData(
            # The number of the advert on its own site; sites may use the same numbers.
            external_id=f"{row.get('source_id') or 0}-{own_id}" if own_id else text.external_key(row.get("id")),
            url=url,
            title=title,
            make=_told(row, told, "Марка", 7614),
            model=_told(row, told, "Модель", 7622),
            generation=_told(row, told, "Поколение"),
            modification=_told(row, told, "Модификация"),
            year=text.year(_told(row, told, "Год выпуска", 10609)) or text.year_in(title),
            mileage_km=text.mileage(_told(row, told, "Пробег", 12725)),
            price=text.price(row.get("price")),
            city=text.line(row.get("city1") or row.get("city")),
            region=text.line(row.get("region")),
            address=text.line(row.get("address")),
            lat=text.latitude(dig(row, "coords", "lat")),
            lon=text.longitude(dig(row, "coords", "lng")),
            phones=tuple(filter(None, map(text.line, str(row.get("phone") or "").split(",")))),
            phone_protected=words.is_yes(row.get("phone_protected")),
            seller_name=_name(row.get("person")) or _name(row.get("contactname")),
            seller_kind=words.seller_kind(row.get("person_type") or _KINDS.get(row.get("person_type_id") or 0, "")),
            body=_told(row, told, "Тип кузова", 10365),
            fuel=_told(row, told, "Тип двигателя", 10383),
            gearbox=_told(row, told, "Коробка передач", 10378),
            drive=_told(row, told, "Привод", 10523),
            wheel=_told(row, told, "Руль", 10527),
            color=_told(row, told, "Цвет", 10530),
            engine_cc=text.engine_cc(_told(row, told, "Объём двигателя, л", 10675)),
            power_hp=text.power(_told(row, told, "Мощность двигателя, л.с.")),
            doors=text.doors(_told(row, told, "Количество дверей", 10670)),
            owners=words.owners(_told(row, told, "Владельцев по ПТС", 12846)),
            vin=_told(row, told, "VIN или номер кузова") or _told(row, told, "VIN"),
            is_damaged=words.is_damaged(_told(row, told, "Состояние", 7610)),
            is_new=words.is_new(_told(row, told, "Тип автомобиля", 7608)),
            description=text.prose(row.get("description")),
            photos=_photos(row.get("images")),
            published_at=text.moment(row.get("time"), self.zone),
        )

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        return b'"avitoid"' in head and b'"data"' in head


def _rows(content: bytes) -> list[Any]:
    """The rows of an envelope that says it is well. Raises SourceTrouble."""
    envelope = parsed_json(content)
    if not isinstance(envelope, dict):
        raise no_record("?", content, "envelope")
    code, rows = envelope.get("code"), envelope.get("data")
    status = str(envelope.get("status", "ok")).lower()
    if code not in (200, "200", None) or envelope.get("error") or status not in ("ok", "success"):
        said = str(envelope.get("error") or envelope.get("message") or envelope.get("status") or code)
        raise api_refusal(said, code if isinstance(code, int) else None)
    if rows is None or rows == {}:
        rows = [] if "data" in envelope else None
    if not isinstance(rows, list):
        raise no_record("?", content, "list of adverts")
    return rows


def _told(row: dict[str, Any], params: Any, name: str, number: int = 0) -> str:
    return text.line(params.get(name)) or text.line(row.get(f"param_{number}"))


def _is_masked(phone: object) -> bool:
    return "x" in str(phone).lower() or "х" in str(phone).lower() or "*" in str(phone)


def _name(value: object) -> str:
    name = text.line(value)
    return "" if name.lower() in ("недоступно", "none", "null", "hidden_in_demo") else name


def _photos(images: object) -> tuple[str, ...]:
    links = images if isinstance(images, list) else []
    return text.photos([text.line(dig(image, "imgurl")) for image in links])
