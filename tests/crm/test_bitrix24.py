"""Leads in Bitrix24's words, against a server that behaves like a portal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.crm import CommentOut, CrmTrouble, Event, HookRefused, LeadOut
from app.crm._http import Door
from app.crm.bitrix24 import Bitrix24
from app.demo.crm import APPLICATION_TOKEN
from tests.crm.servers import FakeBitrix24, running

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PHONE = "79160001122"


@pytest.fixture
def portal() -> Iterator[FakeBitrix24]:
    with running(FakeBitrix24()) as server:
        yield server


@pytest.fixture
def crm(portal) -> Iterator[Bitrix24]:
    made = Bitrix24(hook_url=portal.hook, application_token=APPLICATION_TOKEN)
    made.door = Door(allow_private=True, secrets=made.secrets(), timeout_s=1.0)
    yield made
    made.door.close()


def lead(key: str = "key-1", phones: tuple[str, ...] = (PHONE,), **fields: object) -> LeadOut:
    facts = {"phones": list(phones), "seller_name": "Олег"}
    return LeadOut(key, 7, {"TITLE": "LADA Vesta 2019", "UF_CRM_VIN": "XTA00000000000000", **fields}, facts, NOW)


def test_a_lead_comes_with_its_contact_and_its_own_fields(portal, crm):
    receipt = crm.push_lead(lead(), again=False)
    (row,) = portal.world.rows["lead"].values()
    assert receipt.external_id == row["ID"] and receipt.url == f"{portal.url}/crm/lead/details/{row['ID']}/"
    assert row["TITLE"] == "LADA Vesta 2019" and row["UF_CRM_VIN"] == "XTA00000000000000"
    assert (row["ORIGINATOR_ID"], row["ORIGIN_ID"]) == ("prozvon", "key-1")
    (contact,) = portal.world.rows["contact"].values()
    assert contact["NAME"] == "Олег" and contact["PHONE"][0]["VALUE"] == "+79160001122"
    assert row["CONTACT_ID"] == contact["ID"]
    assert portal.methods == ["batch", "batch"], "the limit counts requests: look and make are one each"


def test_a_person_the_crm_knows_gets_the_lead_and_no_second_contact(portal, crm):
    known = portal.world.put("contact", {"NAME": "Олег", "PHONE": [{"VALUE": "8 (916) 000-11-22"}]})
    known["PHONE"][0]["VALUE"] = "+7 916 000-11-22"
    crm.push_lead(lead(), again=False)
    assert len(portal.world.rows["contact"]) == 1
    (row,) = portal.world.rows["lead"].values()
    assert str(row["CONTACT_ID"]) == known["ID"]


def test_a_lead_whose_answer_was_lost_is_found_and_not_made_twice(portal, crm):
    portal.script = [None, "lost"]
    with pytest.raises(CrmTrouble) as lost:
        crm.push_lead(lead(), again=False)
    assert not lost.value.permanent
    receipt = crm.push_lead(lead(), again=True)
    assert receipt.was_there and len(portal.world.rows["lead"]) == 1


@pytest.mark.parametrize("entity", ["lead", "deal", "lead_old"])
def test_every_kind_of_lead_is_made_once(portal, crm, entity):
    crm.entity = entity
    first, second = crm.push_lead(lead(), again=False), crm.push_lead(lead(), again=True)
    assert first.external_id == second.external_id
    assert len(portal.world.rows["deal" if entity == "deal" else "lead"]) == 1


def test_without_a_number_nobody_is_looked_for(portal, crm):
    crm.push_lead(lead(phones=()), again=False)
    assert not portal.world.rows["contact"] and len(portal.world.rows["lead"]) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "permanent", "closes"),
    [
        (503, {"error": "QUERY_LIMIT_EXCEEDED", "error_description": "Too many requests"}, "limit", False, True),
        (429, {"error": "OPERATION_TIME_LIMIT", "time": {"operating_reset_at": 1}}, "limit", False, True),
        (401, {"error": "expired_token", "error_description": "gone"}, "auth", True, True),
        (403, {"error": "insufficient_scope", "error_description": ""}, "auth", True, True),
        (200, {"error": "", "error_description": "Access denied."}, "auth", True, True),
        (400, {"error": "", "error_description": "Field UF_CRM_X is wrong"}, "refused", True, False),
        (500, {"error": "INTERNAL_SERVER_ERROR", "error_description": "oops"}, "network", False, False),
        (502, "<html>", "network", False, False),
        (200, "<html>", "strange", False, False),
        (200, {"result": []}, "strange", False, False),
        (302, "", "refused", True, True),
    ],
)
def test_every_way_to_say_no_is_understood(portal, crm, status, body, kind, permanent, closes):
    portal.script = [None, (status, body)]
    with pytest.raises(CrmTrouble) as told:
        crm.push_lead(lead(), again=False)
    assert (told.value.kind, told.value.permanent, told.value.closes) == (kind, permanent, closes)
    assert "/demo/" not in str(told.value), "the address of a web-hook is a secret"


def test_the_code_of_the_address_is_in_no_message_and_in_no_record(portal, crm):
    crm.door.said = []
    crm.check()
    assert "demo/" not in crm.door.said[0].url and "***" in crm.door.said[0].url
    portal.script = ["lost"]
    with pytest.raises(CrmTrouble) as told:
        crm.check()
    assert str(told.value).startswith("127.0.0.1: ") and "demo" not in str(told.value)


def test_a_comment_is_added_once_even_when_its_answer_is_lost(portal, crm):
    number = crm.push_lead(lead(), again=False).external_id
    comment = CommentOut("k", "note", "Торг уместен", NOW, "[#abc]")
    portal.script = ["lost"]
    with pytest.raises(CrmTrouble):
        crm.push_comment(number, comment, again=False)
    crm.push_comment(number, comment, again=True)
    (row,) = portal.world.rows["comment"].values()
    assert row["COMMENT"] == "Торг уместен\n[#abc]" and row["ENTITY_TYPE"] == "lead"


# --- back


def test_a_sync_goes_page_by_page_and_the_next_one_takes_only_what_has_changed(portal, crm):
    for n in range(120):
        portal.world.put("contact", {"NAME": f"Имя{n}", "LAST_NAME": None, "PHONE": [{"VALUE": f"+7916000{n:04d}"}]})
    pages = list(crm.changes({}))
    assert sum(len(page.clients) for page in pages) == 120
    assert pages[0].clients[0].name == "Имя0" and len(pages[0].clients) == 50
    after = list(crm.changes(pages[-1].cursor))
    assert sum(len(page.clients) for page in after) == 0
    portal.world.call("crm.contact.update", {"id": 7, "fields": {"NAME": "Новое"}})
    (changed,) = [client for page in crm.changes(after[-1].cursor) for client in page.clients]
    assert (changed.external_id, changed.name) == ("7", "Новое")


def test_a_killed_sync_goes_on_where_it_was(portal, crm):
    for n in range(120):
        portal.world.put("contact", {"NAME": f"Имя{n}"})
    first = next(iter(crm.changes({})))
    rest = [client.external_id for page in crm.changes(first.cursor) for client in page.clients]
    assert rest == [str(n) for n in range(51, 121)]


def test_a_deal_tells_its_car_its_client_and_the_stage_of_the_lead_it_grew_from(portal, crm):
    portal.world.put("deal", {"LEAD_ID": "5", "CONTACT_ID": "9", "STAGE_ID": "C3:WON", "UF_CRM_MAKE": "LADA",
                              "UF_CRM_YEAR": ["2019"], "UF_CRM_MODEL": None})  # fmt: skip
    found = crm.look(Event("car", "deal1"))
    assert (found.stages[0].external_id, found.stages[0].stage) == ("5", "WON")
    assert found.cars[0].client_id == "9" and found.cars[0].facts["year"] == "2019" and not found.cars[0].facts["model"]


def hook(**more: str) -> bytes:
    from urllib.parse import urlencode

    told = {"event": "ONCRMDEALUPDATE", "data[FIELDS][ID]": "759", "auth[application_token]": APPLICATION_TOKEN} | more
    return urlencode(told).encode()


def test_a_web_hook_names_what_has_changed(crm):
    assert crm.read_hook({}, hook(), NOW) == [Event("car", "deal759")]
    assert crm.read_hook({}, hook(event="ONCRMLEADDELETE"), NOW) == [Event("lead", "759", is_gone=True)]


@pytest.mark.parametrize(
    "body",
    [
        hook(**{"auth[application_token]": "wrong"}), hook(event="ONAPPINSTALL"), hook(**{"data[FIELDS][ID]": "1;2"}),
        b"", b"\xff\xfe junk", b"&" * 5000, b"[]",
    ],
)  # fmt: skip
def test_a_strange_web_hook_is_refused(crm, body):
    with pytest.raises(HookRefused):
        crm.read_hook({}, body, NOW)
