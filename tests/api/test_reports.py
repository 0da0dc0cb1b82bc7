"""Reports by the API: the same figures, the own ones only where the right says so, nonsense told by name."""

from __future__ import annotations

import pytest

from tests import factories


@pytest.fixture
def a_result(session):
    """Today's result of the operator."""
    from app import models

    card = factories.make_card(session)
    operator = factories.get_user(session, "operator")
    status = factories.make_status(session, is_closing=True)
    session.add(models.StatusChange(card_id=card.id, new_id=status.id, by_id=operator.id))
    session.flush()
    return operator


def test_a_program_asks_and_is_told(as_program, a_result):
    program = as_program("supervisor")
    names = {one["key"]: one for one in program.get("reports/").json["result"]}
    assert "operator" in {one["key"] for one in names["conversion"]["groupings"]}
    told = program.post("reports/", {"report": "conversion", "preset": "today", "group_by": "operator"}).json["result"]
    assert told["total"]["values"]["processed"] == 1
    assert [row["name"] for row in told["rows"]] == [[f"{a_result.last_name} {a_result.first_name}"]]


def test_an_operator_is_told_the_own_figures(as_program, a_result):
    asked = {"report": "conversion", "preset": "today", "group_by": "operator"}
    assert as_program("operator").post("reports/", asked).json["result"]["total"]["values"]["processed"] == 1
    assert as_program("operator2").post("reports/", asked).json["result"]["rows"] == []
    assert (
        as_program("operator").post("reports/", {"report": "connects-by-prefix", "preset": "today"}).status_code == 404
    )


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"report": "weather"}, 404),
        ({}, 422),
        ({"report": "conversion", "from": "2026-11-02", "to": "2026-11-01"}, 422),
        ({"report": "conversion", "from": "yesterday"}, 422),
        ({"report": "conversion", "group_by": "moon"}, 422),
        ({"report": "conversion", "only": {"password": "1"}}, 422),
        ({"report": "conversion", "only": {"operator_id": "1;DROP"}}, 422),
        ({"report": "presence", "group_by": "operator", "only": {"city_id": "1"}}, 422),
    ],
)
def test_nonsense_is_told_by_name(as_program, asked, code):
    assert as_program("supervisor").post("reports/", asked).status_code == code
