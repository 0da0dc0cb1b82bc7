"""The list of leads: what failed is seen with its reason, corrected and handed over again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.services import crm_push
from app.wording_crm import comment_text
from tests.crm.connections import KEYS, make_bitrix, make_lead, pushes
from tests.crm.servers import FakeBitrix24, running


@pytest.fixture
def portal() -> Iterator[FakeBitrix24]:
    with running(FakeBitrix24()) as server:
        yield server


@pytest.fixture
def failed(session, portal):
    make_bitrix(session, portal)
    lead = make_lead(session)
    portal.script = [None, (400, {"error": "", "error_description": "Wrong <TITLE>"})]
    assert crm_push.deliver(session, KEYS, comment_text) == "failed"
    return lead


def test_a_failed_lead_is_seen_with_its_reason_and_mended(session, as_supervisor, portal, failed):
    text = as_supervisor.get("/leadview/list/").get_data(as_text=True)
    assert "ошибка передачи" in text and "Wrong &lt;TITLE&gt;" in text
    page = as_supervisor.get(f"/leadview/show/{failed.id}").get_data(as_text=True)
    assert "Исправить" in page and "Повторить" in page
    answer = as_supervisor.post(f"/leadview/fix/{failed.id}", data={"title": "Исправлено", "phone": ""})
    assert answer.status_code == 302
    assert crm_push.deliver(session, KEYS, comment_text) == "done"
    (row,) = portal.world.rows["lead"].values()
    assert row["TITLE"] == "Исправлено"
    page = as_supervisor.get(f"/leadview/show/{failed.id}").get_data(as_text=True)
    assert "передано" in page and "Исправить" not in page


def test_it_can_be_repeated_and_left_out(session, as_supervisor, portal, failed):
    (push,) = pushes(session)
    assert as_supervisor.post(f"/leadview/again/{failed.id}/{push.id}").status_code == 302
    assert pushes(session)[0].state == "waiting"
    portal.script = [None, (400, {"error": "", "error_description": "Again"})]
    assert crm_push.deliver(session, KEYS, comment_text) == "failed"
    as_supervisor.post(f"/leadview/drop/{failed.id}/{push.id}")
    assert pushes(session)[0].state == "dropped"
    assert as_supervisor.post(f"/leadview/drop/{failed.id}/987654").status_code == 302


@pytest.mark.parametrize("values", [{"phone": "не номер"}, {"title": "x" * 5000}, {"title": "\x00"}])
def test_what_cannot_be_sent_is_refused(session, as_supervisor, failed, values):
    as_supervisor.post(f"/leadview/fix/{failed.id}", data=values)
    assert pushes(session)[0].state == "failed"


def test_all_that_failed_goes_again_by_one_button(session, as_supervisor, portal, failed):
    as_supervisor.post(f"/leadview/action/repeat/{failed.id}")
    assert crm_push.deliver(session, KEYS, comment_text) == "done"
