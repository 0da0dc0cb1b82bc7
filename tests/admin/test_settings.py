"""Business settings: shown with their units and defaults, changed all at once or not at all, with a trace."""

from __future__ import annotations

import pytest
from flask_appbuilder.security.sqla.models import User
from sqlalchemy import select

from app import settings
from app.models import AuditEvent, Invite, Setting
from app.services import setting_changes


def as_form(session, **more):
    values = settings.all_of(session) | more
    return {name: ("1" if value is True else str(value)) for name, value in values.items() if value is not False}


def test_every_setting_is_on_the_page_with_its_help(session, as_supervisor):
    page = as_supervisor.get("/settingview/").text
    for name in settings.DEFAULTS:
        assert f'name="{name}"' in page
    assert "никогда" in page and "Звонить с" in page


def test_a_change_holds_is_audited_and_shows_who_made_it(session, as_supervisor):
    assert as_supervisor.post("/settingview/", data=as_form(session, deal_batch=700)).status_code == 302
    assert settings.get(session, "deal_batch") == 700
    event = session.scalars(select(AuditEvent).where(AuditEvent.what == "setting_changed")).one()
    assert event.details == {"name": "deal_batch", "old": 500, "new": 700}
    page = as_supervisor.get("/settingview/").text
    assert "Семён Старший" in page and "изменено" in page
    as_supervisor.post("/settingview/", data=as_form(session))
    assert len(session.scalars(select(AuditEvent).where(AuditEvent.what == "setting_changed")).all()) == 1


def test_a_box_that_is_unticked_is_off(session, as_supervisor):
    as_supervisor.post("/settingview/", data=as_form(session, reopen_on_price_drop=False))
    assert settings.get(session, "reopen_on_price_drop") is False


@pytest.mark.parametrize(
    "wrong, words",
    [({"deal_batch": "abc"}, "целое число"), ({"deal_batch": "5"}, "от 10 до"), ({"deal_batch": ""}, "целое число"),
     ({"call_hours_from": "20", "call_hours_to": "9"}, "раньше")],
)  # fmt: skip
def test_nonsense_changes_nothing_and_stays_on_the_screen(session, as_supervisor, wrong, words):
    data = as_form(session, reseller_at=61) | wrong
    page = as_supervisor.post("/settingview/", data=data)
    assert page.status_code == 200 and words in page.text and 'value="61"' in page.text
    assert session.scalars(select(Setting)).first() is None


def test_an_operator_sees_no_settings(as_operator):
    assert as_operator.get("/settingview/").status_code in (302, 403)


def test_the_row_of_a_setting_tells_its_default(session):
    assert {row.name for row in setting_changes.rows(session)} == set(settings.DEFAULTS)


def test_the_life_of_links_is_a_setting_that_stands_beside_the_link(session, as_admin):
    user = session.scalars(select(User).where(User.username == "operator2")).one()
    page = as_admin.post(f"/users/action/reset_link/{user.id}").text
    assert "Действует до" in page and "4 часа с этой минуты" in page
    session.add(Setting(name="reset_hours", value=1))
    session.add(Setting(name="invite_hours", value=24))
    page = as_admin.post(f"/users/action/reset_link/{user.id}").text
    assert "1 час с этой минуты" in page
    page = as_admin.post("/invites/", data={"username": "olga.new", "role": "Operator", "first_name": "Ольга"}).text
    assert "24 часа с этой минуты" in page
    lives = {
        row.purpose: row.expires_at - row.created_at for row in session.scalars(select(Invite).order_by(Invite.id))
    }
    assert round(lives["reset"].total_seconds() / 3600) == 1 and round(lives["invite"].total_seconds() / 3600) == 24
