"""The engine line of an advert, read word by word: «40 TFSI 2.0 AMT (190 л.с.) 4WD», «3.5 л / 360 л.с. / Бензин»."""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.domain.cars import Drive, Fuel, Gearbox

_HP_PER_KW = 1.35962
_CACHED = 50_000


@dataclass(frozen=True, slots=True)
class Modification:
    """None or "" means «not told». `nameplate` is what stands before the litres: «40 TFSI», «320d xDrive»."""

    engine_cc: int | None = None
    fuel: Fuel | None = None
    gearbox: Gearbox | None = None
    drive: Drive | None = None
    power_hp: int | None = None
    nameplate: str = ""


NOTHING = Modification()


def _set(line: str) -> frozenset[str]:
    return frozenset(line.split())


_POWER = re.compile(r"\(?(?<![\d.,])(\d{1,4}(?:[.,]\d+)?)\s*(л\.?\s?/?с\b\.?|hp\b|h\.p\.|квт|kw\b)\)?", re.IGNORECASE)
_CUBIC = re.compile(r"(?<!\d)(\d{3,4}|\d\s\d{3})\s*(?:см3|см³|куб|cc\b|cm3)\S*", re.IGNORECASE)
_LITRES = re.compile(
    r"(?<![\d.,])(?P<litres>\d{1,2}[.,]\d{1,3}|\d(?=\s*(?:л|l)\b))\s*(?P<sign>[^\W\d_]{1,5}(?![^\W_]|\.?\s?/?с))?(?![\d.,]*\d)"
)
_TURBO_ONLY = re.compile(r"(?<![\d.,])(\d)(?:T|D|TD)\b")  # «2T» of some Chinese dealers
_WORD = re.compile(r"[^\W_]+(?:[-'][^\W_]+)*")

_GEARBOX_PHRASES = (
    (re.compile(r"s[ -]?tronic|power ?shift|speedshift|dual ?clutch|easytronic|sensodrive", re.I), Gearbox.ROBOT),
    (re.compile(r"multitronic|lineartronic|xtronic|multidrive|e-?cvt\b", re.I), Gearbox.VARIATOR),
    (re.compile(r"tiptronic|steptronic|geartronic|g-?tronic|automatic", re.I), Gearbox.AUTOMATIC),
)  # fmt: skip
_GEARBOX = {
    word: gearbox
    for gearbox, line in {
        Gearbox.MANUAL: "mt мт мкпп механика механическая manual 5mt 6mt",
        Gearbox.AUTOMATIC: "at ат акпп автомат автоматическая auto 4at 5at 6at 7at 8at 9at 10at",
        Gearbox.ROBOT: "amt амт dsg дсг dct dcg edc pdk smg робот ркпп dht ima 6dct 7dct 7dsg 6dsg wdct",
        Gearbox.VARIATOR: "cvt вариатор ivt",
    }.items()
    for word in line.split()
}
_DRIVE = {
    word: drive
    for drive, line in {
        Drive.ALL: "4wd awd 4x4 4х4 quattro xdrive 4matic 4motion полный all4 4drive sh-awd allgrip syncro htrac",
        Drive.FRONT: "fwd передний 4x2f",
        Drive.REAR: "rwd задний sdrive",
    }.items()
    for word in line.split()
}
_DIESEL_WORDS = _set(
    "d td tdi dci cdi hdi ehdi bluehdi crdi cdti dtec tdci tdv6 tdv8 sdv6 sdv8 jtd jtdm multijet d4d di-d did ddis "
    "vgt cdx bluetec i-dtec xdi e-xdi skyactiv-d дизель дизельный diesel тд dtdi sdi tddi tid tdx d4 d5 idt"
)
_PETROL_WORDS = _set(
    "i t ti tsi tfsi fsi gdi tgdi t-gdi mpi cgi kompressor vvt vvt-i vtec dohc ecoboost thp vti tce puretech mivec "
    "бензин бензиновый gasoline petrol"
)
_HYBRID_WORDS = _set("hyb hybrid hev phev mhev гибрид гибридный e-power dm-i dm dhe idd tfsie e-hev")
_ELECTRIC_WORDS = _set("electro electric электро ev электрический bev")
_GAS_WORDS = _set("cng lpg метан пропан газ гбо ngt")
_WORDS_OF_FUEL = _set("бензин дизель гибрид электро газ")
_ENGINE_SIGNS = _DIESEL_WORDS | _PETROL_WORDS | _HYBRID_WORDS | _GAS_WORDS
# A nameplate such as 320d, 30d, E220d or D200 tells the fuel where the litres carry no sign.
_NAMEPLATE_DIESEL = re.compile(r"^[a-z]{0,3}\d{2,3}d$|^d\d{3}$", re.IGNORECASE)
_NAMEPLATE_HYBRID = re.compile(r"^[a-z]{0,3}\d{2,3}(?:h|e|de)$|^p\d{3}e$", re.IGNORECASE)

