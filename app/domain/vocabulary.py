"""Words of adverts for body, fuel, gearbox, drive, wheel and colour, in any site's language, as our own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar

from app.domain.cars import Body, Drive, Fuel, Gearbox, Wheel

T = TypeVar("T", bound=StrEnum)

_WORDS = re.compile(r"[a-zа-я0-9+]+")
_CACHED = 20_000  # Spellings are few, but junk in a shifted column is not.


class _Remembered:
    """A reader of one kind of word that works every spelling out once."""

    __slots__ = ("_known", "_read")

    def __init__(self, read: Callable[[list[str]], object]) -> None:
        self._read = read
        self._known: dict[str, object] = {"": None}

    def __call__(self, text: str) -> object:
        try:
            return self._known[text]
        except KeyError:
            if len(self._known) >= _CACHED:
                self._known.clear()
            found = self._read(_WORDS.findall(text[:200].casefold().replace("ё", "е")))
            self._known[text] = found
            return found


def _listed(table: Mapping[T, str]) -> dict[str, T]:
    return {word: meaning for meaning, line in table.items() for word in line.split()}


def _first(table: dict[str, T]) -> Callable[[list[str]], T | None]:
    """The first word of the text that is known. Words of six letters and more may be inflected."""

    def read(found: list[str]) -> T | None:
        for word in found:
            if word in table:
                return table[word]
            for stem, meaning in table.items():
                if len(stem) >= 6 and word.startswith(stem):
                    return meaning
        return None

    return read


def _strongest(*ranks: dict[str, T]) -> Callable[[list[str]], T | None]:
    """A stronger word anywhere in the text wins: «бензиновый гибрид» is a hybrid, «автомат (вариатор)» a variator."""
    readers = [_first(rank) for rank in ranks]

    def read(found: list[str]) -> T | None:
        return next((meaning for reader in readers if (meaning := reader(found)) is not None), None)

    return read


_body = _Remembered(
    _first(
        _listed(
            {
                Body.SEDAN: "седан sedan saloon фастбек fastback phaeton фаэтон тарга-седан",
                Body.HATCHBACK: "хэтчбек хетчбэк хетчбек хэтчбэк хечбек хэчбек хетчбег hatchback hatch хэтч",
                Body.LIFTBACK: "лифтбек лифтбэк liftback лифбек",
                Body.WAGON: "универсал universal wagon estate kombi комби station avant touring shooting shootingbrake",
                Body.SUV: "внедорожник кроссовер suv allroad crossover джип offroad паркетник jeep кросовер",
                Body.COUPE: "купе coupe тарга targa",
                Body.CABRIO: "кабриолет cabrio cabriolet convertible родстер roadster спидстер speedster открытый",
                Body.MINIVAN: "минивэн минивен minivan компактвэн компактвен compactvan микровэн микровен microvan mpv "
                "компактмпв пассажирский",
                Body.PICKUP: "пикап pickup pick truck ute",
                Body.VAN: "фургон van грузовой cargo цельнометаллический",
                Body.BUS: "микроавтобус автобус minibus bus",
                Body.LIMOUSINE: "лимузин limousine limo",
            }
        )
    )
)

_fuel = _Remembered(
    _strongest(
        _listed({Fuel.HYBRID: "гибрид гибридный hybrid hyb phev hev mhev erev гибр plugin последовательный"}),
        _listed({Fuel.DIESEL: "дизель дизельный diesel diezel диз солярка тд tdi cdi crdi hdi дт"}),
        _listed({Fuel.PETROL: "бензин бензиновый petrol gasoline benzin бенз"}),
        _listed({Fuel.ELECTRIC: "электро электрический электромобиль electro electric ev bev elektro"}),
        _listed({Fuel.GAS: "газ гбо lpg cng метан пропан gas газовый сжиженный"}),
    )
)

_gearbox = _Remembered(
    _strongest(
        _listed({Gearbox.ROBOT: "робот роботизированная роботизированный robot robotic robotized amt ркпп dsg dct"}),
        _listed({Gearbox.VARIATOR: "вариатор variator cvt бесступенчатая вариаторная"}),
        _listed({Gearbox.AUTOMATIC: "автомат автоматическая акпп at auto automatic акп типтроник tiptronic редуктор"}),
        _listed({Gearbox.MANUAL: "механика механическая механический мкпп mt manual mechanical мех мкп ручная"}),
    )
)

_drive = _Remembered(
    _strongest(
        _listed({Drive.ALL: "полный all 4wd awd 4x4 4х4 full quattro xdrive 4matic 4motion полноприводный подключаемый "
                            "постоянный optional"}),
        _listed({Drive.FRONT: "передний forward front fwd переднеприводный"}),
        _listed({Drive.REAR: "задний rear rwd заднеприводный"}),
    )
)  # fmt: skip

_wheel = _Remembered(
    _first(_listed({Wheel.LEFT: "левый left лев слева lhd левосторонний", Wheel.RIGHT: "правый right прав справа rhd"}))
)


def body(text: str) -> Body | None:
    return _body(text)  # type: ignore[return-value]


def fuel(text: str) -> Fuel | None:
    return _fuel(text)  # type: ignore[return-value]


def gearbox(text: str) -> Gearbox | None:
    return _gearbox(text)  # type: ignore[return-value]


def drive(text: str) -> Drive | None:
    return _drive(text)  # type: ignore[return-value]


def wheel(text: str) -> Wheel | None:
    return _wheel(text)  # type: ignore[return-value]


# --- colours

COLORS = (
    "black", "white", "silver", "grey", "blue", "light_blue", "red", "burgundy", "green", "brown", "beige", "yellow",
    "orange", "gold", "violet", "pink",
)  # fmt: skip

# Auto.ru paints its adverts with these sixteen; a mobile feed sends the code instead of the word.
_HEX = {
    "040001": "black", "fafbfb": "white", "cacecb": "silver", "97948f": "grey", "0000cc": "blue",
    "22a0f8": "light_blue", "ee1d19": "red", "007f00": "green", "200204": "brown", "c49648": "beige",
    "ffd600": "yellow", "ff8649": "orange", "dea522": "gold", "4a2197": "violet", "660099": "violet",
    "ffc0cb": "pink",
}  # fmt: skip

_COLOR_STEMS = {
    "черн": "black", "бел": "white", "серебр": "silver", "сер": "grey", "графит": "grey", "асфальт": "grey",
    "синий": "blue", "син": "blue", "темносин": "blue", "голуб": "light_blue", "бирюз": "light_blue",
    "красн": "red", "вишн": "burgundy", "бордо": "burgundy", "малин": "burgundy", "зелен": "green", "салат": "green",
    "хаки": "green", "олив": "green", "изумруд": "green", "корич": "brown", "шокол": "brown", "бронз": "brown",
    "беж": "beige", "песоч": "beige", "шампан": "beige", "слонов": "beige", "желт": "yellow", "лимон": "yellow",
    "оранж": "orange", "золот": "gold", "фиол": "violet", "пурпур": "violet", "сирен": "violet", "баклаж": "violet",
    "роз": "pink",
    "black": "black", "white": "white", "snow": "white", "pearl": "white", "silver": "silver", "grey": "grey",
    "gray": "grey", "graphite": "grey", "anthracite": "grey", "blue": "blue", "navy": "blue", "lightblue": "light_blue",
    "cyan": "light_blue", "azure": "light_blue", "turquoise": "light_blue", "red": "red", "burgundy": "burgundy",
    "maroon": "burgundy", "vinous": "burgundy", "green": "green", "khaki": "green", "olive": "green", "brown": "brown",
    "bronze": "brown", "beige": "beige", "champagne": "beige", "yellow": "yellow", "orange": "orange", "gold": "gold",
    "violet": "violet", "purple": "violet", "pink": "pink",
    # Style-sheet names that an export makes of the sixteen codes above.
    "mediumblue": "blue", "lightgray": "silver", "crimson": "red", "peru": "beige", "dodgerblue": "light_blue",
    "indigo": "violet", "darkslateblue": "violet", "coral": "orange", "goldenrod": "gold",
}  # fmt: skip
_LIGHT = frozenset({"light", "sky"})


def _read_color(found: list[str]) -> str | None:
    for at, word in enumerate(found):
        if word in _HEX:
            return _HEX[word]
        # The longest stem first: «серебристый» is no «серый».
        for length in range(len(word), 2, -1):
            name = _COLOR_STEMS.get(word[:length])
            if name and (not word.isascii() or length == len(word) or name == "gold"):
                return "light_blue" if name == "blue" and at and found[at - 1] in _LIGHT else name
    return None


_color = _Remembered(_read_color)


def color(text: str) -> str | None:
    """Canonical: one of COLORS. A paint code of the maker (058/11) is not told apart."""
    return _color(text)  # type: ignore[return-value]
