"""What a seller changes when he posts his car again: the levels of noise that identity is measured at."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from app.domain.cars import Body, Gearbox, KnownAd

_MAY_BE_MISSING = ("color", "owners", "generation_id", "body", "drive", "power_hp", "engine_cc")


@dataclass(frozen=True)
class Noise:
    """Shares are chances per advert (for `missing`: per field), the first two are the greatest changes."""

    price_drop: float
    mileage_growth: float
    mileage_kept: float
    rounded: float
    missing: float
    reworded: float  # another site's words for the same gearbox, body, colour, engine and power
    text_absent: float
    text_rewritten: float
    text_cut: float
    phone_kept: float
    same_site: float
    vin_hint: float = 0.0


# Cars that stand on several sites in one month keep their mileage and mostly their price; so do most of «usual».
EASY = Noise(0.05, 0.01, 0.6, 0.1, 0.05, 0.05, 0.0, 0.0, 0.4, 0.0, 0.3)
ONE_SITE = replace(EASY, same_site=1.0)
USUAL = Noise(0.10, 0.03, 0.85, 0.1, 0.1, 0.15, 0.15, 0.15, 0.3, 0.2, 0.3)
HARD = Noise(0.10, 0.03, 0.2, 0.5, 0.25, 0.25, 0.25, 0.25, 0.4, 0.0, 0.3)
BARE = replace(HARD, text_absent=1.0, text_rewritten=0.0)
MASKED = replace(BARE, vin_hint=1.0)
LEVELS = {
    "easy": EASY, "one_site": ONE_SITE, "usual": USUAL, "hard": HARD, "hard_no_text": BARE,
    "hard_no_text_vin_hint": MASKED,
}  # fmt: skip

_OTHER_WORDS: dict[object, object] = {
    Gearbox.ROBOT: Gearbox.AUTOMATIC, Gearbox.VARIATOR: Gearbox.AUTOMATIC, Body.LIFTBACK: Body.HATCHBACK,
    Body.HATCHBACK: Body.LIFTBACK, "grey": "silver", "light_blue": "blue", "beige": "gold",
}  # fmt: skip


def invented_phone(rng: random.Random) -> str:
    return f"79{rng.randrange(100):02d}000{rng.randrange(10_000):04d}"


def dressed(known: KnownAd, rng: random.Random, noise: Noise) -> KnownAd:
    """The files hide phones and VINs: each car gets invented ones, shown only as far as the level shows them."""
    known = replace(known, phones=(invented_phone(rng),), vin=None, vin_hint=None)
    if rng.random() < noise.vin_hint:
        known.vin_hint = f"XW8{'*' * 10}{rng.randrange(10_000):04d}"
    return known


def post_again(known: KnownAd, noise: Noise, rng: random.Random, other_text: str) -> tuple[KnownAd, str]:
    """The same car in another advert, and the scenario's name: what became of the text and of the mileage."""
    again = replace(known, phone_protected=rng.random() < 0.5, seller_name="", seller_external_id="", url="")
    if again.price:
        again.price = int(round(again.price * (1 - rng.uniform(0, noise.price_drop)), -3))
    mileage = _drive_on(again, noise, rng)
    for name in _MAY_BE_MISSING:
        if rng.random() < noise.missing:
            setattr(again, name, None)
    if rng.random() < noise.reworded:
        _reword(again, rng)
    if rng.random() > noise.phone_kept:
        again.phones = (invented_phone(rng),)
    return again, f"text_{_retell(again, noise, rng, other_text)}/mileage_{mileage}"


def _drive_on(again: KnownAd, noise: Noise, rng: random.Random) -> str:
    said = "kept"
    if again.mileage_km and rng.random() > noise.mileage_kept:
        again.mileage_km, said = int(again.mileage_km * (1 + rng.uniform(0, noise.mileage_growth))), "grew"
    if again.mileage_km and rng.random() < noise.rounded:
        again.mileage_km = max(1000, round(again.mileage_km, -3))
        said += "_rounded"
    return said


def _reword(again: KnownAd, rng: random.Random) -> None:
    for name in ("gearbox", "body", "color"):
        said = getattr(again, name)
        setattr(again, name, _OTHER_WORDS.get(said, said))
    if again.engine_cc:
        again.engine_cc -= rng.choice((0, 2, 9))
    if again.power_hp:
        again.power_hp += rng.choice((-1, 0, 1))


def _retell(again: KnownAd, noise: Noise, rng: random.Random, other_text: str) -> str:
    words, chance = again.description.split(" "), rng.random()
    if not again.description or chance < noise.text_absent:
        again.description = ""
        return "no_text"
    chance -= noise.text_absent
    if chance < noise.text_rewritten:
        again.description = other_text
        return "rewritten"
    if chance - noise.text_rewritten < noise.text_cut:
        again.description = " ".join(words[: max(8, int(len(words) * rng.uniform(0.3, 0.8)))])
        return "cut"
    return "kept"
