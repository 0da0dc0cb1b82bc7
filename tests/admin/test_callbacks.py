"""«Call-backs» of everybody: a supervisor finds the overdue ones and hands them over, shares and re-plans them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.models import CALLBACK, Callback, MassMove
from tests.factories import make_card, make_city, make_group, make_operator, make_vehicle


def now():
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def group(session):
    return make_group(session, "Дневная")


@pytest.fixture
def anna(session, group):
    return make_operator(session, group, "anna")


@pytest.fixture
def boris(session, group):
    return make_operator(session, group, "boris")


def plan(session, operator, at, **more):
    city = more.pop("city", None)
    vehicle = make_vehicle(session, title="Лада Гранта, 2019", **({"city": city} if city else {}))
    card = make_card(session, vehicle, operator=operator, stage=CALLBACK, next_call_at=at)
    values = {"operator_id": operator.user_id, "timezone": city.timezone if city else "Europe/Moscow"} | more
    session.add(Callback(card_id=card.id, at=at, **values))
    operator.open_n += 1
    session.flush()
    return card


def numbers(page):
    return [int(one) for one in re.findall(r'name="card" value="(\d+)"', page)]


def test_the_overdue_stand_first_with_the_sellers_own_time_beside_the_companys(session, as_supervisor, anna):
    far = make_city(session, "Омск", timezone="Asia/Omsk")
    later = plan(session, anna, now() + timedelta(days=2))
    late = plan(session, anna, now() - timedelta(hours=1), city=far, note="просил после обеда")
    page = as_supervisor.get("/callbacks/").text
    assert numbers(page) == [late.id, later.id]
    assert page.count("tag-danger") == 1
    assert "Омск, +3" in page and "просил после обеда" in page
    assert numbers(as_supervisor.get("/callbacks/?when=overdue").text) == [late.id]
    assert f'href="/desk/?card={late.id}"' in page


def test_the_board_leads_from_its_number_to_the_rows(session, as_supervisor, anna):
    plan(session, anna, now() - timedelta(hours=1))
    board = as_supervisor.get("/board/").text
    assert 'href="/callbacks/?when=overdue"' in board
    assert f'href="/callbacks/?operator={anna.user_id}&amp;when=overdue"' in board


def test_handed_over_and_taken_back(session, as_supervisor, anna, boris):
    card = plan(session, anna, now() - timedelta(hours=1))
    form = {"card": card.id, "to": boris.user_id, "why": "болеет", "when": "overdue"}
    answer = as_supervisor.post("/callbacks/hand_over", data=form)
    assert answer.status_code == 302
    session.refresh(card)
    assert card.operator_id == boris.user_id
    page = as_supervisor.get(answer.location).text
    undo = re.search(r'action="(/callbacks/undo/\d+)"', page)[1]
    assert 'value="overdue" selected' in page  # the same rows as before the step
    as_supervisor.post(undo, data={"when": "overdue"})
    session.refresh(card)
    assert card.operator_id == anna.user_id
    assert "отменено" in as_supervisor.post(undo, follow_redirects=True).text.lower()


def test_to_a_whole_group_they_are_spread(session, as_supervisor, group, anna, boris):
    far = make_operator(session, username="far")
    cards = [plan(session, far, now() + timedelta(hours=1)) for _ in range(4)]
    form = {"card": [card.id for card in cards], "to": f"g{group.id}", "why": "поровну"}
    as_supervisor.post("/callbacks/hand_over", data=form)
    session.expire_all()
    assert sorted(card.operator_id for card in cards) == sorted([anna.user_id, boris.user_id] * 2)


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ({"to": "1", "why": "так"}, "отметьте перезвоны"),
        ({"card": "1", "why": "так"}, "Выберите"),
        ({"card": "1", "to": "1", "why": " "}, "почему"),
        ({"card": "x", "to": "g999999", "why": "так"}, "отметьте перезвоны"),
        ({"card": "1\0", "to": "g999999", "why": "так"}, "запрос"),
    ],
)
def test_what_is_missing_is_said_and_nothing_moves(session, as_supervisor, form, told):
    page = as_supervisor.post("/callbacks/hand_over", data=form, follow_redirects=True).text
    assert told.casefold() in page.casefold()
    assert session.scalar(select(func.count()).select_from(MassMove)) == 0


def test_given_to_the_group_and_made_personal_again(session, as_supervisor, anna):
    card = plan(session, anna, now() + timedelta(hours=1))
    row = session.scalars(select(Callback).where(Callback.card_id == card.id)).one()
    assert "общ" in as_supervisor.post("/callbacks/share", data={"card": card.id}, follow_redirects=True).text
    session.refresh(row)
    assert row.operator_id is None
    as_supervisor.post("/callbacks/keep", data={"card": card.id})
    session.refresh(row)
    assert row.operator_id == anna.user_id


def test_planned_anew_by_the_companys_clock_or_so_many_minutes_from_now(session, as_supervisor, anna):
    cards = [plan(session, anna, now() - timedelta(hours=1)) for _ in range(2)]
    there = datetime.now(UTC).date() + timedelta(days=3)
    form = {"card": cards[0].id, "at": f"{there.isoformat()}T10:30", "minutes": "15"}
    assert "перенесён" in as_supervisor.post("/callbacks/replan", data=form, follow_redirects=True).text
    as_supervisor.post("/callbacks/replan", data={"card": cards[1].id, "minutes": "60"})
    session.expire_all()
    assert cards[0].next_call_at == datetime(there.year, there.month, there.day, 7, 30, tzinfo=UTC)
    assert timedelta(minutes=59) < cards[1].next_call_at - now() <= timedelta(minutes=61)
    for junk in ({"at": "вчера"}, {"at": "0001-01-01T00:00"}, {"minutes": "-5"}, {"at": "2020-01-01T10:00"}):
        as_supervisor.post("/callbacks/replan", data={"card": cards[0].id, **junk})
    before = cards[0].next_call_at
    session.expire_all()
    assert cards[0].next_call_at == before


def test_all_that_the_choice_finds_can_be_taken_at_once(session, as_supervisor, anna, boris):
    mine = [plan(session, anna, now() + timedelta(hours=1)) for _ in range(3)]
    other = plan(session, boris, now() + timedelta(hours=1))
    as_supervisor.post("/callbacks/share", data={"every": "1", "operator": anna.user_id})
    common = session.scalars(select(Callback.card_id).where(Callback.operator_id.is_(None))).all()
    assert sorted(common) == [card.id for card in mine] and other.id not in common


def test_a_page_of_a_hundred_costs_no_more_sql_than_one_of_three(session, as_supervisor, anna, count_sql):
    for _ in range(3):
        plan(session, anna, now())
    as_supervisor.get("/callbacks/")
    with count_sql() as few:
        as_supervisor.get("/callbacks/")
    for _ in range(110):
        plan(session, anna, now())
    with count_sql() as many:
        page = as_supervisor.get("/callbacks/").text
    assert len(numbers(page)) == 100 and "page=1" in page
    assert many.n == few.n <= 12, "\n".join(many.statements)
    assert len(numbers(as_supervisor.get("/callbacks/?page=1").text)) == 13


def test_an_empty_list_says_where_call_backs_come_from(as_supervisor):
    assert "Они появятся" in as_supervisor.get("/callbacks/").text
    assert "Показать все" in as_supervisor.get("/callbacks/?when=overdue").text


@pytest.mark.parametrize("query", ["operator=x", "day=2026-99-99", "day=9999-12-31", "page=99999999999", "kind=%27"])
def test_junk_in_the_address_is_no_choice(as_supervisor, query):
    assert as_supervisor.get(f"/callbacks/?{query}").status_code == 200
