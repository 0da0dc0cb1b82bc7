"""Distribution: whose card is it, by weight, within every cap, with the reason."""

from __future__ import annotations

import time as clock
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.distribution import (
    DealRules,
    Decision,
    FilterQuota,
    GroupLoad,
    OperatorLoad,
    WaitingCard,
    Window,
    deal,
    may_take,
)

NOON = datetime(2026, 11, 23, 12)
RULES = DealRules()


def dealt(
    cards: Iterable[WaitingCard],
    operators: Iterable[OperatorLoad],
    groups: Iterable[GroupLoad] = (),
    quotas: Iterable[FilterQuota] = (),
    rules: DealRules = RULES,
) -> list[Decision]:
    return deal(cards, groups, operators, quotas, NOON, rules)


def shares(decisions: list[Decision]) -> Counter[int | None]:
    return Counter(decision.operator_id for decision in decisions)


def why(decisions: list[Decision]) -> dict[int, str]:
    return {decision.card_id: decision.reason.code for decision in decisions}


def plain(n: int) -> list[WaitingCard]:
    return [WaitingCard(id=number) for number in range(1, n + 1)]


def test_cards_are_shared_by_weight() -> None:
    operators = [OperatorLoad(id=1, weight=100), OperatorLoad(id=2, weight=200), OperatorLoad(id=3, weight=300)]
    assert shares(dealt(plain(600), operators)) == {1: 100, 2: 200, 3: 300}


def test_who_still_holds_many_new_cards_gets_fewer() -> None:
    operators = [OperatorLoad(id=1, new_n=10), OperatorLoad(id=2)]
    assert shares(dealt(plain(30), operators)) == {1: 10, 2: 20}


def test_single_cards_dealt_one_by_one_do_not_all_go_to_the_same_person() -> None:
    first = dealt(plain(1), [OperatorLoad(id=1), OperatorLoad(id=2)])[0].operator_id
    second = dealt(plain(1), [OperatorLoad(id=1, day_n=1), OperatorLoad(id=2)])[0].operator_id
    assert (first, second) == (1, 2)


def test_caps_are_filled_exactly_and_the_rest_waits() -> None:
    operators = [OperatorLoad(id=1, max_open=7, open_n=4), OperatorLoad(id=2, day_cap=5, day_n=1, hour_cap=9)]
    decisions = dealt(plain(20), operators)
    assert shares(decisions) == {1: 3, 2: 4, None: 13}
    assert {decision.reason.code for decision in decisions if decision.operator_id is None} == {"all_full"}


def test_absent_operator_and_zero_weight_get_no_shared_cards() -> None:
    operators = [OperatorLoad(id=1, is_present=False), OperatorLoad(id=2, weight=0), OperatorLoad(id=3)]
    assert shares(dealt(plain(9), operators)) == {3: 9}


def test_nobody_present_leaves_every_card_in_the_pool() -> None:
    assert why(dealt(plain(2), [OperatorLoad(id=1, is_present=False)])) == {1: "nobody_present", 2: "nobody_present"}
    assert why(dealt(plain(1), [])) == {1: "nobody_present"}


def test_card_of_a_higher_rank_goes_first_when_there_is_little_room() -> None:
    cards = [WaitingCard(id=1, rank=5), WaitingCard(id=2, rank=9), WaitingCard(id=3, rank=7)]
    decisions = dealt(cards, [OperatorLoad(id=1, max_new=2)])
    assert [decision.card_id for decision in decisions if decision.operator_id] == [2, 3]


def test_private_card_goes_before_shared_ones_of_a_higher_rank() -> None:
    cards = [WaitingCard(id=1, rank=99), WaitingCard(id=2, rank=1, operator_id=1)]
    decisions = dealt(cards, [OperatorLoad(id=1, max_new=1)])
    assert why(decisions) == {2: "dealt", 1: "all_full"}
    assert decisions[0].reason.args["how"] == "private"


def test_private_card_waits_for_its_operator_with_the_reason() -> None:
    operators = [OperatorLoad(id=1, is_present=False), OperatorLoad(id=2, max_new=1), OperatorLoad(id=3)]
    cards = [WaitingCard(id=n, operator_id=owner) for n, owner in ((1, 1), (2, 2), (3, 2), (4, 77))]
    assert why(dealt(cards, operators)) == {1: "operator_absent", 2: "dealt", 3: "cap_new", 4: "operator_unknown"}


