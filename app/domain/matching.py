"""Which filter wants this card? All filters are compiled into integers of one bit each; a card costs a few ANDs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

from app.domain.filters import (
    OPEN,
    RANGES,
    SETS,
    CarCard,
    CarLine,
    Check,
    FilterSpec,
    Span,
    explain,
    fold_text,
    passes_residual,
)

__all__ = ["CarCard", "CarLine", "Check", "FilterSpec", "MatchIndex", "Span", "bits", "explain", "fold_text"]

_AT = {name: position for position, name in enumerate(CarCard._fields)}


class MatchIndex:
    """Bit 0 is the filter of the highest priority. Built whole from the enabled filters; never changed afterwards.

    A criterion that no filter asks for costs nothing. Freshness and words are not in the masks: `best` and `every`
    look at them for the few filters that are left.
    """

    def __init__(self, filters: Iterable[FilterSpec]) -> None:
        enabled = (spec for spec in filters if spec.is_enabled)
        self.filters = tuple(sorted(enabled, key=lambda spec: (-spec.priority, spec.id)))
        self._here = self._mask_of(lambda spec: True)
        self._abroad = self._mask_of(lambda spec: spec.include_foreign)
        self._residual = self._mask_of(lambda spec: spec.has_residual)
        self.needs_text = any(spec.words_yes or spec.words_no for spec in self.filters)
        self.needs_clients = any(spec.needs_clients for spec in self.filters)
        self._cars = _CarTables(self.filters) if any(spec.lines for spec in self.filters) else None
        tables = [self._set_table(*SETS[name], name) for name in SETS] + [self._damage_table()]
        self._sets = [table for table in tables if table is not None]
        self._ranges = [table for name in RANGES if (table := self._range_table(name)) is not None]

    def match(self, card: CarCard) -> int:
        """Mask of the filters whose wishes of the index the card fulfils."""
        mask = self._abroad if card.is_foreign else self._here
        for at, masks, other in self._sets:
            mask &= masks.get(card[at], other)
            if not mask:
                return 0
        if self._cars is not None:
            mask &= self._cars.lookup(card)
            if not mask:
                return 0
        for at, points, steps, unknown in self._ranges:
            value: Any = card[at]
            mask &= unknown if value is None else steps[bisect_right(points, value)]
            if not mask:
                return 0
        return mask

    def first(self, mask: int) -> FilterSpec | None:
        """The filter of the highest priority in the mask."""
        return self.filters[(mask & -mask).bit_length() - 1] if mask else None

    def all(self, mask: int) -> list[FilterSpec]:
        return [self.filters[position] for position in bits(mask)]

    def best(self, card: CarCard, now: datetime) -> FilterSpec | None:
        """The first filter, in order of priority, that wants the card and passes freshness and words too."""
        mask = self.match(card)
        if not mask & self._residual:
            return self.first(mask)
        return next(self._fitting(mask, card, now), None)

    def every(self, card: CarCard, now: datetime) -> list[FilterSpec]:
        mask = self.match(card)
        return list(self._fitting(mask, card, now)) if mask & self._residual else self.all(mask)

    def _fitting(self, mask: int, card: CarCard, now: datetime) -> Iterator[FilterSpec]:
        for spec in map(self.filters.__getitem__, bits(mask)):
            if not spec.has_residual or passes_residual(spec, card, now):
                yield spec

    def _mask_of(self, wish: Callable[[FilterSpec], bool]) -> int:
        return _mask((position for position, spec in enumerate(self.filters) if wish(spec)), len(self.filters))

    def _set_table(self, wish: str, field: str, criterion: str) -> tuple[int, dict[Any, int], int] | None:
        other = self._mask_of(lambda spec: getattr(spec, wish) is None)
        if other == self._here:
            return None
        wanted = _Positions()
        for position, spec in enumerate(self.filters):
            values = getattr(spec, wish)
            if values is not None:
                wanted.add(position, *values, *([None] if criterion in spec.unknown_ok else []))
        masks = {value: other | mask for value, mask in wanted.masks(len(self.filters)).items()}
        masks.setdefault(None, other)
        return _AT[field], masks, other

    def _damage_table(self) -> tuple[int, dict[Any, int], int] | None:
        accepting = self._mask_of(lambda spec: spec.accept_damaged)
        if accepting == self._here:
            return None
        silent = self._mask_of(lambda spec: spec.accept_damaged or "damage" in spec.unknown_ok)
        return _AT["is_damaged"], {True: accepting, False: self._here, None: silent}, self._here

    def _range_table(self, name: str) -> tuple[int, list[int], list[int], int] | None:
        """Between two neighbouring bounds the same filters fit: one mask for each step, found by bisection."""
        size = len(self.filters)
        unknown = self._mask_of(lambda spec: getattr(spec, name) == OPEN or name in spec.unknown_ok)
        if self._mask_of(lambda spec: getattr(spec, name) == OPEN) == self._here:
            return None
        open_below: list[int] = []
        toggles = _Positions()
        for position, spec in enumerate(self.filters):
            low, high = getattr(spec, name)
            if low is not None and high is not None and low > high:
                continue  # an impossible wish is on at no step
            if low is None:
                open_below.append(position)
            else:
                toggles.add(position, low)
            if high is not None:
                toggles.add(position, high + 1)
        changes = toggles.masks(size)
        points = sorted(changes)
        steps = [_mask(open_below, size)]
        for point in points:
            steps.append(steps[-1] ^ changes[point])
        return _AT[name], points, steps, unknown


class _CarTables:
    """Make, model and generation lines together: a card fits if any line does.

    The first three tables hold the filters with a line that ends at that level. The other three hold those that
    accept an unknown car, by what the card does tell: its model when the generation is silent, its make when the
    model is silent too, None when it tells nothing.
    """

    def __init__(self, filters: tuple[FilterSpec, ...]) -> None:
        make, model, generation = (_Positions() for _ in range(3))
        model_by_make, gen_by_make, gen_by_model = (_Positions() for _ in range(3))
        for position, spec in enumerate(filters):
            silence_fits = "car" in spec.unknown_ok
            for line in spec.lines:
                if line.generation_id is not None:
                    generation.add(position, line.generation_id)
                    if silence_fits:
                        gen_by_model.add(position, line.model_id)
                        gen_by_make.add(position, line.make_id, None)
                elif line.model_id is not None:
                    model.add(position, line.model_id)
                    if silence_fits:
                        model_by_make.add(position, line.make_id, None)
                else:
                    make.add(position, line.make_id, *([None] if silence_fits else []))
        size = len(filters)
        self._make, self._model, self._generation = make.masks(size), model.masks(size), generation.masks(size)
        self._model_by_make, self._gen_by_make = model_by_make.masks(size), gen_by_make.masks(size)
        self._gen_by_model = gen_by_model.masks(size)
        self._any = _mask((position for position, spec in enumerate(filters) if not spec.lines), size)

    def lookup(self, card: CarCard) -> int:
        make_id, model_id, generation_id = card.make_id, card.model_id, card.generation_id
        mask = self._any | self._make.get(make_id, 0)
        if model_id is None:
            mask |= self._model_by_make.get(make_id, 0)
        else:
            mask |= self._model.get(model_id, 0)
        if generation_id is not None:
            return mask | self._generation.get(generation_id, 0)
        if model_id is not None:
            return mask | self._gen_by_model.get(model_id, 0)
        return mask | self._gen_by_make.get(make_id, 0)


class _Positions:
    """Which filters name a value, gathered as lists first: a list is cheap to extend and a long integer is not."""

    def __init__(self) -> None:
        self._lists: dict[Any, list[int]] = {}

    def add(self, position: int, *values: Any) -> None:
        for value in values:
            self._lists.setdefault(value, []).append(position)

    def masks(self, size: int) -> dict[Any, int]:
        return {value: _mask(positions, size) for value, positions in self._lists.items()}


def _mask(positions: Iterable[int], size: int) -> int:
    """Filled through a byte array: setting bits of a long integer one by one would copy it every time."""
    octets = bytearray(size // 8 + 1)
    for position in positions:
        octets[position >> 3] |= 1 << (position & 7)
    return int.from_bytes(octets, "little")


def bits(mask: int) -> Iterator[int]:
    """Positions of the ones, lowest first. Wide answers go through text, where the search runs in C."""
    if mask.bit_count() > 24:
        text = bin(mask)[:1:-1]
        at = text.find("1")
        while at >= 0:
            yield at
            at = text.find("1", at + 1)
        return
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
