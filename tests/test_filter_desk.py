"""The supervisor builds filters: the form loses nothing, the count is live, the saved filter matches at once."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.models import AdFilter, AdFilterChange
from app.services import filter_form
from tests.factories import make_city, make_filter, make_group, make_model, make_vehicle


def test_a_filter_is_built_switched_on_and_remembered(session: Session, as_supervisor: Any) -> None:
    group, model = make_group(session), make_model(session)
    city = make_city(session, "Пробный город")
    answer = as_supervisor.post(
        "/adfilterview/build",
        data={
            "name": "Первый фильтр",
            "target": f"group:{group.id}",
            "priority": "7",
            "car": f"{model.make_id}:{model.id}:",
            "city_id": str(city.id),
            "radius_km": "120",
            "price_to": "900 000",
            "unknown_ok": ["damage", "price"],
            "accept_damaged": "1",
            "days_0": ["0", "4"],
            "from_0": "09:00",
            "to_0": "18:00",
            "is_enabled": "1",
        },
    )
    assert answer.status_code == 302
    row = session.execute(select(AdFilter).where(AdFilter.name == "Первый фильтр")).scalar_one()
    assert (row.is_enabled, row.priority, row.group_id) == (True, 7, group.id)
    assert [(line.city_id, line.radius_km) for line in row.cities] == [(city.id, 120)]
    assert row.criteria["price"] == [None, 900_000]
    assert row.schedule == [{"days": [0, 4], "from": "09:00", "to": "18:00"}]
    assert session.execute(select(AdFilterChange.what)).scalars().all() == ["created"]


def test_a_bad_field_is_told_and_everything_typed_stays(session: Session, as_supervisor: Any) -> None:
    page = as_supervisor.post(
        "/adfilterview/build",
        data={"name": "Не теряй меня", "price_from": "900", "price_to": "10", "words_yes": "торг"},
    )
    assert page.status_code == 422
    assert "Не теряй меня" in page.text
    assert "торг" in page.text
    assert "«От» больше, чем «до»" in page.text
    assert session.execute(select(AdFilter)).first() is None


def test_a_filter_changed_meanwhile_is_not_overwritten(session: Session, as_supervisor: Any) -> None:
    row = make_filter(session, name="Общий")
    for name, status in (("Первый", 302), ("Второй", 409)):
        data = {"name": name, "version": "1", "is_enabled": "1"}
        assert as_supervisor.post(f"/adfilterview/build/{row.id}", data=data).status_code == status
    session.refresh(row)
    assert row.name == "Первый"


def test_the_live_count_follows_the_form(session: Session, as_supervisor: Any) -> None:
    for price in (100, 200, 300):
        make_vehicle(session, price=price)
    page = as_supervisor.post("/adfilterview/count", data={"price_to": "200", "accept_damaged": "1"})
    assert "<strong>2</strong>" in page.text


def test_the_test_run_says_what_missed(session: Session, as_supervisor: Any) -> None:
    make_vehicle(session, title="Дорогая", price=5_000_000)
    page = as_supervisor.post("/adfilterview/test", data={"price_to": "1000", "accept_damaged": "1"})
    assert "Дорогая" in page.text
    assert "Цена" in page.text


def test_actions_switch_copy_and_archive(session: Session, as_supervisor: Any) -> None:
    row = make_filter(session, name="Под рукой")
    for name in ("disable", "enable", "copy", "archive"):
        assert as_supervisor.post(f"/adfilterview/action/{name}/{row.id}").status_code == 302, name
    session.refresh(row)
    assert (row.is_enabled, row.is_archived) == (False, True)
    assert (
        session.execute(select(AdFilter).where(AdFilter.name == "Под рукой (копия)")).scalar_one().is_enabled is False
    )


def test_an_operator_sees_no_filters(as_operator: Any) -> None:
    assert as_operator.get("/adfilterview/build").status_code in (302, 403)
    assert as_operator.post("/adfilterview/count", data={}).status_code in (302, 403)


@pytest.mark.parametrize(
    ("field", "value", "where"),
    [
        ("priority", "много", "priority"),
        ("priority", "5000", "priority"),
        ("open_cap", "0", "open_cap"),
        ("target", "group:x", "target"),
        ("target", "robot:1", "target"),
        ("year_from", "12", "year_from"),
        ("price_to", "1e9", "price_to"),
        ("car", "x:y", "cars"),
        ("from_0", "25:99", "schedule"),
        ("name", "\0", "name"),
    ],
)
def test_each_bad_field_has_its_own_complaint(field: str, value: str, where: str) -> None:
    _draft, bad = filter_form.read(MultiDict({"name": "x", field: value}))
    assert set(bad) == {where}


def test_unknown_choices_are_left_out() -> None:
    draft, bad = filter_form.read(
        MultiDict([("name", "x"), ("fuel", "water"), ("fuel", "diesel"), ("unknown_ok", "soul")])
    )
    assert not bad
    assert draft.criteria["fuel"] == ["diesel"]
    assert draft.criteria["unknown_ok"] == []


@pytest.mark.parametrize("path", ["/lookup/models?make=abc", "/lookup/models?make=-1", "/lookup/cities?q=%25",
                                  "/lookup/generations", "/adfilterview/build/999999"])  # fmt: skip
def test_junk_in_the_address_is_no_failure(as_supervisor: Any, path: str) -> None:
    assert as_supervisor.get(path).status_code in (200, 404)