def test_zero_weight_still_gets_private_cards() -> None:
    assert shares(dealt([WaitingCard(id=1, operator_id=2)], [OperatorLoad(id=2, weight=0)])) == {2: 1}


def test_card_of_a_group_goes_to_its_members_only() -> None:
    operators = [OperatorLoad(id=1, groups=frozenset({10})), OperatorLoad(id=2, groups=frozenset({20}))]
    cards = [WaitingCard(id=n, group_id=10) for n in range(5)]
    assert shares(dealt(cards, operators, [GroupLoad(id=10), GroupLoad(id=20)])) == {1: 5}


def test_operator_of_two_groups_is_not_counted_twice() -> None:
    operators = [
        OperatorLoad(id=1, groups=frozenset({10, 20})),
        OperatorLoad(id=2, groups=frozenset({10})),
        OperatorLoad(id=3, groups=frozenset({20})),
    ]
    cards = [WaitingCard(id=n, group_id=10 + 10 * (n % 2)) for n in range(90)]
    assert shares(dealt(cards, operators, [GroupLoad(id=10), GroupLoad(id=20)])) == {1: 30, 2: 30, 3: 30}


@pytest.mark.parametrize(
    ("group", "code"),
    [
        (GroupLoad(id=10, is_enabled=False), "group_disabled"),
        (GroupLoad(id=10, is_push=False), "group_pulls"),
        (GroupLoad(id=10, schedule=(Window(time(13), time(18)),)), "group_closed"),
        (GroupLoad(id=11), "group_unknown"),
    ],
)
def test_group_that_is_not_dealt_to_keeps_its_cards_waiting(group: GroupLoad, code: str) -> None:
    operators = [OperatorLoad(id=1, groups=frozenset({10}))]
    cards = [WaitingCard(id=1, group_id=10), WaitingCard(id=2, operator_id=1), WaitingCard(id=3)]
    expected = {1: code, 2: code, 3: "nobody_present"}
    assert why(dealt(cards, operators, [group])) == expected


