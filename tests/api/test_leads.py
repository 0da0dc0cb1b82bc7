"""Leads sent by a program: each is told what became of it, repeats change nothing, junk stops none of the others."""

from __future__ import annotations

import pytest

from app.models import AuditEvent, Card, IncomingLead
from app.services import lead_cards
from tests.factories import NOON
from tests.services.intakes import PHONE, make_intake


@pytest.fixture
def intake(session):
    row, _secret = make_intake(session, per_minute=1)
    return row


def send(program, intake, *leads):
    return program.post("leads/push", {"intake": intake.id, "leads": list(leads)})


def lead(number="1", **more):
    return {"id": number, "phone": "+7 900 000 00 0" + number, "name": "Олег", "make": "LADA", "year": 2019} | more


def test_each_lead_is_told_and_sending_again_changes_nothing(intake, as_program, session):
    program = as_program("supervisor", scope="push")
    told = send(program, intake, lead("1"), lead("2"), {"phone": "12"}, "junk", None).json
    assert [one["result"] for one in told["result"]] == ["new", "new", "rejected", "rejected", "rejected"]
    assert (told["new"], told["known"], told["rejected"]) == (2, 0, 3)
    assert told["result"][2]["reason"].startswith("phone")
    again = send(program, intake, lead("1"), lead("2", comment="другое")).json
    assert [one["result"] for one in again["result"]] == ["known", "rejected"]
    assert again["result"][0]["id"] == told["result"][0]["id"] and "other words" in again["result"][1]["reason"]
    assert session.query(IncomingLead).count() == 2
    assert session.query(AuditEvent).filter_by(what="api_leads_push").first().details["key_id"]


def test_a_program_follows_its_leads_with_masked_numbers(intake, as_program, session, app):
    program = as_program("supervisor")
    lead_id = send(program, intake, lead("1")).json["result"][0]["id"]
    lead_cards.make_cards(session, lambda: NOON)
    (row,) = program.rows(f"leads/?q=(filters:!((col:intake_id,opr:eq,value:{intake.id})))")
    assert row["id"] == lead_id and row["taken_at"] is None and session.get(Card, row["card_id"])
    assert "9000000001" not in row["phone"].replace(" ", "") and row["facts"]["make"] == "LADA"


@pytest.mark.parametrize(
    ("body", "status"),
    [({}, 422), ({"intake": 1}, 422), ({"intake": "1", "leads": [{}]}, 422), ({"intake": 987654, "leads": [{}]}, 404),
     ({"intake": 2**40, "leads": [{}]}, 422), ({"intake": 1, "leads": []}, 422), ([], 422), ("x", 422),
     ({"intake": 1, "leads": [{"phone": PHONE}] * 101}, 422)],
)  # fmt: skip
def test_junk_is_refused_in_words(as_program, body, status):
    answer = as_program("supervisor").post("leads/push", body)
    assert answer.status_code == status and answer.json["message"]


def test_a_way_that_is_switched_off_takes_nothing(intake, as_program, session):
    intake.is_enabled = False
    session.flush()
    assert send(as_program("supervisor"), intake, lead("1")).status_code == 404


def test_half_a_letter_and_a_nul_are_cleaned(intake, as_program, session):
    raw = f'{{"intake": {intake.id}, "leads": [{{"phone": "+79000000001", "name": "Оле\\ud83dг\\u0000"}}]}}'
    answer = as_program("supervisor").post("leads/push", data=raw, headers={"Content-Type": "application/json"})
    assert answer.status_code == 200 and session.query(IncomingLead).one().name.startswith("Оле")


def test_an_operator_may_not(intake, as_program):
    assert send(as_program("operator"), intake, lead("1")).status_code == 403
