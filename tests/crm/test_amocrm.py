"""Leads in amoCRM's words: contacts, notes, tokens that end, and no answer that is always JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from app.crm import CommentOut, CrmTrouble, Event, HookRefused, LeadOut
from app.crm._http import Door
from app.crm.amocrm import AmoCrm
from tests.crm.servers import FakeAmo, Plain, running

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PHONE = "79160001122"


@pytest.fixture
def amo() -> FakeAmo:
    return FakeAmo()


@pytest.fixture
def crm(amo) -> Iterator[AmoCrm]:
    with running(Plain(amo)) as server:
        made = AmoCrm(base_url=server.url, long_token="access-0")
        made.door = Door(allow_private=True, timeout_s=1.0)
        yield made
        made.door.close()


def lead(**fields: object) -> LeadOut:
    told = {"name": "LADA Vesta", "price": "690 000", "111": "Самара", "contact.EMAIL": "o@example.test", "tags": "а,б"}
    return LeadOut("key-1", 7, {**told, **fields}, {"phones": [PHONE], "seller_name": "Олег"}, NOW)


def test_a_lead_goes_with_its_contact_fields_and_tags_in_one_request(amo, crm):
    receipt = crm.push_lead(lead(), again=False)
    (made,) = amo.leads
    assert receipt.external_id == str(made["id"]) and made["price"] == 690000 and made["request_id"] == "key-1"
    assert made["custom_fields_values"] == [{"field_id": 111, "values": [{"value": "Самара"}]}]
    assert [tag["name"] for tag in made["_embedded"]["tags"]] == ["prozvon-7", "а", "б"]
    (contact,) = amo.contacts
    codes = {one["field_code"]: one["values"][0]["value"] for one in contact["custom_fields_values"]}
    assert codes == {"EMAIL": "o@example.test", "PHONE": "+79160001122"}


def test_a_known_person_is_not_made_again(amo, crm):
    crm.push_lead(lead(), again=False)
    crm.push_lead(LeadOut("key-2", 8, {"name": "x"}, {"phones": [PHONE]}, NOW), again=False)
    assert len(amo.contacts) == 1 and len(amo.leads) == 2


@pytest.mark.parametrize("key_field", ["", "555"])
def test_a_lead_whose_answer_was_lost_is_found_by_its_mark(amo, crm, key_field):
    crm.key_field_id = key_field
    amo.script = [None, "lost"]
    with pytest.raises(CrmTrouble) as lost:
        crm.push_lead(lead(), again=False)
    assert not lost.value.permanent
    assert crm.push_lead(lead(), again=True).was_there and len(amo.leads) == 1


def test_a_429_that_is_no_json_is_a_pause(amo, crm):
    amo.script = [(429, "<html>Too many requests</html>", {"Retry-After": "3"})]
    with pytest.raises(CrmTrouble) as told:
        crm.push_lead(lead(), again=False)
    assert (told.value.kind, told.value.wait_s, told.value.closes) == ("limit", 3.0, True)


def test_which_field_is_wrong_is_told(amo, crm):
    with pytest.raises(CrmTrouble) as told:
        crm.push_lead(lead(**{"999": "x"}), again=False)
    assert told.value.permanent and "custom_fields_values.0.field_id" in str(told.value)


def test_a_note_is_added_once(amo, crm):
    number = crm.push_lead(lead(), again=False).external_id
    note = CommentOut("k", "note", "Торг", NOW, "[#abc]")
    amo.script = ["lost"]
    with pytest.raises(CrmTrouble):
        crm.push_comment(number, note, again=False)
    crm.push_comment(number, note, again=True)
    assert [one["params"]["text"] for one in amo.notes] == ["Торг\n[#abc]"]


def test_a_token_that_ended_early_is_changed_once_and_the_request_repeated(amo, crm):
    crm.long_token, asked = "", []

    def tokens(refused: str) -> str:
        asked.append(refused)
        return "access-0" if refused else "old"

    crm.tokens = tokens
    crm.push_lead(lead(), again=False)
    assert asked[:2] == ["", "old"] and len(amo.leads) == 1


def test_the_code_becomes_tokens_and_is_good_once(amo, crm):
    crm.code = "the-code"
    assert crm.fetch_tokens("") == ("access-1", "refresh-1", 86_400.0)
    assert crm.fetch_tokens("refresh-1")[1] == "refresh-2"
    with pytest.raises(CrmTrouble) as told:
        crm.fetch_tokens("refresh-1")
    assert told.value.kind == "auth" and told.value.closes


def test_a_sync_reads_all_pages_and_then_only_what_has_changed(amo, crm):
    amo.contacts = [
        {"id": n, "name": None if n == 3 else f"Имя {n}", "updated_at": 1000 + n,
         "custom_fields_values": [{"field_code": "PHONE", "values": [{"value": f"+7916000{n:04d}"}]}]}
        for n in range(1, 301)
    ]  # fmt: skip
    pages = list(crm.changes({}))
    assert sum(len(page.clients) for page in pages) == 300 and pages[0].clients[2].name == ""
    again = [
        client.external_id for page in crm.changes(json.loads(json.dumps(pages[-1].cursor))) for client in page.clients
    ]
    assert again == ["300"], "the newest moment may have more of its own; it is asked for again"


def hook(crm: AmoCrm, **more: str) -> bytes:
    from urllib.parse import urlencode

    told = {"leads[status][0][id]": "9001", "leads[status][0][status_id]": "142", "account[subdomain]": "127"} | more
    return urlencode(told).encode()


def test_a_web_hook_tells_the_stage_at_once(crm):
    assert crm.read_hook({}, hook(crm), NOW) == [Event("lead", "9001", "142")]
    with pytest.raises(HookRefused):
        crm.read_hook({}, hook(crm, **{"account[subdomain]": "other"}), NOW)
    with pytest.raises(HookRefused):
        crm.read_hook({}, b"account[subdomain]=127", NOW)
