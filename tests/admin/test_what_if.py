"""The page on which a supervisor plays a shift with other numbers."""

from __future__ import annotations

import json
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.jobs import simulate_shift
from app.models import Simulation
from tests.services.campaigns_made import make_campaign

FORM = {"operators": "10", "answer_rate": "40", "lines": "60", "calls_per_second": "5", "ceiling": "3", "ratio": "1.5"}


def _newest(session: Session) -> Simulation:
    return session.scalars(select(Simulation).order_by(Simulation.id.desc())).first() or pytest.fail("nothing asked")


def test_a_shift_is_asked_for_played_and_told_as_table_and_chart(
    as_supervisor: Any, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate_shift, "HOURS", 0.75)
    campaign = make_campaign(session, name="Осенний обзвон")
    assert "Осенний обзвон" in as_supervisor.get("/what-if/").text
    answer = as_supervisor.post("/what-if/", data={**FORM, "campaign": str(campaign.id)})
    made = _newest(session)
    assert answer.status_code == 302 and answer.location == f"/what-if/{made.id}"
    waiting = as_supervisor.get(answer.location)
    assert f"/what-if/{made.id}/progress" in waiting.text
    assert "HX-Refresh" not in as_supervisor.get(f"/what-if/{made.id}/progress").headers
    simulate_shift.run(made.id)
    assert as_supervisor.get(f"/what-if/{made.id}/progress").headers["HX-Refresh"] == "true"
    page = BeautifulSoup(as_supervisor.get(answer.location).text, "lxml")
    rows = page.select(".report-table tbody tr")
    assert len(rows) == len(simulate_shift.RIVALS) and "Предиктивный" in rows[2].text
    chart = json.loads(page.select_one("#chart-data").text)
    for minutes in zip(*(one["values"] for one in chart["series"]), strict=True):
        assert sum(minutes) == pytest.approx(60, abs=0.2)
    assert page.select_one("#operators")["value"] == "10"


def test_a_wrong_number_is_told_by_its_name_and_the_rest_stays_filled_in(as_supervisor: Any) -> None:
    answer = as_supervisor.post("/what-if/", data={**FORM, "ratio": "100", "operators": "33"})
    assert answer.status_code == 422
    assert "Номеров на свободного оператора: от 0 до 10." in answer.text
    assert BeautifulSoup(answer.text, "lxml").select_one("#operators")["value"] == "33"


def test_the_shift_of_somebody_else_is_not_there(as_supervisor: Any, as_admin: Any, session: Session) -> None:
    as_supervisor.post("/what-if/", data=FORM)
    assert as_admin.get(f"/what-if/{_newest(session).id}").status_code == 404
    assert as_supervisor.get("/what-if/99999999999").status_code == 404


@pytest.mark.parametrize("campaign", ["", "7", "x", "-1", "9" * 30])
def test_any_campaign_in_the_address_is_a_page(as_supervisor: Any, campaign: str) -> None:
    assert as_supervisor.get(f"/what-if/?campaign={campaign}").status_code == 200


def test_an_operator_is_not_let_in(as_operator: Any) -> None:
    assert as_operator.get("/what-if/").status_code in (302, 403)
