"""The supervisor's board: load of everybody, what waits and why, dealing, handing over and taking that back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Assignment, Card, MassMove
from tests.factories import get_pause, make_card, make_filter, make_group, make_operator


def test_the_board_shows_everybody_with_load_and_every_live_filter(session: Session, as_supervisor: Any) -> None:
    group = make_group(session, "Ночная группа")
    make_operator(session, group, new_n=3, max_new=7)
    make_filter(session, group=group, name="Живой фильтр")
    page = as_supervisor.get("/board/")
    assert page.status_code == 200
    for words in ("Ночная группа", "3 / 7", "Живой фильтр"):
        assert words in page.text


def test_dealing_now_gives_cards_to_who_is_there(session: Session, as_supervisor: Any) -> None:
    group = make_group(session)
    there = make_operator(session, group, seen_at=datetime.now(UTC))
    away = make_operator(session, group, presence="offline")
    wanted = make_filter(session, group=group)
    cards = [make_card(session, ad_filter=wanted) for _ in range(3)]
    assert as_supervisor.get("/board/preview").status_code == 200
    assert as_supervisor.post("/board/deal").status_code == 302
    owners = {session.get(Card, card.id).operator_id for card in cards}  # type: ignore[union-attr]
    session.refresh(there)
    session.refresh(away)
    assert owners == {there.user_id}
    assert (there.open_n, there.new_n, away.open_n) == (3, 3, 0)


def test_cards_are_handed_over_with_a_reason_and_come_back_by_undo(session: Session, as_supervisor: Any) -> None:
    giver, taker = make_operator(session, open_n=1, new_n=1), make_operator(session)
    card = make_card(session, operator=giver)
    session.add(Assignment(card_id=card.id, operator_id=giver.user_id, why="dealt"))
    data: dict[str, Any] = {"card": str(card.id), "to": str(taker.user_id), "do": "move"}
    page = as_supervisor.post("/board/move", data=data)  # no reason yet
    assert page.status_code == 200
    assert "Укажите, почему" in page.text
    assert as_supervisor.post("/board/move", data=data | {"do": "preview"}).status_code == 200
    session.refresh(card)
    assert card.operator_id == giver.user_id
    assert as_supervisor.post("/board/move", data=data | {"why": "отпуск"}).status_code == 302
    for row in (card, giver, taker):
        session.refresh(row)
    assert (card.operator_id, giver.open_n, taker.open_n) == (taker.user_id, 0, 1)
    move = session.execute(select(MassMove)).scalar_one()
    assert as_supervisor.post(f"/board/undo/{move.id}").status_code == 302
    for row in (card, giver, taker):
        session.refresh(row)
    assert (card.operator_id, giver.open_n, taker.open_n) == (giver.user_id, 1, 0)
    assert as_supervisor.post(f"/board/undo/{move.id}").status_code == 409


def test_a_full_operator_receives_nothing(session: Session, as_supervisor: Any) -> None:
    giver, full = make_operator(session, open_n=1), make_operator(session, open_n=5, max_open=5)
    card = make_card(session, operator=giver)
    data = {"card": str(card.id), "to": str(full.user_id), "do": "move", "why": "проверка"}
    page = as_supervisor.post("/board/move", data=data)
    assert "достигли лимита" in page.text
    session.refresh(card)
    assert card.operator_id == giver.user_id


def test_an_operator_has_no_board(as_operator: Any) -> None:
    for path in ("/board/", "/board/move", "/board/preview"):
        assert as_operator.get(path).status_code in (302, 403)
    assert as_operator.post("/board/deal").status_code in (302, 403)


def test_junk_is_no_failure(as_supervisor: Any) -> None:
    for path in ("/board/move?operator=x&filter=-1&stage=99&card=a&to=b", "/board/move?operator=99999999999"):
        assert as_supervisor.get(path).status_code == 200


def test_a_pause_longer_than_its_limit_is_amber(session: Session, as_supervisor: Any) -> None:
    lunch, now = get_pause(session, "Обед"), datetime.now(UTC)
    lunch.limit_min = 45
    make_operator(session, presence="paused", pause_id=lunch.id, presence_since=now - timedelta(minutes=40))
    assert "Дольше 45 мин" not in as_supervisor.get("/board/now").text
    make_operator(session, presence="paused", pause_id=lunch.id, presence_since=now - timedelta(minutes=50))
    page = as_supervisor.get("/board/now").text
    assert (
        'class="tag tag-warning" title="Дольше 45 мин"' in page and page.count(">Обед") + page.count("</svg>Обед") >= 2
    )
