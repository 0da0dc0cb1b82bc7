"""Ways in for leads are made in the admin, their secret is shown once; every lead shows how soon it was taken."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from app import models
from app.services.lead_intakes import secret_of
from tests.factories import get_user, make_card, make_operator


def form(**more: str) -> dict[str, str]:
    return {"name": "Сайт", "kind": "form", "target_min": "5", "per_minute": "30", "thanks_url": "",
            "is_enabled": "1"} | more  # fmt: skip


def intakes(session: Session) -> list[models.LeadIntake]:
    session.expire_all()
    return list(session.scalars(select(models.LeadIntake)))


def test_a_partner_gets_an_address_and_a_secret_that_is_shown_once(app: Any, session: Session, as_admin: Any) -> None:
    made = as_admin.post("/leadintakeview/add", data=form(name="Партнёр", kind="partner"))
    (row,) = intakes(session)
    secret = secret_of(row, app.config["PROZVON"].secret_key)
    assert made.status_code == 200 and secret in made.text and row.token in made.text
    for path in ("/leadintakeview/list/", f"/leadintakeview/show/{row.id}", f"/leadintakeview/edit/{row.id}"):
        page = as_admin.get(path)
        assert page.status_code == 200 and secret not in page.text
    code = as_admin.get(f"/leadintakeview/code/{row.id}").text
    assert secret not in code and row.token in code and "X-Signature" in code
    again = as_admin.post(f"/leadintakeview/secret/{row.id}")
    (row,) = intakes(session)
    assert secret not in again.text and secret_of(row, app.config["PROZVON"].secret_key) in again.text


def test_a_site_gets_a_form_to_put_in_and_its_leads_arrive(session: Session, as_admin: Any, client: Any) -> None:
    made = as_admin.post("/leadintakeview/add", data=form())
    (row,) = intakes(session)
    assert "&lt;form" in made.text and f"/hooks/leads/{row.token}" in made.text
    sent = client.post(f"/hooks/leads/{row.token}", data={"name": "Пётр", "phone": "8 916 000-11-22"})
    assert sent.status_code == 200
    page = as_admin.get("/incomingleadview/list/").text
    assert "Пётр" in page and "ждёт" in page and "0001122" not in page


@pytest.mark.parametrize(
    "wrong", [{"name": " "}, {"target_min": "0"}, {"target_min": "x"}, {"per_minute": "٣"}, {"thanks_url": "ftp://x"}]
)
def test_a_form_that_makes_no_sense_is_refused_and_kept(session: Session, as_admin: Any, wrong: dict[str, str]) -> None:
    answer = as_admin.post("/leadintakeview/add", data=form(**wrong))
    assert answer.status_code == 200 and "alert-danger" in answer.text and intakes(session) == []


def test_the_list_says_who_took_a_lead_and_which_are_overdue(
    session: Session, as_admin: Any, as_supervisor: Any
) -> None:
    as_admin.post("/leadintakeview/add", data=form())
    (row,) = intakes(session)
    now = datetime.now(UTC)
    for n, (age, taken) in enumerate(((3, None), (30, None), (30, 2), (30, 20))):
        came = now - timedelta(minutes=age)
        lead = models.IncomingLead(
            intake_id=row.id, once=f"lead{n}", phone=f"7916000110{n}", name=f"Продавец {n}", received_at=came,
            due_at=came + timedelta(minutes=5), card_id=make_card(session).id,
        )  # fmt: skip
        if taken is not None:
            lead.taken_at, lead.taken_by_id = came + timedelta(minutes=taken), get_user(session, "operator").id
        session.add(lead)
    session.commit()
    page = as_supervisor.get("/incomingleadview/list/").text
    for words in ("ждёт", "просрочен", "взят вовремя", "взят поздно"):
        assert words in page, words
    lead_id = session.scalars(select(models.IncomingLead.id)).first()
    assert as_supervisor.get(f"/incomingleadview/show/{lead_id}").status_code == 200
    assert as_supervisor.get("/leadintakeview/list/").status_code in (302, 403)


def late_lead(session: Session, row: models.LeadIntake, *, minutes: int = 30, n: int = 0) -> models.IncomingLead:
    came = datetime.now(UTC) - timedelta(minutes=minutes)
    lead = models.IncomingLead(
        intake_id=row.id, once=f"late{n}", phone=f"7916000120{n}", name=f"Продавец {n}", received_at=came,
        due_at=came + timedelta(minutes=5), card_id=make_card(session).id,
    )  # fmt: skip
    session.add(lead)
    session.commit()
    return lead


def test_a_supervisor_is_told_on_every_page_and_hands_an_overdue_lead_over_with_undo(
    session: Session, as_admin: Any, as_supervisor: Any
) -> None:
    as_admin.post("/leadintakeview/add", data=form())
    (row,) = intakes(session)
    assert "alert" not in as_supervisor.get("/incomingleadview/late").text
    lead = late_lead(session, row)
    person = make_operator(session)
    told = as_supervisor.get("/incomingleadview/late").text
    assert "1 входящий лид просрочен" in told
    assert 'hx-get="/incomingleadview/late"' in as_supervisor.get("/board/live/").text
    page = as_supervisor.get("/incomingleadview/list/").text
    assert "Их ещё никто не взял" in page and f'name="lead" value="{lead.id}"' in page
    given = as_supervisor.post("/incomingleadview/give", data={"lead": str(lead.id), "to": str(person.user_id)})
    session.expire_all()
    assert session.get_one(models.Card, lead.card_id).operator_id == person.user_id
    move = given.headers["Location"].rpartition("moved=")[2]
    assert f"/incomingleadview/undo/{move}" in as_supervisor.get(f"/incomingleadview/list/?moved={move}").text
    as_supervisor.post(f"/incomingleadview/undo/{move}")
    session.expire_all()
    assert session.get_one(models.Card, lead.card_id).operator_id is None


@pytest.mark.parametrize(
    "junk", [{}, {"lead": "x", "to": "1"}, {"lead": "9" * 30, "to": "1"}, {"lead": "1", "to": "٣"}]
)
def test_a_hand_over_without_lead_or_person_changes_nothing(as_supervisor: Any, junk: dict[str, str]) -> None:
    answer = as_supervisor.post("/incomingleadview/give", data=junk, follow_redirects=True)
    assert answer.status_code == 200 and "alert-danger" in answer.text
