"""The families of questions: which happenings are counted together and by what. Each has a narrow table of its days."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from app.reports import _happenings as h
from app.reports import _promises as p
from app.reports._happenings import Happening


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    key: str
    dims: tuple[str, ...]
    happenings: tuple[Happening, ...]
    is_wide: bool = False  # counted by more than its table has: always from what happened

    @property
    def table(self) -> str:
        return f"day_by_{self.key}"

    @property
    def measures(self) -> tuple[str, ...]:
        return tuple(name for happening in self.happenings for name in self.measures_of(happening))

    @property
    def marks(self) -> frozenset[str]:
        return frozenset(mark for happening in self.happenings for mark in happening.marks)

    def knows(self, dim: str) -> bool:
        return any(happening.knows(dim) for happening in self.happenings)

    def measures_of(self, happening: Happening) -> tuple[str, ...]:
        """What this family counts of the happening: the number of changes belongs to statuses alone."""
        left_out = {"processed"} if self.key == "status" else {"changes"}
        return tuple(name for name in happening.measures if name not in left_out)


_CARS = (h.POSTED, h.MATCHED, h.GIVEN, h.TAKEN, h.FIRST_CALLS, h.RESULTS, h.REACHED, h.LEADS,
         p.STAGES)  # fmt: skip
_WORK = (h.GIVEN, h.TAKEN, h.RESULTS, h.REACHED, h.LEADS, p.STAGES)
FAMILIES: dict[str, Family] = {
    family.key: family
    for family in (
        Family("line", ("trunk_id", "prefix_id", "caller_number"), (h.CALLS,)),
        Family("code", ("trunk_id", "prefix_id", "caller_number", "code"), (h.CALLS,)),
        Family("caller", ("operator_id",), (h.CALLS,)),
        Family("hour", ("hour", "type", "outcome"), (h.ALL_CALLS,)),
        Family("call_city", ("city_id",), (h.CALLS,)),
        Family("city", ("city_id", "source_id"), _CARS),
        Family("make", ("make_id",), _CARS),
        Family("filter", ("filter_id",), (h.MATCHED, *_WORK)),
        Family("operator", ("operator_id",), _WORK),
        Family("status", ("operator_id", "status_id"), (h.RESULTS,)),
        Family("state", ("operator_id", "state"), (p.STATES,)),
        Family("presence", ("operator_id",), (p.PRESENCE,)),
        Family("callback", ("operator_id", "plan"), (p.CALLBACKS,)),
        Family("crm", ("connection_id", "thing", "operator_id"), (p.PUSHES,)),
        Family("sms", ("gateway_id", "template_id", "ground", "operator_id"), (h.MESSAGES,)),
    )
}


@lru_cache(maxsize=512)
def widened(family: Family, dims: frozenset[str]) -> Family:
    """The family counted by these dimensions too. What cannot be told by one of them is left out: an ad posted has no
    operator."""
    more = tuple(sorted(dims - set(family.dims)))
    if not more:
        return family
    able = tuple(one for one in family.happenings if all(one.knows(dim) for dim in more))
    return Family(family.key, (*family.dims, *more), able, is_wide=True)


@lru_cache(maxsize=512)
def counted(family: Family, *, one_day: bool = False) -> str:
    """The rows of the family's table for the days between :from_at and :until_at, counted from what happened.

    With `one_day` they are all of :day, and no moment has to be asked which day it was: half the time of a recount.
    """
    parts = []
    for happening in family.happenings:
        own = family.measures_of(happening)
        sums = ", ".join(
            f"{happening.measures[name][0]}::bigint AS {name}" if name in own else f"0::bigint AS {name}"
            for name in family.measures
        )
        dims = ", ".join(f"{happening.expression(dim)} AS {dim}" for dim in family.dims)
        groups = ", ".join(str(n + 1) for n in range(len(family.dims) + 1))
        day = "CAST(:day AS date)" if one_day else f"({happening.at} AT TIME ZONE :zone)::date"
        parts.append(
            f"SELECT {day} AS day, {dims}, {sums} "  # noqa: S608  constants of ours
            f"{happening.joined_rows(family.dims)} GROUP BY {groups}"
        )
    if len(parts) == 1:
        return parts[0]
    names = ", ".join(("day", *family.dims))
    sums = ", ".join(f"sum({name})::bigint AS {name}" for name in family.measures)
    return f"SELECT {names}, {sums} FROM ({' UNION ALL '.join(parts)}) u GROUP BY {names}"  # noqa: S608
