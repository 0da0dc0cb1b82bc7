"""Whose card is it? Cards of the pool are dealt to operators by weight, within every cap, each with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from heapq import heapify, heappop, heappush, heapreplace

from app.domain.loads import (
    DealRules,
    Decision,
    FilterQuota,
    GroupLoad,
    OperatorLoad,
    WaitingCard,
    may_take,
    quota_room_of,
    return_due,
    room_of,
)
from app.domain.ranking import order_key, rank_of
from app.domain.schedule import Schedule, Window, is_open
from app.domain.verdict import Verdict, no, yes
from app.errors import Reason

__all__ = [
    "DealRules", "Decision", "FilterQuota", "GroupLoad", "OperatorLoad", "Schedule", "WaitingCard", "Window",
    "deal", "is_open", "may_take", "order_key", "rank_of", "return_due",
]  # fmt: skip

ANYONE = None  # the heap of cards that name neither operator nor group
_Entry = tuple[float, float, int]


def deal(
    cards: Iterable[WaitingCard],
    groups: Iterable[GroupLoad],
    operators: Iterable[OperatorLoad],
    quotas: Iterable[FilterQuota],
    now: datetime,
    rules: DealRules,
) -> list[Decision]:
    """One decision per card: private cards before shared ones, then by rank. `now` is company time, for schedules.

    Shared cards go to whoever's virtual time, (cards in hand + 1) / weight, is lowest: over many cards everyone gets
    his weight's share, and who came in late or works faster is levelled by what he still holds.
    """
    table = _Table(groups, operators, quotas, now, rules)
    ordered = sorted(cards, key=lambda card: (card.operator_id is None, -card.rank, card.id))
    return [table.decide(card) for card in ordered]


class _Table:
    """The state of one deal: room left, and a heap of operators by virtual time for each group and for anyone.

    An operator sits in several heaps and his time moves in all of them: an entry is corrected when it comes up. He
    leaves a heap when he is full, so a heap that exists and is empty says that everybody is.
    """

    def __init__(
        self,
        groups: Iterable[GroupLoad],
        operators: Iterable[OperatorLoad],
        quotas: Iterable[FilterQuota],
        now: datetime,
        rules: DealRules,
    ) -> None:
        self.rules = rules
        self.loads = {load.id: load for load in operators}
        self.given = dict.fromkeys(self.loads, 0)
        self.room = {load.id: room_of(load, rules) for load in self.loads.values()}
        self.groups = {group.id: _group_verdict(group, now) for group in groups}
        self.quotas = {quota.filter_id: _quota_verdict(quota, now) for quota in quotas}
        self.quota_room = {quota.filter_id: quota_room_of(quota) for quota in quotas}
        self.heaps: dict[int | None, list[_Entry]] = {}
        for load in self.loads.values():
            if load.weight > 0 and self._is_dealt_to(load).passed:
                for group_id in (ANYONE, *load.groups):
                    self.heaps.setdefault(group_id, []).append(self._entry(load.id))
        for heap in self.heaps.values():
            heapify(heap)

    def decide(self, card: WaitingCard) -> Decision:
        quota = self.quotas.get(card.filter_id) if card.filter_id is not None else None
        if quota is not None and not quota.passed:
            return Decision(card.id, None, quota.reason)
        if card.filter_id is not None and self.quota_room.get(card.filter_id, 1) <= 0:
            return Decision(card.id, None, Reason("filter_dealt_out", {"filter_id": card.filter_id}))
        return self._to_owner(card, card.operator_id) if card.operator_id is not None else self._to_group(card)

    def _to_owner(self, card: WaitingCard, operator_id: int) -> Decision:
        load = self.loads.get(operator_id)
        if load is None:
            return _waits(card, "operator_unknown", operator_id=operator_id)
        verdict = self._is_dealt_to(load)
        if verdict.passed:
            verdict = may_take(self._with_given(load), self.rules)
        return self._give(card, operator_id, "private") if verdict.passed else Decision(card.id, None, verdict.reason)

    def _to_group(self, card: WaitingCard) -> Decision:
        if card.group_id is not None:
            verdict = self.groups.get(card.group_id, no("group_unknown", group_id=card.group_id))
            if not verdict.passed:
                return Decision(card.id, None, verdict.reason)
        heap = self.heaps.get(card.group_id)
        if heap is None:
            return _waits(card, "nobody_present", group_id=card.group_id)
        operator_id = self._lowest(heap, card.not_for)
        if operator_id is not None:
            return self._give(card, operator_id, "anyone" if card.group_id is None else "group")
        return _waits(card, "only_who_let_it_go" if heap else "all_full", group_id=card.group_id)

    def _lowest(self, heap: list[_Entry], not_for: frozenset[int]) -> int | None:
        """Whose turn it is, in O(log n): every stale or full entry is met once for the card that made it so."""
        aside: list[_Entry] = []
        chosen = None
        while heap and chosen is None:
            operator_id = heap[0][2]
            entry = self._entry(operator_id)
            if self.room[operator_id] <= 0:
                heappop(heap)
            elif entry != heap[0]:
                heapreplace(heap, entry)
            elif operator_id in not_for:
                aside.append(heappop(heap))
            else:
                chosen = operator_id
        for entry in aside:
            heappush(heap, entry)
        return chosen

    def _give(self, card: WaitingCard, operator_id: int, how: str) -> Decision:
        self.given[operator_id] += 1
        self.room[operator_id] -= 1
        if card.filter_id in self.quota_room:
            self.quota_room[card.filter_id] -= 1
        args = {"how": how, "filter_id": card.filter_id, "given": self.given[operator_id]}
        return Decision(card.id, operator_id, Reason("dealt", args))

    def _entry(self, operator_id: int) -> _Entry:
        """Virtual time, then who got less today for his weight, then the id, so that a deal can be repeated."""
        load, given = self.loads[operator_id], self.given[operator_id]
        return (load.new_n + given + 1) / load.weight, (load.day_n + given) / load.weight, operator_id

    def _is_dealt_to(self, load: OperatorLoad) -> Verdict:
        """Present, and dealt to by one of his groups at least; without a group nothing stands in the way."""
        if not load.is_present:
            return no("operator_absent", operator_id=load.id)
        verdicts = [self.groups.get(group_id, no("group_unknown", group_id=group_id)) for group_id in load.groups]
        return next((verdict for verdict in verdicts if verdict.passed), verdicts[0] if verdicts else yes("no_group"))

    def _with_given(self, load: OperatorLoad) -> OperatorLoad:
        n = self.given[load.id]
        return replace(load, new_n=load.new_n + n, open_n=load.open_n + n, hour_n=load.hour_n + n, day_n=load.day_n + n)


def _waits(card: WaitingCard, code: str, **args: int | None) -> Decision:
    return Decision(card.id, None, Reason(code, dict(args)))


def _group_verdict(group: GroupLoad, now: datetime) -> Verdict:
    if not group.is_enabled:
        return no("group_disabled", group_id=group.id)
    if not group.is_push:
        return no("group_pulls", group_id=group.id)
    return yes("group_open") if is_open(group.schedule, now) else no("group_closed", group_id=group.id)


def _quota_verdict(quota: FilterQuota, now: datetime) -> Verdict:
    if not is_open(quota.schedule, now):
        return no("filter_closed", filter_id=quota.filter_id)
    if quota.open_cap is not None and quota.open_n >= quota.open_cap:
        return no("filter_cap_open", filter_id=quota.filter_id, n=quota.open_n, cap=quota.open_cap)
    if quota.day_cap is not None and quota.day_n >= quota.day_cap:
        return no("filter_cap_day", filter_id=quota.filter_id, n=quota.day_n, cap=quota.day_cap)
    return yes("filter_open")
