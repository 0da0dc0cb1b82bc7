"""Whose figures a person may be told: everybody's, those of the groups that one supervises, or the own ones only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Sight:
    """`operators` None: everybody's. `groups` and `filters` are those that may be named beside."""

    operators: frozenset[int] | None = None
    groups: frozenset[int] = frozenset()
    filters: frozenset[int] = frozenset()
    is_own: bool = False

    @property
    def is_whole(self) -> bool:
        return self.operators is None

    def reaches(self, dim: str, value: Any) -> bool:
        """May this value of a dimension be asked for? What belongs to no group may always be."""
        if self.operators is None or value is None:
            return True
        known = {"operator_id": self.operators, "group_id": self.groups, "filter_id": self.filters}.get(dim)
        return known is None or value in known or (self.is_own and dim == "filter_id")

    def as_words(self) -> dict[str, Any] | None:
        """To be kept with an order that is carried out later; None: everybody's."""
        if self.operators is None:
            return None
        return {"operators": sorted(self.operators), "groups": sorted(self.groups), "filters": sorted(self.filters),
                "is_own": self.is_own}  # fmt: skip

    @classmethod
    def of_words(cls, kept: Mapping[str, Any] | None) -> Sight:
        if kept is None:
            return EVERYBODY
        return cls(
            frozenset(kept["operators"]), frozenset(kept["groups"]), frozenset(kept["filters"]), bool(kept["is_own"])
        )


EVERYBODY = Sight()


def own(user_id: int) -> Sight:
    return Sight(frozenset({user_id}), is_own=True)
