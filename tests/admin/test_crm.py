"""An administrator connects a CRM by a form, tries it, and never sees a secret again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app import models
from app.services.secrets_box import unseal
from tests.crm.servers import FakeBitrix24, running

TOKEN = "token-of-the-portal"


@pytest.fixture
def portal() -> Iterator[FakeBitrix24]:
    with running(FakeBitrix24()) as server:
        yield server


def form(portal: Any, **more: Any) -> dict[str, Any]:
    return {
        "adapter": "bitrix24", "name": "Наш портал", "option_hook_url": portal.hook, "option_entity": "lead",
        "option_application_token": TOKEN, "is_enabled": "1", "sync_minutes": "15",
        "map_to": ["TITLE", "UF_CRM_VIN", ""], "map_value": ["{make} {model}", "{vin}", ""],
        "stage_theirs": ["WON", "MY_OWN"], "stage_ours": ["bought", "inspected"], "car_make": "UF_CRM_MAKE",
    } | more  # fmt: skip


def stored(session) -> models.CrmConnection:
    return session.scalars(select(models.CrmConnection)).one()


def test_a_connection_is_made_and_its_secrets_are_sealed_and_never_shown(app, session, as_admin, portal):
    answer = as_admin.post("/crmconnectionview/add", data=form(portal))
    assert answer.status_code == 302
    row = stored(session)
    assert row.field_map == [["TITLE", "{make} {model}"], ["UF_CRM_VIN", "{vin}"]]
    assert row.stage_map == {"WON": "bought", "MY_OWN": "inspected"} and row.car_map == {"make": "UF_CRM_MAKE"}
    assert portal.hook not in str(row.options) + row.secrets
    secrets = unseal(row.secrets, app.config["PROZVON"].secret_key)
    assert secrets == {"hook_url": portal.hook, "application_token": TOKEN}
    for page in (f"/crmconnectionview/show/{row.id}", f"/crmconnectionview/edit/{row.id}", "/crmconnectionview/list/"):
        text = as_admin.get(page).get_data(as_text=True)
        assert TOKEN not in text and "rest/1/demo" not in text
    assert row.hook_token in as_admin.get(f"/crmconnectionview/show/{row.id}").get_data(as_text=True)


def test_an_empty_secret_leaves_the_stored_one(app, session, as_admin, portal):
    as_admin.post("/crmconnectionview/add", data=form(portal))
    row = stored(session)
    data = form(portal, name="Другое имя", option_hook_url="", option_application_token="")
    assert as_admin.post(f"/crmconnectionview/edit/{row.id}", data=data).status_code == 302
    assert stored(session).name == "Другое имя"
    assert unseal(stored(session).secrets, app.config["PROZVON"].secret_key)["hook_url"] == portal.hook


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": ""}, "Назовите"), ({"option_hook_url": ""}, "Заполните"),
        ({"option_hook_url": "ftp://x"}, "адрес вида"),
        ({"option_hook_url": "https://u:p@x.test/"}, "адрес вида"), ({"option_entity": "other"}, "из списка"),
        ({"map_value": ["{made}", "", ""]}, "{made}"), ({"map_to": ["A", "A", ""]}, "дважды"),
        ({"map_to": ["", "A", ""]}, "нет поля"), ({"stage_ours": ["sold", ""]}, "Стадии"),
        ({"sync_minutes": "часто"}, "опрашивается"), ({"sync_minutes": "99999"}, "опрашивается"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_told_and_the_form_keeps_what_was_typed(session, as_admin, portal, more, said):
    answer = as_admin.post("/crmconnectionview/add", data=form(portal, **more))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and said in text and "UF_CRM_MAKE" in text
    assert session.scalars(select(models.CrmConnection)).all() == []


def test_the_check_shows_the_very_request_and_the_answer_and_makes_nothing(as_admin, portal):
    text = as_admin.post("/crmconnectionview/check", data=form(portal)).get_data(as_text=True)
    assert "crm.item.add" in text and "LADA Vesta" in text and "CRM отвечает" in text
    assert portal.methods == ["crm.lead.fields"] and "rest/1/demo" not in text
    portal.script = [(401, {"error": "INVALID_CREDENTIALS", "error_description": "Invalid request credentials"})]
    text = as_admin.post("/crmconnectionview/check", data=form(portal)).get_data(as_text=True)
    assert "не пускает" in text and "Invalid request credentials" in text


def test_a_trial_lead_arrives(as_admin, portal):
    text = as_admin.post("/crmconnectionview/check", data=form(portal) | {"send": "1"}).get_data(as_text=True)
    assert "лид передан" in text and len(portal.world.rows["lead"]) == 1


def test_whoever_changes_the_address_has_to_know_the_secret(app, session, as_admin):
    data = {"adapter": "webhook", "name": "Свой", "option_url": "https://one.example.test/", "option_secret": "s" * 20,
            "sync_minutes": "0"}  # fmt: skip
    as_admin.post("/crmconnectionview/add", data=data)
    row = stored(session)
    answer = as_admin.post(
        f"/crmconnectionview/edit/{row.id}",
        data=data | {"option_url": "https://two.example.test/", "option_secret": ""},
    )
    assert "секреты заново" in answer.get_data(as_text=True)
    assert stored(session).options["url"] == "https://one.example.test/"


def test_each_kind_has_a_form(as_admin):
    kinds = re.findall(r"adapter=(\w+)", as_admin.get("/crmconnectionview/add").get_data(as_text=True))
    assert set(kinds) == {"amocrm", "bitrix24", "webhook"}
    for kind in kinds:
        assert as_admin.get(f"/crmconnectionview/add?adapter={kind}").status_code == 200