_known: dict[str, Modification] = {"": NOTHING}


def read_modification(text: str) -> Modification:
    """What the words tell; the words that tell nothing are passed over."""
    found = _known.get(text)
    if found is None:
        if len(_known) >= _CACHED:
            _known.clear()
        found = _known[text] = _read(text[:300].replace("\u00a0", " ").replace("\u2009", " "))
    return found


def _read(text: str) -> Modification:
    power_hp, is_kilowatts, text = _take_power(text)
    engine_cc, sign, nameplate, text = _take_engine(text)
    gearbox, text = _take_gearbox(text)
    found = [word.casefold() for word in _WORD.findall(text)]
    gearbox = gearbox or next((_GEARBOX[word] for word in found if word in _GEARBOX), None)
    drive = next((_DRIVE[word] for word in found if word in _DRIVE), None)
    fuel = Fuel.ELECTRIC if is_kilowatts and engine_cc is None else _fuel_of([sign, *found] if sign else found)
    if fuel is None and engine_cc and gearbox:
        fuel = Fuel.PETROL  # The grammar of the catalogues: litres without a sign are petrol.
    return Modification(engine_cc, fuel, gearbox, drive, power_hp, nameplate)


def _take_power(text: str) -> tuple[int | None, bool, str]:
    match = _POWER.search(text)
    if match is None:
        return None, False, text
    is_kilowatts = match[2].casefold() in ("квт", "kw")
    number = float(match[1].replace(",", ".")) * (_HP_PER_KW if is_kilowatts else 1)
    rest = f"{text[: match.start()]} {text[match.end() :]}"
    # «Electro AT (430 кВт)» and «(585 л.с., 430 кВт)» both occur; horse powers are taken first where both stand.
    return (round(number) if 10 <= number <= 2500 else None), is_kilowatts, _POWER.sub(" ", rest)


def _take_engine(text: str) -> tuple[int | None, str, str, str]:
    """(cubic centimetres, the letters glued to the litres, the nameplate before them, the text without the litres)."""
    if cubic := _CUBIC.search(text):
        volume = int(cubic[1].replace(" ", ""))
        return (volume if 300 <= volume <= 9000 else None), "", "", f"{text[: cubic.start()]} {text[cubic.end() :]}"
    match = _LITRES.search(text) or _TURBO_ONLY.search(text)
    if match is None:
        return None, "", "", text
    litres = float(match[1].replace(",", "."))
    sign = match[0][match.end(1) - match.start() :].strip().casefold()
    keep = ""
    if sign not in _ENGINE_SIGNS:
        keep, sign = ("" if sign in ("л", "l") else sign), ""  # «1.6MT», «1.4 S tronic»: no sign of the engine.
    volume = round(litres * 1000)
    before = text[: match.start()].strip(" ,-/(")
    rest = " ".join(f"{text[: match.start()]} {keep} {text[match.end() :]}".split())
    return (volume if 300 <= volume <= 9000 else None), sign, _nameplate(before), rest


def _nameplate(before: str) -> str:
    told_elsewhere = (_GEARBOX, _DRIVE, _WORDS_OF_FUEL)
    return " ".join(w for w in before.split() if not any(w.casefold() in words for words in told_elsewhere))


def _take_gearbox(text: str) -> tuple[Gearbox | None, str]:
    for pattern, gearbox in _GEARBOX_PHRASES:
        if pattern.search(text):
            return gearbox, pattern.sub(" ", text)
    return None, text


def _fuel_of(found: list[str]) -> Fuel | None:
    has = set(found)
    if has & _HYBRID_WORDS:
        return Fuel.HYBRID
    if has & _ELECTRIC_WORDS:
        return Fuel.ELECTRIC
    if has & _DIESEL_WORDS or any(_NAMEPLATE_DIESEL.match(word) for word in found):
        return Fuel.DIESEL
    if any(_NAMEPLATE_HYBRID.match(word) for word in found):
        return Fuel.HYBRID
    if has & _PETROL_WORDS:
        return Fuel.PETROL
    return Fuel.GAS if has & _GAS_WORDS else None
