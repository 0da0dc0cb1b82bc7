"""The operator's lists: his own cards by tab, page by page without gaps, found by whatever is at hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.models import CALLBACK, CLOSED, IN_WORK, NEW
from app.services import worklist
from tests import factories
from tests.factories import NOON
from tests.services.adverts import PHONE, bring_in, card_of, said, take_next, vin


@pytest.fixture
def operator(session):
    return factories.make_operator(session)


def make(session, operator, stage: int, **more):
    return factories.make_card(session, operator=operator, stage=stage, **more)


def ids(rows) -> list[int]:
    return [row.id for row in rows]


def test_each_tab_shows_its_own_cards_the_best_first(session, operator):
    low, high = make(session, operator, NEW, rank=1), make(session, operator, NEW, rank=9)
    work = make(session, operator, IN_WORK)
    late = make(session, operator, CALLBACK, next_call_at=NOON + timedelta(hours=3))
    due = make(session, operator, CALLBACK, next_call_at=NOON - timedelta(hours=1))
    done = make(session, operator, CLOSED, processed_at=NOON)
    make(session, factories.make_operator(session), NEW)
    me = operator.user_id
    assert ids(worklist.lines(session, me, "new")) == [high.id, low.id]
    assert ids(worklist.lines(session, me, "work")) == [work.id]
    assert ids(worklist.lines(session, me, "callbacks")) == [due.id, late.id]
    assert ids(worklist.lines(session, me, "done")) == [done.id]
    assert set(ids(worklist.lines(session, me, "all"))) == {low.id, high.id, work.id, late.id, due.id}
    assert ids(worklist.lines(session, me, "nonsense")) == ids(worklist.lines(session, me, "all"))
    assert worklist.counts(session, me, NOON) == {"new": 2, "work": 1, "callbacks": 2, "overdue": 1, "all": 5}


def test_a_due_call_back_comes_first_then_new_cards_then_those_in_work(session, operator):
    me = operator.user_id
    assert worklist.first_of(session, me, NOON) is None
    work = make(session, operator, IN_WORK)
    assert worklist.first_of(session, me, NOON) == work.id
    new = make(session, operator, NEW)
    assert worklist.first_of(session, me, NOON) == new.id
    later = make(session, operator, CALLBACK, next_call_at=NOON + timedelta(minutes=1))
    assert worklist.first_of(session, me, NOON) == new.id
    assert worklist.first_of(session, me, NOON + timedelta(minutes=2)) == later.id


def test_the_closed_cards_are_paged_without_gaps_even_when_closed_in_the_same_second(session, operator, monkeypatch):
    monkeypatch.setattr(worklist, "PAGE", 4)
    vehicle_times = [NOON - timedelta(minutes=n // 5) for n in range(18)]
    made = [make(session, operator, CLOSED, processed_at=at).id for at in vehicle_times]
    seen, after = [], None
    while rows := worklist.lines(session, operator.user_id, "done", after=after):
        seen += ids(rows)
        after = (rows[-1].processed_at, rows[-1].id)
    assert sorted(seen) == sorted(made) and len(seen) == len(set(seen))
    assert len(rows) == 0


@pytest.fixture
def source(session):
    return factories.make_source(session)


@pytest.mark.parametrize(
    "query",
    ["0001", "901 000-00-01", "+7 901 000-00-01", "8 (901) 000 00 01", "79010000001", "901000", "+7 901 000",
     "xttest00000000017", " XTTEST00000000017 ", "ad-77/б"],
)  # fmt: skip
def test_a_card_is_found_by_phone_vin_or_ad(session, source, query):
    bring_in(session, source, said("ad-77/б", vin=vin(17)), said("B1", year=2011, phones=("79020000002",)))
    assert ids(worklist.find(session, query, None)) == [card_of(session, "ad-77/б").id]


def test_a_card_is_found_by_its_number(session, operator):
    card = make(session, operator, NEW)
    assert card.id in ids(worklist.find(session, str(card.id), None))
    assert card.id in ids(worklist.find(session, f"#{card.id}", None))


@pytest.mark.parametrize("query", ["", "  ", "\0", "%", "_____", "a\0b", "9" * 40, "'; DROP TABLE card", "\ud83d"])
def test_nonsense_finds_nothing_and_breaks_nothing(session, source, query):
    bring_in(session, source, said())
    assert worklist.find(session, query, None) == []


def test_an_operator_finds_only_his_own_cards(session, source, operator):
    bring_in(session, source, said())
    factories.make_filter(session)
    card = take_next(session, operator)
    other = factories.make_operator(session)
    assert ids(worklist.find(session, PHONE, operator.user_id)) == [card.id]
    assert worklist.find(session, PHONE, other.user_id) == []


def test_only_who_has_or_had_the_card_may_see_it(session, operator):
    card, other = make(session, operator, IN_WORK), factories.make_operator(session)
    assert worklist.may_see(session, card.id, operator.user_id)
    assert not worklist.may_see(session, card.id, other.user_id)
    card.stage = CLOSED
    session.flush()
    assert worklist.may_see(session, card.id, operator.user_id)
    assert not worklist.may_see(session, factories.make_card(session).id, operator.user_id)
