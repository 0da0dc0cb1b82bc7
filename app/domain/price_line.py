"""The history of a price as a line to draw: steps through time, scaled into a small box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

WIDTH, HEIGHT, MARGIN = 240, 48, 4


@dataclass(frozen=True, slots=True)
class Line:
    points: str  # of an SVG polyline
    market_y: float | None  # where the market's median lies, when it is near enough to be drawn
    low: int
    high: int


def drawn(history: Sequence[tuple[datetime, int]], market: int | None = None) -> Line | None:
    """Nothing for less than two moments: a price that never changed is no line.

    The market is drawn only when it does not squeeze the changes flat: up to the range of the prices beyond it.
    """
    if len(history) < 2:
        return None
    moments, prices = sorted(history), [price for _at, price in history]
    low, high = min(prices), max(prices)
    reach = max(high - low, high // 20)
    near = market is not None and low - reach <= market <= high + reach
    bottom, top = (min(low, market), max(high, market)) if near and market is not None else (low, high)
    begun, seconds = moments[0][0], (moments[-1][0] - moments[0][0]).total_seconds()

    def y(price: int) -> float:
        share = (price - bottom) / (top - bottom) if top > bottom else 0.5
        return round(HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN), 1)

    points: list[str] = []
    last: float | None = None
    for at, price in moments:
        x = round(MARGIN + ((at - begun).total_seconds() / seconds if seconds else 0) * (WIDTH - 2 * MARGIN), 1)
        if last is not None and last != y(price):
            points.append(f"{x:g},{last:g}")  # the old price held until this moment
        last = y(price)
        points.append(f"{x:g},{last:g}")
    return Line(" ".join(points), y(market) if near and market is not None else None, low, high)
