"""What distribution reckons with, as plain data: waiting cards, operators and their caps, groups, quotas of filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.schedule import Schedule
from app.domain.verdict import Verdict, no, yes
from app.errors import Reason

NO_CAP = 1 << 31


@dataclass(frozen=True, slots=True, kw_only=True)
class DealRules:
    """The caps here hold for operators who have none of their own; None is no cap."""

    priority_hours: int = 12
    ageing: int = 2  # at least 2, or a steady flow of fresh cards would starve the rest
    freshness_days: int = 7  # an advert that was older when its card came counts as so old
    max_new: int | None = None
    max_open: int | None = None
    hour_cap: int | None = None
    day_cap: int | None = None
    return_after_min: int | None = 120  # dealt, but nobody opened it
    take_return_min: int | None = 480  # opened, but nothing came of it

    def __post_init__(self) -> None:
        if self.ageing < 2:
            raise ValueError("ageing below 2 lets cards starve")


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorLoad:
    id: int
    weight: int = 100
    max_new: int | None = None  # dealt and not opened yet
    max_open: int | None = None
    hour_cap: int | None = None
    day_cap: int | None = None
    new_n: int = 0
    open_n: int = 0
    hour_n: int = 0
    day_n: int = 0
    is_present: bool = True
    groups: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLoad:
    id: int
    is_enabled: bool = True
    is_push: bool = True  # else its operators take from the pool by themselves
    schedule: Schedule = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterQuota:
    """How many cards of one filter may be open, and be given out today; and when it is dealt at all."""

    filter_id: int
    open_cap: int | None = None
    day_cap: int | None = None
    open_n: int = 0
    day_n: int = 0
    schedule: Schedule = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCard:
    """`operator_id` or `group_id` is whom its filter names; `not_for` are those who had it and let it go."""

    id: int
    rank: int = 0
    filter_id: int | None = None
    operator_id: int | None = None
    group_id: int | None = None
    not_for: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Decision:
    card_id: int
    operator_id: int | None
    reason: Reason


def may_take(load: OperatorLoad, rules: DealRules, *, is_push: bool = True) -> Verdict:
    """May one more card come to the operator? Who takes by himself opens it at once: the cap of new ones is silent."""
    if not load.is_present:
        return no("operator_absent", operator_id=load.id)
    reached = [(name, n, cap) for name, n, cap in _caps(load, rules, is_push) if n >= cap]
    if reached:
        name, n, cap = reached[0]
        return no(name, n=n, cap=cap, reached=tuple(name for name, _, _ in reached))
    return yes("has_room", room=room_of(load, rules, is_push))


def _caps(load: OperatorLoad, rules: DealRules, is_push: bool) -> list[tuple[str, int, int]]:
    caps = (
        ("cap_new", load.new_n, _own(load.max_new, rules.max_new) if is_push else None),
        ("cap_open", load.open_n, _own(load.max_open, rules.max_open)),
        ("cap_hour", load.hour_n, _own(load.hour_cap, rules.hour_cap)),
        ("cap_day", load.day_n, _own(load.day_cap, rules.day_cap)),
    )
    return [(name, n, cap) for name, n, cap in caps if cap is not None]


def _own(own: int | None, house: int | None) -> int | None:
    return house if own is None else own


def room_of(load: OperatorLoad, rules: DealRules, is_push: bool = True) -> int:
    """One card raises every counter by one, so the narrowest cap alone says how many more may come."""
    return min((cap - n for _, n, cap in _caps(load, rules, is_push)), default=NO_CAP)


def return_due(assigned_at: datetime, taken_at: datetime | None, now: datetime, rules: DealRules) -> Verdict:
    """Passed: the card goes back to the pool. The caller leaves out cards on which something was written."""
    since, minutes = (assigned_at, rules.return_after_min) if taken_at is None else (taken_at, rules.take_return_min)
    if minutes is None:
        return no("never_returned")
    if now - since >= timedelta(minutes=minutes):
        return yes("timeout" if taken_at is None else "untouched", since=since, minutes=minutes)
    return no("in_time", since=since, minutes=minutes)


def quota_room_of(quota: FilterQuota) -> int:
    caps = ((quota.open_cap, quota.open_n), (quota.day_cap, quota.day_n))
    return min((cap - n for cap, n in caps if cap is not None), default=NO_CAP)
