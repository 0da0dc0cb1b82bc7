"""What a metric is: its name, its formula in words, and how it is made of the measures that are counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

COUNT, SHARE, CLOCK, HOURS, MONEY = "count", "share", "clock", "hours", "money"


@dataclass(frozen=True, slots=True)
class Metric:
    """`kind`: count; share (0.25 is 25 %); clock (seconds, shown 3:07); hours (hours with one digit after the comma);
    money (roubles with kopecks).

    A metric with `over` is a quotient, blank where nothing is below; `scale` turns the measure's unit into the kind's.
    """

    key: str
    label: Any
    formula: Any
    of: str
    over: str = ""
    kind: str = COUNT
    scale: float = 1.0
    is_bad: bool = False  # more of it is worse: the comparison is coloured the other way round

    @property
    def measures(self) -> tuple[str, ...]:
        return (self.of, self.over) if self.over else (self.of,)

    def value(self, sums: dict[str, int]) -> float | int | None:
        above = sums.get(self.of, 0)
        if not self.over:
            return above * self.scale if self.scale != 1.0 else above
        below = sums.get(self.over, 0)
        return above * self.scale / below if below else None
