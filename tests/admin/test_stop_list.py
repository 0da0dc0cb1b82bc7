"""A person asks whether a number is in the stop list, however he writes it; the number gets into no address."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest

from app.models import DoNotCall
from tests.factories import get_user

FIND = "/donotcallview/find"


@pytest.mark.parametrize(
    "written", ["+7 912 000-34-56", "8 (912) 000 34 56", "9120003456", "79120003456", "8.912.0003456"]
)
def test_a_number_of_the_list_is_found_however_it_is_written(session, as_supervisor, written):
    session.add(DoNotCall(phone="79120003456", reason="просил", by_id=get_user(session, "supervisor").id))
    session.flush()
    page = as_supervisor.post(FIND, data={"number": written}).text
    assert "звонить нельзя" in page and "просил" in page and "навсегда" in page
    assert "/donotcallview/show/" in page and "79120003456" not in page


def test_a_number_that_is_not_in_the_list_may_be_called(session, as_supervisor):
    session.add(DoNotCall(phone="79120003456"))
    session.flush()
    page = as_supervisor.post(FIND, data={"number": "8 912 000-34-57"}).text
    assert "звонить можно" in page and "звонить нельзя" not in page


def test_an_entry_whose_time_is_over_forbids_nothing(session, as_supervisor):
    session.add(DoNotCall(phone="79120003456", until=datetime.now(UTC) - timedelta(days=1)))
    session.flush()
    page = as_supervisor.post(FIND, data={"number": "79120003456"}).text
    assert "Запрет уже не действует" in page and "звонить нельзя" not in page


def test_what_is_no_number_is_told(as_supervisor):
    for junk in ("12", "", "позвоните", "9" * 4000):
        answer = as_supervisor.post(FIND, data={"number": junk})
        assert answer.status_code == 200 and "российский" in answer.text


def test_the_question_stands_above_the_list_and_a_link_asks_nothing(as_supervisor):
    assert f'action="{FIND}"' in as_supervisor.get("/donotcallview/list/").text
    assert as_supervisor.get(FIND).location.endswith("/donotcallview/list/")


def test_an_operator_may_not_ask(as_operator):
    assert as_operator.post(FIND, data={"number": "79120003456"}).status_code in (302, 403)


def test_an_erased_number_is_found_by_who_knows_it_and_read_by_nobody(session, as_supervisor):
    row = DoNotCall(phone="79120003456", reason="просил")
    session.add(row)
    session.flush()
    answer = as_supervisor.post(f"/donotcallview/action/erase/{row.id}", follow_redirects=True)
    assert "1 номер стёрт, запрет действует" in answer.text
    listed = as_supervisor.get("/donotcallview/list/").text
    assert "стёрт" in listed and "34-56" not in listed and "*-56" not in listed
    found = as_supervisor.post(FIND, data={"number": "8 912 000-34-56"}).text
    assert "звонить нельзя" in found and f"/donotcallview/show/{row.id}" in found
    again = as_supervisor.post("/donotcallview/add", data={"phone": "8 912 000-34-56", "reason": "", "until": ""})
    assert "уже в списке" in again.text
    saved = as_supervisor.post(f"/donotcallview/edit/{row.id}", data={"reason": "письмо", "until": ""})
    assert saved.status_code == 302 and session.get(DoNotCall, row.id).reason == "письмо"


def test_a_list_of_numbers_is_imported_and_what_is_no_number_is_shown(session, as_supervisor):
    assert "/donotcallview/import" in as_supervisor.get("/donotcallview/list/").text
    page = as_supervisor.post(
        "/donotcallview/import", data={"numbers": "8 912 000-34-56\nабв", "reason": "просили"}
    ).text
    assert "абв" in page and "не российский номер" in page and "79120003456" not in page
    assert session.query(DoNotCall).one().reason == "просили"
    assert "Нет ни одной строки с номером" in as_supervisor.post("/donotcallview/import", data={}).text
    sent = {"file": (io.BytesIO("Имя;89120003457".encode("cp1251")), "list.csv")}
    as_supervisor.post("/donotcallview/import", data=sent, content_type="multipart/form-data")
    assert session.query(DoNotCall).count() == 2
