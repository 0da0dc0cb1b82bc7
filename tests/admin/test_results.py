"""Statuses as a supervisor edits them: in words, with the row of buttons, their history and their archive."""

from __future__ import annotations

import re

from sqlalchemy import select

from app.models import Status, StatusChange
from app.services import statuses
from tests.factories import get_user, make_card, make_status

FORM = {"name": "Проба", "color": "green", "icon": "check", "hotkey": "", "position": "5", "is_enabled": "1"}


def row(page):
    """The names in the row of buttons, in order."""
    part = page[page.index('id="status-row"') :]
    found = re.findall(r'class="btn desk-result ([^"]*)">.*?</svg>\s*([^<]+?)\s*<', part, re.S)
    return [name for _css, name in found]


def status_named(session, code):
    return session.scalars(select(Status).where(Status.code == code)).one()


def test_the_list_shows_the_buttons_and_says_what_every_flag_does(session, as_supervisor):
    page = as_supervisor.get("/statusview/list/").text
    assert row(page)[:2] == ["Нет ответа", "Занято"]
    assert "Перезвонит через 120 мин" in page and "не больше 6 попыток" in page
    assert 'title="Карточка уходит в CRM."' in page


def test_the_row_of_buttons_follows_what_is_typed_before_anybody_saves(session, as_supervisor):
    busy = status_named(session, "busy")
    typed = {"pk": busy.id, "name": "Линия занята", "color": "red", "icon": "phone", "position": "0", "is_enabled": "y"}
    page = as_supervisor.get("/statusview/preview", query_string=typed).text
    assert row(page)[0] in ("Нет ответа", "Линия занята") and "Линия занята" in row(page)[:2]
    assert "desk-result-red is-mine" in page
    assert "Линия занята" not in row(
        as_supervisor.get("/statusview/preview", query_string=typed | {"is_enabled": ""}).text
    )
    fresh = as_supervisor.get("/statusview/preview", query_string=FORM | {"name": "<b>Новый"}).text
    assert "&lt;b&gt;Новый" in fresh and "<b>Новый" not in fresh
    session.refresh(busy)
    assert busy.name == "Занято"


def test_every_edit_stays_with_who_when_and_what_it_was(session, as_supervisor):
    one = make_status(session, name="Было", position=1)
    as_supervisor.post(
        f"/statusview/edit/{one.id}", data=FORM | {"name": "Стало", "repeat_after_min": "60", "attempts_cap": "3"}
    )
    page = as_supervisor.get(f"/statusview/show/{one.id}").text
    told = page[page.index("Было → стало") :]
    who = get_user(session, "supervisor")
    assert "Название: Было → Стало" in told and f"{who.first_name} {who.last_name}" in told
    assert "Сам перезванивает через, мин: " in told and "→ 60" in told


def test_the_pause_its_growth_and_the_end_of_tries_are_saved(session, as_supervisor):
    one, end = make_status(session), make_status(session, is_closing=True, name="Не дозвонились")
    data = FORM | {"repeat_after_min": "60", "repeat_growth_pct": "50", "attempts_cap": "4", "at_cap": str(end.id)}
    as_supervisor.post(f"/statusview/edit/{one.id}", data=data)
    session.refresh(one)
    assert (one.repeat_after_min, one.repeat_growth_pct, one.attempts_cap, one.at_cap_id) == (60, 50, 4, end.id)
    page = as_supervisor.get("/statusview/list/").text
    assert "каждый раз на 50 % дольше" in page and "потом «Не дозвонились»" in page
    as_supervisor.post(f"/statusview/edit/{one.id}", data=data | {"at_cap": "__None", "repeat_growth_pct": ""})
    session.refresh(one)
    assert (one.repeat_growth_pct, one.at_cap_id) == (0, None)


def test_only_statuses_that_a_counter_may_set_are_offered_as_the_end(session, as_supervisor):
    form = as_supervisor.get(f"/statusview/edit/{status_named(session, 'busy').id}").text
    offered = form[form.index('name="at_cap"') :].split("</select>")[0]
    assert "Неверный номер" in offered
    assert "Записан на осмотр" not in offered and "Не звонить" not in offered and "Думает" not in offered


def test_two_buttons_cannot_have_one_key(session, as_supervisor):
    one = make_status(session, name="Новый")
    page = as_supervisor.post(f"/statusview/edit/{one.id}", data=FORM | {"hotkey": "1"}).text
    assert "Клавиша 1 занята статусом «Нет ответа»" in page
    session.refresh(one)
    assert one.hotkey == ""


def test_a_status_that_was_ever_used_goes_into_the_archive_instead_of_being_deleted(session, as_supervisor):
    used, free = make_status(session), make_status(session)
    both = [used.id, free.id]
    card = make_card(session)
    session.add(StatusChange(card_id=card.id, new_id=used.id))
    session.flush()
    assert "в архив" in as_supervisor.post(f"/statusview/delete/{used.id}", follow_redirects=True).text
    as_supervisor.post(f"/statusview/delete/{both[1]}")
    left = session.scalars(select(Status.id).where(Status.id.in_(both))).all()
    assert left == [used.id]
    as_supervisor.post(f"/statusview/action/archive/{used.id}")
    session.expire_all()
    assert used.is_enabled is False
    assert used.id not in {spec.id for spec in statuses.choices(session, None)}
    as_supervisor.post(f"/statusview/action/restore/{used.id}")
    session.expire_all()
    assert used.is_enabled is True
    told = as_supervisor.get(f"/statusview/show/{used.id}").text
    assert "Да → Нет" in told and "Нет → Да" in told


def test_out_of_the_archive_a_status_does_not_take_a_key_that_has_found_another_owner(session, as_supervisor):
    one = make_status(session, hotkey="1", is_enabled=False)
    page = as_supervisor.post(f"/statusview/action/restore/{one.id}", follow_redirects=True).text
    assert "Клавиша 1 занята" in page
    session.refresh(one)
    assert one.is_enabled is False


def test_the_audit_log_tells_of_an_edit_by_the_labels_of_the_form(session, as_supervisor, as_admin):
    one = make_status(session, name="Было", position=1)
    as_supervisor.post(f"/statusview/edit/{one.id}", data=FORM | {"name": "Стало", "is_reached": "y"})
    log = as_admin.get("/auditview/list/").text
    assert "Дозвон: ответил человек: Нет → Да" in log
    assert "is_reached" not in log[log.index("<tbody") : log.index("</tbody")]
