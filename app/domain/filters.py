"""What a supervisor looks for and what a card shows: plain data, and each wish judged with its reason."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from app.domain.schedule import Schedule
from app.errors import Reason

# Whole numbers, both ends included, None is an open end.
Span = tuple[int | None, int | None]
OPEN: Span = (None, None)


@dataclass(frozen=True, slots=True)
class CarLine:
    """One line of the car choice: a whole make, or a model, or a generation.

    A model line names its make too and a generation line both, so that a card whose model is unknown can still be
    accepted by its make.
    """

    make_id: int
    model_id: int | None = None
    generation_id: int | None = None

    def __post_init__(self) -> None:
        if self.generation_id is not None and self.model_id is None:
            raise ValueError("a generation line has to name its model")


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterSpec:
    """A filter as plain data. A set of None, no car lines or an open span ask nothing.

    An empty set is a wish that nothing fulfils. `unknown_ok` names the criteria (see CRITERIA) for which a card that
    does not say is accepted; most adverts never mention damage, so silence there is accepted unless it is taken out.
    """

    id: int
    version: int = 1
    name: str = ""
    priority: int = 0  # the higher goes first; equal ones by id
    is_enabled: bool = True
    schedule: Schedule = ()  # asked at distribution, in company time; never part of matching
    operator_id: int | None = None
    group_id: int | None = None
    include_foreign: bool = False
    accept_damaged: bool = True
    city_ids: frozenset[int] | None = None  # expanded from centres and radii when saved; None is all Russia
    lines: tuple[CarLine, ...] = ()
    fuel: frozenset[str] | None = None
    gearbox: frozenset[str] | None = None
    drive: frozenset[str] | None = None
    body: frozenset[str] | None = None
    wheel: frozenset[str] | None = None
    seller_kind: frozenset[str] | None = None
    source_ids: frozenset[int] | None = None
    color: frozenset[str] | None = None
    crm_client: frozenset[str] | None = None
    origin: frozenset[str] | None = None
    client_points: int = 0  # what a client of the CRM is worth more, or less, in the order of dealing
    year: Span = OPEN
    mileage_km: Span = OPEN
    price: Span = OPEN
    price_to_median_pct: Span = OPEN
    engine_cc: Span = OPEN
    power_hp: Span = OPEN
    owners: Span = OPEN
    reseller_score: Span = OPEN
    age_hours: Span = OPEN  # since publication; changes by itself, so it is a residual check
    words_yes: tuple[str, ...] = ()
    words_no: tuple[str, ...] = ()
    unknown_ok: frozenset[str] = frozenset({"damage"})

    @property
    def has_residual(self) -> bool:
        """Whether something is asked that the index cannot hold: freshness or words."""
        return self.age_hours != OPEN or bool(self.words_yes or self.words_no)

    @property
    def needs_clients(self) -> bool:
        """Whether it matters to this filter that the CRM knows the seller."""
        return self.crm_client is not None or self.client_points != 0


class CarCard(NamedTuple):
    """What matching sees of a card. A tuple, because the index reads it by position; None means «not said»."""

    id: int = 0
    is_foreign: bool = False
    city_id: int | None = None
    make_id: int | None = None
    model_id: int | None = None
    generation_id: int | None = None
    fuel: str | None = None
    gearbox: str | None = None
    drive: str | None = None
    body: str | None = None
    wheel: str | None = None
    seller_kind: str | None = None
    source_id: int | None = None
    color: str | None = None
    is_damaged: bool | None = None
    year: int | None = None
    mileage_km: int | None = None
    price: int | None = None
    price_to_median_pct: int | None = None
    engine_cc: int | None = None
    power_hp: int | None = None
    owners: int | None = None
    reseller_score: int | None = None
    published_at: datetime | None = None
    title: str = ""
    description: str = ""
    crm_client: str | None = None  # client, stranger
    origin: str | None = None  # ad, lead


# criterion -> (field of FilterSpec, field of CarCard)
SETS = {
    "city": ("city_ids", "city_id"),
    "fuel": ("fuel", "fuel"),
    "gearbox": ("gearbox", "gearbox"),
    "drive": ("drive", "drive"),
    "body": ("body", "body"),
    "wheel": ("wheel", "wheel"),
    "seller_kind": ("seller_kind", "seller_kind"),
    "source": ("source_ids", "source_id"),
    "color": ("color", "color"),
    "crm_client": ("crm_client", "crm_client"),
    "origin": ("origin", "origin"),
}
RANGES = (
    "year", "mileage_km", "price", "price_to_median_pct", "engine_cc", "power_hp", "owners", "reseller_score",
)  # fmt: skip
CRITERIA = ("foreign", *SETS, "car", "damage", *RANGES, "age_hours", "keywords")


@dataclass(frozen=True, slots=True)
class Check:
    """One criterion judged. Codes: not_asked, fits, misses, unknown_accepted, unknown_refused; args wanted and has."""

    criterion: str
    passed: bool
    reason: Reason


def explain(spec: FilterSpec, card: CarCard, now: datetime) -> tuple[Check, ...]:
    """Every wish of the filter against the card. Whether the filter is on, and its schedule, are not wishes."""
    return tuple(_checks(spec, card, now))


def _checks(spec: FilterSpec, card: CarCard, now: datetime) -> Iterator[Check]:
    foreign_fits = spec.include_foreign or not card.is_foreign
    yield _check("foreign", spec.include_foreign, card.is_foreign, foreign_fits)
    for criterion, (wish, field) in SETS.items():
        yield _in_set(criterion, getattr(spec, wish), getattr(card, field), spec)
    yield _car(spec, card)
    yield _damage(spec, card)
    for criterion in RANGES:
        yield _in_span(criterion, getattr(spec, criterion), getattr(card, criterion), spec)
    yield _age(spec, card, now)
    yield _keywords(spec, card)


def _check(criterion: str, wanted: Any, has: Any, fits: bool) -> Check:
    return Check(criterion, fits, Reason("fits" if fits else "misses", {"wanted": wanted, "has": has}))


def _unknown(criterion: str, wanted: Any, spec: FilterSpec) -> Check:
    accepted = criterion in spec.unknown_ok
    code = "unknown_accepted" if accepted else "unknown_refused"
    return Check(criterion, accepted, Reason(code, {"wanted": wanted, "has": None}))


def _not_asked(criterion: str, has: Any) -> Check:
    return Check(criterion, True, Reason("not_asked", {"wanted": None, "has": has}))


def _in_set(criterion: str, wanted: frozenset[Any] | None, has: Any, spec: FilterSpec) -> Check:
    if wanted is None:
        return _not_asked(criterion, has)
    return _unknown(criterion, wanted, spec) if has is None else _check(criterion, wanted, has, has in wanted)


def _in_span(criterion: str, wanted: Span, has: float | None, spec: FilterSpec) -> Check:
    if wanted == OPEN:
        return _not_asked(criterion, has)
    return _unknown(criterion, wanted, spec) if has is None else _check(criterion, wanted, has, _within(wanted, has))


def _within(span: Span, value: float) -> bool:
    low, high = span
    return (low is None or low <= value) and (high is None or value <= high)


def _car(spec: FilterSpec, card: CarCard) -> Check:
    has = (card.make_id, card.model_id, card.generation_id)
    if not spec.lines:
        return _not_asked("car", has)
    if any(_line_fits(line, card) for line in spec.lines):
        return _check("car", spec.lines, has, True)
    if any(_line_may_fit(line, card) for line in spec.lines):
        return _unknown("car", spec.lines, spec)
    return _check("car", spec.lines, has, False)


def _line_fits(line: CarLine, card: CarCard) -> bool:
    if line.generation_id is not None:
        return line.generation_id == card.generation_id
    if line.model_id is not None:
        return line.model_id == card.model_id
    return line.make_id == card.make_id


def _line_may_fit(line: CarLine, card: CarCard) -> bool:
    """The deepest thing that both name agrees, and the card is silent below it."""
    levels = (
        (line.generation_id, card.generation_id),
        (line.model_id, card.model_id),
        (line.make_id, card.make_id),
    )
    for wanted, has in levels:
        if wanted is not None and has is not None:
            return wanted == has
    return True


def _damage(spec: FilterSpec, card: CarCard) -> Check:
    if spec.accept_damaged:
        return _not_asked("damage", card.is_damaged)
    if card.is_damaged is None:
        return _unknown("damage", False, spec)
    return _check("damage", False, card.is_damaged, not card.is_damaged)


def _age(spec: FilterSpec, card: CarCard, now: datetime) -> Check:
    if card.published_at is None:
        return _in_span("age_hours", spec.age_hours, None, spec)
    # A site's clock may run ahead of ours: an advert from the future is brand new.
    age = max(now - card.published_at, timedelta()) / timedelta(hours=1)
    return _in_span("age_hours", spec.age_hours, age, spec)


def _keywords(spec: FilterSpec, card: CarCard) -> Check:
    wanted = {"any_of": spec.words_yes, "none_of": spec.words_no}
    if not (spec.words_yes or spec.words_no):
        return _not_asked("keywords", ())
    text = fold_text(f"{card.title} {card.description}")
    if not text and spec.words_yes:
        return _unknown("keywords", wanted, spec)
    good, bad = _found(spec.words_yes, text), _found(spec.words_no, text)
    return _check("keywords", wanted, (*good, *bad), bool(good or not spec.words_yes) and not bad)


def _found(words: tuple[str, ...], text: str) -> tuple[str, ...]:
    """Words are sought from the start of a word: «торг» finds «торга» and leaves «автоторг» alone."""
    padded = f" {text}"
    return tuple(word for word in words if (folded := fold_text(word)) and f" {folded}" in padded)


def passes_residual(spec: FilterSpec, card: CarCard, now: datetime) -> bool:
    return _age(spec, card, now).passed and _keywords(spec, card).passed


_NOT_WORD = re.compile(r"[\W_]+")
_LATIN, _CYRILLIC = re.compile(r"[a-z]"), re.compile(r"[а-я]")
_LOOKALIKE = str.maketrans("abcehkmoptxy", "авсенкмортху")


def fold_text(text: str) -> str:
    """Lower case, ё as е, punctuation and emoji as one space; Latin look-alikes inside a Cyrillic word become Cyrillic.

    Sellers write «тoрг» with a Latin «o» to get past a site's own word filter.
    """
    folded = unicodedata.normalize("NFKC", text).casefold().replace("ё", "е")
    folded = _NOT_WORD.sub(" ", folded).strip()
    if not (_LATIN.search(folded) and _CYRILLIC.search(folded)):
        return folded
    return " ".join(map(_unmixed, folded.split(" ")))


def _unmixed(word: str) -> str:
    return word.translate(_LOOKALIKE) if _LATIN.search(word) and _CYRILLIC.search(word) else word
