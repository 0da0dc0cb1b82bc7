"""A supervisor asks «what if» in a real browser: the numbers, the waiting, the chart and the table."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from app.jobs import simulate_shift
from tests.journeys.test_supervisor import log_in

pytestmark = pytest.mark.browser


def test_a_played_shift_appears_by_itself_as_chart_and_table(
    page: Any, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate_shift, "HOURS", 0.75)
    log_in(page, "supervisor")
    page.goto("/what-if/")
    page.fill("#operators", "15")
    page.fill("#answer_rate", "45.5")
    page.locator("form[action='/what-if/'] [type=submit]").click()
    page.wait_for_selector("[role=status] progress")
    with live_server.app.app_context():
        asked = db.session.execute(text("SELECT max(id) FROM simulation")).scalar_one()
        simulate_shift.run(asked)
    page.wait_for_selector("#chart canvas")
    assert page.locator(".report-table tbody tr").count() == len(simulate_shift.RIVALS)
    assert page.input_value("#operators") == "15" and page.input_value("#answer_rate") == "45.5"
    page.get_by_role("link", name="Операторов: 15").click()
    page.wait_for_selector("#chart canvas")