def test_quota_of_a_filter_is_kept_for_open_and_for_the_day() -> None:
    quotas = [
        FilterQuota(filter_id=1, open_cap=10, open_n=8),
        FilterQuota(filter_id=2, day_cap=5, day_n=5),
        FilterQuota(filter_id=3, open_cap=3, open_n=3),
    ]
    cards = [WaitingCard(id=10 * filter_id + n, filter_id=filter_id) for filter_id in (1, 2, 3, 4) for n in range(5)]
    decisions = dealt(cards, [OperatorLoad(id=1)], quotas=quotas)
    by_filter = Counter((decision.card_id // 10, decision.reason.code) for decision in decisions)
    assert by_filter == {
        (1, "dealt"): 2, (1, "filter_dealt_out"): 3, (2, "filter_cap_day"): 5, (3, "filter_cap_open"): 5,
        (4, "dealt"): 5,
    }  # fmt: skip


def test_filter_outside_its_schedule_is_not_dealt() -> None:
    quota = FilterQuota(filter_id=1, schedule=(Window(time(18), time(20)),))
    cards = [WaitingCard(id=1, filter_id=1), WaitingCard(id=2, filter_id=2)]
    decisions = dealt(cards, [OperatorLoad(id=1)], quotas=[quota])
    assert why(decisions) == {1: "filter_closed", 2: "dealt"}


def test_card_does_not_come_back_to_who_let_it_go() -> None:
    cards = [WaitingCard(id=1, rank=2, not_for=frozenset({1})), WaitingCard(id=2, rank=1)]
    operators = [OperatorLoad(id=1), OperatorLoad(id=2, new_n=5)]
    assert {d.card_id: d.operator_id for d in dealt(cards, operators)} == {1: 2, 2: 1}
    assert why(dealt(cards[:1], operators[:1])) == {1: "only_who_let_it_go"}


def test_every_decision_names_its_reason_and_every_card_has_one() -> None:
    decisions = dealt(plain(50), [OperatorLoad(id=1, max_new=20)])
    assert sorted(decision.card_id for decision in decisions) == list(range(1, 51))
    assert all(decision.reason.code for decision in decisions)


small = st.one_of(st.none(), st.integers(0, 5))
loads = st.builds(
    OperatorLoad,
    id=st.integers(1, 6),
    weight=st.integers(0, 3),
    max_new=small, max_open=small, hour_cap=small, day_cap=small,
    new_n=st.integers(0, 3), open_n=st.integers(0, 3), hour_n=st.integers(0, 3), day_n=st.integers(0, 3),
    is_present=st.booleans(),
    groups=st.frozensets(st.integers(10, 12)),
)  # fmt: skip
waiting = st.builds(
    WaitingCard,
    id=st.integers(1, 10_000),
    rank=st.integers(0, 5),
    filter_id=st.one_of(st.none(), st.integers(1, 3)),
    operator_id=st.one_of(st.none(), st.integers(1, 7)),
    group_id=st.one_of(st.none(), st.integers(10, 13)),
    not_for=st.frozensets(st.integers(1, 6), max_size=2),
)
quota = st.builds(
    FilterQuota, filter_id=st.integers(1, 3), open_cap=small, day_cap=small, open_n=st.integers(0, 3),
    day_n=st.integers(0, 3),
)  # fmt: skip
group = st.builds(GroupLoad, id=st.integers(10, 12), is_enabled=st.booleans(), is_push=st.booleans())


@settings(max_examples=400, deadline=None)
@given(
    st.lists(waiting, max_size=30, unique_by=lambda card: card.id),
    st.lists(group, max_size=3, unique_by=lambda found: found.id),
    st.lists(loads, max_size=6, unique_by=lambda load: load.id),
    st.lists(quota, max_size=3, unique_by=lambda found: found.filter_id),
)
def test_no_cap_is_ever_passed_and_no_card_waits_while_somebody_may_have_it(
    cards: list[WaitingCard], groups: list[GroupLoad], operators: list[OperatorLoad], quotas: list[FilterQuota]
) -> None:
    decisions = {decision.card_id: decision for decision in dealt(cards, operators, groups, quotas)}
    assert len(decisions) == len(cards)
    got = shares(list(decisions.values()))
    people = {load.id: load for load in operators}
    after = {load.id: _after(load, got[load.id]) for load in operators}
    for load in operators:
        if got[load.id]:
            assert may_take(_after(load, got[load.id] - 1), RULES).passed
    used = Counter(card.filter_id for card in cards if decisions[card.id].operator_id is not None)
    room = {found.filter_id: _quota_room(found) - used[found.filter_id] for found in quotas}
    assert all(left >= 0 for filter_id, left in room.items() if used[filter_id])
    pushed = {found.id for found in groups if found.is_enabled and found.is_push}
    for card in cards:
        owner = decisions[card.id].operator_id
        if owner is not None:
            assert owner == card.operator_id or card.operator_id is None
            assert _may_have(card, people[owner], pushed)
        elif room.get(card.filter_id or 0, 1) > 0:
            able = [load for load in operators if _may_have(card, load, pushed)]
            assert not [load.id for load in able if may_take(after[load.id], RULES).passed]


def _after(load: OperatorLoad, n: int) -> OperatorLoad:
    return OperatorLoad(
        id=load.id, max_new=load.max_new, max_open=load.max_open, hour_cap=load.hour_cap, day_cap=load.day_cap,
        new_n=load.new_n + n, open_n=load.open_n + n, hour_n=load.hour_n + n, day_n=load.day_n + n,
        is_present=load.is_present,
    )  # fmt: skip


def _quota_room(found: FilterQuota) -> int:
    return min(
        99 if found.open_cap is None else found.open_cap - found.open_n,
        99 if found.day_cap is None else found.day_cap - found.day_n,
    )


def _may_have(card: WaitingCard, load: OperatorLoad, pushed: set[int]) -> bool:
    if load.groups and not load.groups & pushed:
        return False
    if card.operator_id is not None:
        return load.id == card.operator_id
    if load.weight == 0 or load.id in card.not_for:
        return False
    return card.group_id is None or card.group_id in load.groups & pushed


def test_ten_thousand_cards_are_dealt_to_a_hundred_operators_within_a_second() -> None:
    operators = [
        OperatorLoad(id=n, weight=1 + n % 5, max_new=500, day_cap=400, groups=frozenset({n % 4, 4 + n % 3}))
        for n in range(100)
    ]
    cards = [
        WaitingCard(id=n, rank=n * 7919 % 10_007, group_id=n % 8 if n % 8 < 7 else None, filter_id=n % 50)
        for n in range(10_000)
    ]
    quotas = [FilterQuota(filter_id=n, open_cap=180) for n in range(50)]
    started = clock.process_time()
    decisions = dealt(cards, operators, [GroupLoad(id=n) for n in range(7)], quotas)
    assert clock.process_time() - started < 1
    assert sum(decision.operator_id is not None for decision in decisions) == 50 * 180
