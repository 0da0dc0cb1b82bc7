"""Auto.Youla: adverts out of the JavaScript of a saved page. The phone is base64 of base64."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import unquote

from app.domain.ads import AdData, Rejected, SellerKind
from app.sources import Health, Source, SourceTrouble, _js
from app.sources import _text as text
from app.sources import _words as words
from app.sources._bytes import decoded
from app.sources._identity import dig, listed, read_records, url_key
from app.sources._trouble import no_record

_START = re.compile(r"""[\[{]\s*(?:[\[{]\s*)*['"]?[A-Za-z_]""")
_PACKED_STATE = re.compile(r"""decodeURIComponent\(\s*["']([^"']+)["']\s*\)""")
_MARKS = ("youlaId",)


@dataclass
class YoulaPage(Source):
    key: ClassVar[str] = "youla_page"
    label: ClassVar[str] = "Youla: saved page"
    extensions: ClassVar[tuple[str, ...]] = (".js", ".html", ".json")

    def parse(self, content: bytes) -> Iterator[AdData | Rejected]:
        page = decoded(content)
        packed = _PACKED_STATE.search(page)
        state = unquote(packed.group(1)) if packed else page
        at = state.find("youlaId")
        if at < 0:
            if state.strip() in ("[]", "{}"):
                return
            raise no_record(page, content, "youlaId", _MARKS)
        try:
            found = _literal(state, at)
        except _js.NotALiteral as trouble:
            yield from read_records(_whole_records(state), advert)
            raise SourceTrouble(Health.PARTIAL, f"the page is cut or broken: {trouble}", page=content) from None
        yield from read_records(_records(found), advert)

    @classmethod
    def recognises(cls, head: bytes) -> bool:
        return b"youlaId" in head


def _literal(state: str, at: int) -> Any:
    """The outermost literal around `at`: in a page it stands behind an assignment or a call."""
    trouble = _js.NotALiteral("no literal")
    for found in _START.finditer(state, 0, at + 1):
        try:
            return _js.read(state, found.start())
        except _js.NotALiteral as failed:
            trouble = failed
            if found.start() == len(state) - len(state.lstrip()):
                break  # the whole is one literal and it is broken: no smaller one will hold all of it
    raise trouble


def _whole_records(state: str) -> Iterator[dict[str, Any]]:
    """The records in front of a cut."""
    at = state.find("{")
    while at >= 0:
        try:
            record = _js.read(state, at)
        except _js.NotALiteral:
            return
        if isinstance(record, dict) and "youlaId" in record:
            yield record
        # The next record stands after this one; its end is where the reader stopped.
        _, end = _js._Reader(state).value(at, 0)
        at = state.find("{", end)


def _records(found: Any) -> list[Any]:
    """Every object that looks like an advert, wherever it stands."""
    if isinstance(found, dict) and "youlaId" in found:
        return [found]
    inside = found if isinstance(found, list) else list(found.values()) if isinstance(found, dict) else []
    return [record for item in inside if isinstance(item, dict | list) for record in _records(item)]


def advert(row: dict[str, Any]) -> AdData:
    told = {item.get("type"): item.get("value") for item in listed(row.get("info")) if isinstance(item, dict)}
    full_title = text.line(row.get("fullTitle"))
    url = text.line(row.get("link"))
    protected, phones = _phones(row)
    return AdData(
        external_id=text.external_key(row.get("youlaId") or row.get("id")) or url_key(url),
        url=url,
        title=full_title,
        make=text.line(row.get("brand")),
        model=text.line(row.get("model")),
        generation=text.line(row.get("generation")),
        year=text.year(row.get("year") or told.get("year")),
        mileage_km=text.mileage(told.get("mileage")),
        price=text.price(dig(row, "prices", "RUR") or row.get("price")),
        city=text.line(row.get("city")),
        address=text.line(row.get("address")),
        lat=text.latitude(row.get("lat")),
        lon=text.longitude(row.get("lng")),
        phones=phones,
        phone_protected=protected,
        seller_name=text.line(dig(row, "contacts", "seller") or row.get("sellerName")),
        seller_external_id=text.line(row.get("siteUserId")),
        seller_kind=_seller(row),
        body=text.line(told.get("body-type") or row.get("bodyType")),
        fuel=text.line(row.get("engineType")),
        gearbox=text.line(told.get("gear-type")),
        drive=text.line(told.get("drive-type")),
        wheel=text.line(told.get("wheel-type")),
        color=text.line(told.get("color")),
        engine_cc=text.engine_cc(row.get("engineVol")),
        power_hp=text.power(told.get("engine-power")),
        is_damaged=row.get("isCrashed") if isinstance(row.get("isCrashed"), bool) else None,
        is_new=row.get("isNew") if isinstance(row.get("isNew"), bool) else None,
        description=text.prose(row.get("description")),
        photos=text.photos([dig(photo, "big") or dig(photo, "large") for photo in listed(row.get("photos"))]),
        published_at=text.moment(row.get("publishedAt") or row.get("actualizationDate")),
        state=words.state(dig(row, "advertStatus", "status")),
    )


def _seller(row: dict[str, Any]) -> SellerKind | None:
    if row.get("isAutosalon") is True:
        return SellerKind.DEALER
    return {True: SellerKind.PRIVATE, False: SellerKind.DEALER}.get(row.get("isIndividual"))  # type: ignore[arg-type]


def _phones(row: dict[str, Any]) -> tuple[bool, tuple[str, ...]]:
    several = [dig(item, "phone") for item in listed(dig(row, "contacts", "phones")) or listed(row.get("phones"))]
    found = [unpacked_phone(phone) for phone in [*several, row.get("phone")]]
    return bool(row.get("isAnonymous")), tuple(dict.fromkeys(phone for phone in found if phone))


def unpacked_phone(written: object) -> str:
    """«+7 (9XX) XXX-XX-XX» out of base64 of base64; a phone that is already readable is left as it is."""
    said = text.line(written)
    for _ in range(2):
        if not said or said[0] in "+(" or said.replace(" ", "").isdigit():
            return said
        try:
            said = base64.b64decode(said, validate=True).decode("ascii")
        except (binascii.Error, ValueError):
            return ""
    return text.line(said) if any(letter.isdigit() for letter in said) else ""
