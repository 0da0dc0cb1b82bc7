"""The few words an adapter must understand itself: counts, yes and no, who sells, the grammar of a modification."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.ads import AdState, SellerKind
from app.sources import _text as text

_COUNTS = {"не было": 0, "без владел": 0, "один": 1, "одна": 1, "два": 2, "двое": 2, "две": 2, "три": 3, "трое": 3,
           "четыре": 4, "пять": 4}  # fmt: skip
_DEALER = re.compile(
    r"компани|дилер|dealer|commercial|салон|магазин|агент|agen|company|юр|ооо|business|autodealer|reseller|организац"
)
_PRIVATE = re.compile(r"частн|private|owner|собственник|физ|individual|person")
_NEW = re.compile(r"^(?:нов|new\b|true$|newcondition|https?://schema\.org/newcond)")
_USED = re.compile(r"^(?:с проб|used|б/?у|подерж|false$|usedcondition|https?://schema\.org/usedcond)")
_WHOLE_CAR = re.compile(
    r"^не\s?бит|^not.?beaten|не требует|^без дтп|^целый|^undamaged|^ok$|^excellent|^good|^отличн|^хорош"
)
_BROKEN = re.compile(r"^бит|^beaten|требует ремонт|запчаст|аварий|поврежд|^damaged|после дтп|не на ходу")
_GONE = re.compile(r"sold|remov|closed|inactive|archiv|expired|продан|снят|удал|закрыт|hide|outofstock|discontinued")
_HELD = re.compile(r"reserv|брон|резерв|limitedavail")


def owners(value: object) -> int | None:
    """How many owners the papers show; 4 stands for four and more."""
    if value is None or isinstance(value, bool):
        return None
    count = text.number(value)
    if count is not None:
        return min(int(count), 4) if 0 <= count <= 99 else None
    words = str(value).strip().lower()
    return next((count for start, count in _COUNTS.items() if words.startswith(start)), None)


def seller_kind(value: object) -> SellerKind | None:
    words = str(value or "").strip().lower()
    if _PRIVATE.match(words):
        return SellerKind.PRIVATE
    if _DEALER.search(words):
        return SellerKind.DEALER
    return SellerKind.PRIVATE if _PRIVATE.search(words) else None


def is_new(value: object) -> bool | None:
    words = str("" if value is None else value).strip().lower()
    return True if _NEW.match(words) else False if _USED.match(words) else None


def is_damaged(value: object) -> bool | None:
    words = str("" if value is None else value).strip().lower()
    if words in ("true", "1", "да", "yes"):
        return True
    if words in ("false", "нет", "no") or _WHOLE_CAR.search(words):
        return False
    return True if _BROKEN.search(words) else None


def state(value: object) -> AdState:
    words = str(value or "").lower()
    if _HELD.search(words):
        return AdState.RESERVED
    return AdState.REMOVED if _GONE.search(words) else AdState.ACTIVE


def is_yes(value: object) -> bool:
    return str(value or "").strip().lower() in ("1", "true", "да", "yes", "on")


@dataclass(frozen=True, slots=True)
class Engine:
    """What «2.0d AT (190 л.с.) 4WD» says."""

    cc: int | None = None
    power_hp: int | None = None
    gearbox: str = ""
    drive: str = ""
    fuel: str = ""


_POWER = re.compile(r"([0-9]{2,4}(?:[.,][0-9]+)?)\s*(?:л\.?\s*с|hp\b|bhp\b)", re.IGNORECASE)
_KILOWATT = re.compile(r"([0-9]{2,4}(?:[.,][0-9]+)?)\s*(?:квт|kw\b)", re.IGNORECASE)
_LITRES = re.compile(
    r"(?<![0-9.,])([0-9][.,][0-9]{1,3})\s?(л\b|d|hyb|i|t|tdi|cdi|crdi|td|lpg)?(?![0-9.,]|\s?(?:квт|л\.?\s?с))",
    re.IGNORECASE,
)
_GEARBOX = re.compile(r"\b(AMT|CVT|DCT|DSG|AT|MT|АКПП|МКПП|РКПП|вариатор|автомат|механика|робот)\b", re.IGNORECASE)
_DRIVE = re.compile(r"\b(4WD|AWD|FWD|RWD|2WD|4x4)\b", re.IGNORECASE)
_FUEL_WORD = re.compile(r"(?<![а-я])(бензин|дизел[а-я]*|гибрид|электро|газ)(?![а-я])", re.IGNORECASE)
_DIESEL = ("d", "tdi", "cdi", "crdi", "td")
HORSES_IN_KW = 1.35962


def engine(modification: str) -> Engine:
    """Read token by token, because many dealers leave the grammar; what is not there stays empty."""
    litres, horses = _LITRES.search(modification), _POWER.search(modification)
    kilowatts = None if horses else _KILOWATT.search(modification)
    gearbox, drive = _GEARBOX.search(modification), _DRIVE.search(modification)
    hp = horses.group(1) if horses else None
    if kilowatts:
        hp = str(round(float(kilowatts.group(1).replace(",", ".")) * HORSES_IN_KW))
    return Engine(
        cc=text.engine_cc(litres.group(1)) if litres else None,
        power_hp=text.power(hp),
        gearbox=gearbox.group(1) if gearbox else "",
        drive=drive.group(1) if drive else "",
        fuel=_fuel(modification, litres),
    )


def _fuel(modification: str, litres: re.Match[str] | None) -> str:
    word = _FUEL_WORD.search(modification)
    if word:
        return word.group(1)
    if modification.lower().startswith("electro") or " electro" in modification.lower():
        return "электро"
    mark = (litres.group(2) or "").lower() if litres else ""
    return "дизель" if mark in _DIESEL else "гибрид" if mark == "hyb" else ""
