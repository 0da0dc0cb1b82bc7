"""A town made of calls that were really made: their rings, talks and answers instead of formulas."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.simulator.town import Times, Town

CALLS_NEEDED = 20  # fewer answered calls are no shape


def as_seen(
    town: Town,
    *,
    rings: Sequence[float],
    silences: Sequence[float],
    talks: Sequence[float],
    wraps: Sequence[float],
    machines_n: int = 0,
    rate_too: bool = True,
) -> Town:
    """The town with what was measured; where too little was, it stays as it is."""
    tried = len(rings) + len(silences) + machines_n
    if len(rings) >= CALLS_NEEDED:
        town = replace(town, rings=Times.seen(rings), talks=Times.seen(talks))
        if rate_too:
            town = replace(town, answer_rate=len(rings) / tried, machine_rate=machines_n / tried)
    if len(silences) >= CALLS_NEEDED:
        town = replace(town, silences=Times.seen(silences))
    if len(wraps) >= CALLS_NEEDED:
        town = replace(town, wraps=Times.seen(wraps))
    return town
