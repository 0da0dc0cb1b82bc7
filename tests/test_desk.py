"""The desk as its operator uses it: take, fill in, set a result, get the next one; and nobody else's cards."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models import Assignment, AuditEvent, Callback, Card, Lead, Note, OperatorProfile, Status, StatusChange
from tests.factories import get_user, make_ad, make_card, make_filter, make_group, make_seller, make_vehicle

HTMX = {"HX-Request": "true"}


@pytest.fixture
def profile(session: Session) -> OperatorProfile:
    user = get_user(session, "operator")
    row = session.get(OperatorProfile, user.id)
    assert row is not None
    return row


def card_of(session: Session, profile: OperatorProfile, stage: int = 1, **more: Any) -> Card:
    vehicle = make_vehicle(session, title="Пробная машина, 2018")
    ad = make_ad(session, vehicle=vehicle)
    vehicle.ad_id = ad.id
    at = datetime.now(UTC)
    card = make_card(session, vehicle, stage=stage, operator_id=profile.user_id, assigned_at=at, **more)
    if stage != 1:
        card.taken_at = at
    session.add(Assignment(card_id=card.id, operator_id=profile.user_id, why="dealt"))
    profile.open_n += 1
    profile.new_n += stage == 1
    session.flush()
    return card


def status(session: Session, code: str) -> Status:
    return session.execute(select(Status).where(Status.code == code)).scalar_one()


def test_the_desk_shows_own_new_ads_with_their_number(session: Session, as_operator: Any, profile: Any) -> None:
    card_of(session, profile)
    page = as_operator.get("/desk/?tab=new")
    assert page.status_code == 200
    assert "Мои объявления" in page.text
    assert "Пробная машина" in page.text


def test_taking_a_dealt_card_puts_it_in_work(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile)
    assert as_operator.post(f"/desk/card/{card.id}/take", headers=HTMX).status_code == 200
    session.refresh(card)
    session.refresh(profile)
    assert (card.stage, profile.new_n, profile.open_n) == (2, 0, 1)


def test_next_takes_the_best_card_of_the_pool(session: Session, as_operator: Any, profile: Any) -> None:
    wanted = make_filter(session, group=profile.group)
    low = make_card(session, filter_id=wanted.id, group_id=profile.group_id, rank=1)
    high = make_card(session, filter_id=wanted.id, group_id=profile.group_id, rank=2)
    assert as_operator.post("/desk/next", headers=HTMX).status_code == 200
    session.refresh(high)
    session.refresh(low)
    assert (high.stage, high.operator_id, low.stage) == (2, profile.user_id, 0)


def test_next_without_any_ad_says_so_in_words(session: Session, as_operator: Any, profile: Any) -> None:
    page = as_operator.post("/desk/next", headers=HTMX)
    assert page.status_code == 200
    assert "Новых объявлений" in page.text


def test_autosave_keeps_the_good_fields_and_names_the_bad_one(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    answer = as_operator.post(
        f"/desk/card/{card.id}/form", data={"version": card.version, "mileage_km": "120 000", "year": "двадцать"}
    )
    assert answer.status_code == 200
    assert set(answer.json["errors"]) == {"year"}
    session.refresh(card)
    assert card.form == {"mileage_km": 120_000}
    assert card.vehicle.edits == {"mileage_km": 120_000}


def test_a_second_window_with_an_older_version_is_told(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    stale = card.version
    as_operator.post(f"/desk/card/{card.id}/form", data={"version": stale, "comment": "первое окно"})
    answer = as_operator.post(
        f"/desk/card/{card.id}/form",
        data={"version": stale, "comment": "второе окно"},
        headers={"Accept": "application/json"},
    )
    assert answer.status_code == 409
    assert "другом окне" in answer.json["message"]
    session.refresh(card)
    assert card.form["comment"] == "первое окно"


def test_a_closing_result_closes_the_card_and_opens_the_next(session: Session, as_operator: Any, profile: Any) -> None:
    card, other = card_of(session, profile, stage=2), card_of(session, profile)
    answer = as_operator.post(
        f"/desk/card/{card.id}/status",
        data={"status_id": status(session, "refused").id, "version": card.version, "note": "дорого"},
        headers=HTMX,
    )
    assert answer.status_code == 200
    session.refresh(card)
    session.refresh(other)
    assert (card.stage, card.closed_why, other.stage) == (9, "status", 2)
    assert session.execute(select(StatusChange.note).where(StatusChange.card_id == card.id)).scalar_one() == "дорого"
    assert session.execute(select(Note.text).where(Note.card_id == card.id)).scalar_one() == "дорого"


def test_success_leaves_one_lead_in_the_outbox(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    data = {"status_id": status(session, "inspection").id, "version": card.version}
    assert as_operator.post(f"/desk/card/{card.id}/status", data=data, headers=HTMX).status_code == 200
    assert as_operator.post(f"/desk/card/{card.id}/status", data=data, headers=HTMX).status_code == 409
    assert len(session.execute(select(Lead).where(Lead.card_id == card.id)).all()) == 1


def test_call_again_tomorrow_plans_a_callback_in_the_sellers_zone(
    session: Session, as_operator: Any, profile: Any
) -> None:
    card = card_of(session, profile, stage=2)
    data = {"status_id": status(session, "call_later").id, "version": card.version, "chip": "tomorrow10"}
    assert as_operator.post(f"/desk/card/{card.id}/status", data=data, headers=HTMX).status_code == 200
    planned = session.execute(select(Callback).where(Callback.card_id == card.id)).scalar_one()
    session.refresh(card)
    assert card.stage == 3
    assert planned.at == card.next_call_at
    assert planned.at > datetime.now(UTC)
    assert planned.at.astimezone(UTC).hour == 7  # 10:00 in Moscow


def test_a_result_that_needs_a_time_is_refused_without_one(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    data = {"status_id": status(session, "call_later").id, "version": card.version}
    answer = as_operator.post(f"/desk/card/{card.id}/status", data=data, headers=HTMX)
    assert answer.status_code == 409
    assert "когда перезвонить" in answer.text
    session.refresh(card)
    assert card.status_id is None


@pytest.mark.parametrize("time", ["вчера", "2020-01-01T10:00", "9999-12-31T23:59", "2026-02-30T10:00"])
def test_a_bad_callback_time_changes_nothing(session: Session, as_operator: Any, profile: Any, time: str) -> None:
    card = card_of(session, profile, stage=2)
    data = {"status_id": status(session, "call_later").id, "version": card.version, "callback_at": time}
    assert as_operator.post(f"/desk/card/{card.id}/status", data=data, headers=HTMX).status_code == 409
    session.refresh(card)
    assert card.stage == 2


def test_skipping_needs_a_reason_and_returns_the_card(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    assert as_operator.post(f"/desk/card/{card.id}/skip", data={"reason": " "}, headers=HTMX).status_code == 409
    assert as_operator.post(f"/desk/card/{card.id}/skip", data={"reason": "битая"}, headers=HTMX).status_code == 200
    session.refresh(card)
    session.refresh(profile)
    assert (card.stage, card.operator_id, profile.open_n) == (0, None, 0)


def test_the_number_is_masked_until_it_is_asked_for_and_that_is_written_down(
    session: Session, as_operator: Any, profile: Any
) -> None:
    card = card_of(session, profile, stage=2)
    phone = session.execute(select(Card).where(Card.id == card.id)).scalar_one().vehicle.ads[0].phones[0]
    page = as_operator.get(f"/desk/?card={card.id}")
    assert phone not in page.text
    shown = as_operator.post(f"/desk/card/{card.id}/reveal", headers=HTMX)
    assert f"tel:+{phone}" in shown.text
    assert (
        session.execute(select(AuditEvent).where(AuditEvent.what == "phone_shown")).scalar_one().subject_id == card.id
    )


def test_other_peoples_cards_are_not_there(session: Session, as_operator: Any, log_in: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    stranger = log_in("operator2")
    assert stranger.get(f"/desk/?card={card.id}").status_code == 404
    assert stranger.get(f"/desk/card/{card.id}", headers=HTMX).status_code == 404
    assert stranger.get(f"/desk/card/{card.id}/why").status_code == 404
    assert stranger.post(f"/desk/card/{card.id}/reveal").status_code == 404
    assert stranger.post(f"/desk/card/{card.id}/note", data={"text": "чужое"}).status_code == 404
    for action in ("take", "skip", "form", "status"):
        data = {"reason": "x", "version": card.version, "status_id": status(session, "refused").id}
        assert stranger.post(f"/desk/card/{card.id}/{action}", data=data).status_code == 409, action
    session.refresh(card)
    assert (card.stage, card.operator_id) == (2, profile.user_id)


def test_the_supervisor_sees_any_card(session: Session, as_supervisor: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    assert as_supervisor.get(f"/desk/?card={card.id}").status_code == 200


def test_the_panel_says_which_filter_wants_the_card_and_why(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    make_filter(session, group=make_group(session), name="Только дорогие", criteria={"price": [90_000_000, None]})
    panel = as_operator.get(f"/desk/card/{card.id}/why")
    assert panel.status_code == 200
    assert "Только дорогие" in panel.text
    assert "Цена" in panel.text


def test_hostile_text_of_an_ad_stays_text(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    card.vehicle.title = "<script>alert(1)</script>"
    ad = card.vehicle.ads[0]
    ad.description = "<img src=x onerror=alert(2)>"
    ad.seller_name = "'\"><svg onload=alert(3)>"
    ad.url = "javascript:alert(4)"
    session.flush()
    page = as_operator.get(f"/desk/?card={card.id}")
    assert page.status_code == 200
    for live in ("<script>alert", "<img src=x", "<svg onload", 'href="javascript:'):
        assert live not in page.text


def test_the_desk_asks_the_database_little(session: Session, as_operator: Any, profile: Any, count_sql: Any) -> None:
    card = card_of(session, profile, stage=2)
    make_seller(session)
    for _ in range(20):
        card_of(session, profile)
    with count_sql() as counted:
        as_operator.get(f"/desk/?card={card.id}&tab=new")
    assert counted.n <= 30, counted.statements
