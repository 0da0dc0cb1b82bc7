"""The desk's rights and answers that no journey looks at: who sees a number, what a refused saving tells."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.models import AuditEvent, Card, OperatorProfile, Setting
from tests.factories import get_pause
from tests.test_desk import HTMX, card_of, profile, status

__all__ = ["profile"]


def take_right_away(session: Session, permission: str) -> None:
    session.execute(
        text("""
        DELETE FROM ab_permission_view_role WHERE permission_view_id IN (
          SELECT pv.id FROM ab_permission_view pv JOIN ab_permission p ON p.id = pv.permission_id
          JOIN ab_view_menu v ON v.id = pv.view_menu_id WHERE p.name = :name AND v.name = 'DeskView')
        """),
        {"name": permission},
    )


def shown_n(session: Session) -> int:
    return session.query(AuditEvent).filter_by(what="phone_shown").count()


def test_without_the_right_a_number_stays_masked_everywhere(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    phone = card.vehicle.ads[0].phones[0]
    take_right_away(session, "can_reveal")
    page = as_operator.get(f"/desk/?card={card.id}", headers=HTMX).text
    assert phone not in page and 'data-key="call"' not in page and "•••" in page
    answer = as_operator.post(f"/desk/card/{card.id}/reveal", headers=HTMX)
    assert answer.status_code in (302, 403) and phone not in answer.text
    assert shown_n(session) == 0


def test_the_number_of_a_closed_card_is_shown_to_its_operator_no_more(
    session: Session, as_operator: Any, as_supervisor: Any, profile: Any
) -> None:
    card = card_of(session, profile, stage=2)
    data = {"status_id": status(session, "refused").id, "version": card.version}
    as_operator.post(f"/desk/card/{card.id}/status", data=data, headers=HTMX)
    answer = as_operator.post(f"/desk/card/{card.id}/reveal", headers=HTMX)
    assert answer.status_code == 409 and "tel:" not in answer.text and shown_n(session) == 0
    assert "tel:" in as_supervisor.post(f"/desk/card/{card.id}/reveal", headers=HTMX).text and shown_n(session) == 1


def test_over_the_hourly_limit_no_number_is_shown(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    session.add(Setting(name="reveals_per_hour", value=1))
    assert "tel:" in as_operator.post(f"/desk/card/{card.id}/reveal", headers=HTMX).text
    over = as_operator.post(f"/desk/card/{card.id}/reveal", headers=HTMX)
    assert over.status_code == 409 and "tel:" not in over.text


def test_a_stale_saving_is_told_what_stands_there_now(session: Session, as_operator: Any, profile: Any) -> None:
    card = card_of(session, profile, stage=2)
    stale = card.version
    as_operator.post(f"/desk/card/{card.id}/form", data={"version": stale, "comment": "первое", "year": "2019"})
    told = as_operator.post(f"/desk/card/{card.id}/form", data={"version": stale, "comment": "второе"})
    assert told.status_code == 409
    session.refresh(card)
    assert told.json["reason"] == "card_changed_meanwhile"
    assert (told.json["version"], told.json["stored"]) == (card.version, {"comment": "первое"})


def test_a_card_that_was_taken_away_tells_nothing_of_what_others_do_with_it(
    session: Session, as_operator: Any, profile: Any
) -> None:
    card = card_of(session, profile, stage=2)
    card.stage, card.operator_id = 0, None
    told = as_operator.post(f"/desk/card/{card.id}/form", data={"version": card.version, "comment": "поздно"})
    assert told.status_code == 409 and told.json["reason"] == "card_not_yours" and "stored" not in told.json
    assert as_operator.get(f"/desk/counts?card={card.id}").json["card"] == {"mine": False}


@pytest.mark.parametrize("name", ["keys_on", "auto_next"])
def test_an_own_switch_changes_alone(session: Session, as_operator: Any, profile: OperatorProfile, name: str) -> None:
    assert as_operator.post("/desk/settings", data={name: "0"}).status_code == 204
    session.refresh(profile)
    assert {"keys_on": profile.keys_on, "auto_next": profile.auto_next} == {"keys_on": True, "auto_next": True} | {
        name: False
    }


def test_without_auto_next_the_card_stays_after_its_result(session: Session, as_operator: Any, profile: Any) -> None:
    card, other = card_of(session, profile, stage=2), card_of(session, profile)
    profile.auto_next = False
    data = {"status_id": status(session, "refused").id, "version": card.version}
    page = as_operator.post(f"/desk/card/{card.id}/status", data=data, headers=HTMX)
    assert f'data-card="{card.id}"' in page.text
    assert session.get_one(Card, other.id).stage == 1


def test_who_asks_for_the_next_ad_on_a_break_is_at_work_again(session: Session, as_operator: Any, profile: Any) -> None:
    card_of(session, profile)
    as_operator.post("/desk/presence", data={"state": f"paused:{get_pause(session, 'Перерыв').id}"}, headers=HTMX)
    as_operator.post("/desk/next", headers=HTMX)
    session.refresh(profile)
    assert profile.presence == "ready"


def test_who_asks_for_the_next_ad_in_a_training_stays_in_it(session: Session, as_operator: Any, profile: Any) -> None:
    card_of(session, profile)
    as_operator.post("/desk/presence", data={"state": f"paused:{get_pause(session, 'Обучение').id}"}, headers=HTMX)
    as_operator.post("/desk/next", headers=HTMX)
    session.refresh(profile)
    assert profile.presence == "paused"
