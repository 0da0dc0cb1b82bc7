"""An administrator's day in a real browser: somebody comes, gets another role, loses a right, forgets the password."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlalchemy import select

from app.extensions import db, outside
from app.jobs import job_named, run_job
from app.models import Mail
from app.smtp import MailServer
from tests.a_mail_server import AMailServer, mail_server
from tests.databases import PASSWORD

pytestmark = pytest.mark.browser

FIRST, SECOND = "зелёный чайник на окне", "синий чайник на плите"


def log_in(page: Any, name: str, password: str) -> None:
    page.goto("/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login" not in url)


def choose_password(page: Any, link: str, password: str) -> None:
    page.goto(link)
    page.fill("#password", password)
    page.fill("#again", password)
    page.get_by_role("button", name="Сохранить").click()
    page.wait_for_url(lambda url: "/invite/" not in url)


def is_refused(page: Any, address: str) -> bool:
    """Told so, or led away: to the first page or to the log-in."""
    return page.goto(address).status == 403 or address not in page.url


def send_letters(live_server: Any) -> None:
    """What the worker does."""
    with live_server.app.app_context():
        waiting = list(db.session.scalars(select(Mail.id).where(Mail.state == "waiting")))
        db.session.remove()
    for mail_id in waiting:
        run_job(live_server.app, job_named("send_mail"), mail_id=mail_id)


def link_in(post_office: AMailServer) -> str:
    text = post_office.letters[-1].get_body(("plain",)).get_content()
    return re.search(r"http\S+(/invite/\S+)", text)[1]


def test_from_an_invitation_to_a_forgotten_password(
    page: Any, browser: Any, live_server: Any, monkeypatch: Any
) -> None:
    with mail_server() as post_office:
        monkeypatch.setattr(
            outside, "mail", MailServer.of(f"smtp://127.0.0.1:{post_office.port}", "prozvon@example.test")
        )
        context = browser.new_context(base_url=live_server.url, locale="ru-RU")
        try:
            _day(page, context.new_page(), live_server, post_office)
        finally:
            context.close()


def _day(admin: Any, person: Any, live_server: Any, post_office: AMailServer) -> None:
    # an invitation by mail
    log_in(admin, "admin", PASSWORD)
    admin.goto("/invites/")
    for name, value in (("username", "novikov"), ("first_name", "Пётр"), ("last_name", "Новиков"),
                        ("email", "petr@example.test")):  # fmt: skip
        admin.fill(f"#{name}", value)
    admin.get_by_role("button", name="Создать ссылку").click()
    admin.wait_for_selector("#the-link")
    admin.goto("/users/list/")
    assert "Приглашены и ещё не вошли" in admin.content() and "novikov" in admin.content()
    send_letters(live_server)

    # the person chooses a password and stands at the desk
    choose_password(person, link_in(post_office), FIRST)
    person.goto("/desk/")
    person.wait_for_selector("h1, .desk")
    assert "/desk/" in person.url and is_refused(person, "/board/")

    # another role: the old log-in ends, the new one sees the board
    admin.goto("/users/list/")
    assert "Приглашены и ещё не вошли" not in admin.content()
    admin.locator("tr", has_text="novikov").get_by_role("link", name="Изменить").click()
    admin.wait_for_selector("#roles")
    admin.locator("#roles + .ts-wrapper .ts-control").click()
    admin.locator("#roles-ts-dropdown .option", has_text="Супервайзер").click()
    chosen = admin.locator("#roles").evaluate("field => [...field.selectedOptions].map(one => one.text).sort()")
    assert chosen == ["Оператор", "Супервайзер"]
    admin.locator("form button[type=submit].btn-primary").click()
    admin.wait_for_url("**/users/**")
    person.goto("/desk/")
    assert "/login" in person.url
    log_in(person, "novikov", FIRST)
    assert not is_refused(person, "/board/")

    # a right more for all supervisors, at once and without a new log-in; and back
    assert is_refused(person, "/auditview/list/")
    _give(live_server, "Supervisor", ("can_list", "AuditView"))
    assert not is_refused(person, "/auditview/list/")
    admin.goto("/rolediff/")
    row = admin.locator("main li", has_text="Журнал")
    assert "добавлено" in row.inner_text()
    row.get_by_role("button", name="Вернуть").click()
    admin.wait_for_load_state("networkidle")
    assert admin.get_by_text("Отличий нет").count() == 2
    assert is_refused(person, "/auditview/list/") and "/login" not in person.url

    # the password is forgotten: a new one by mail ends the log-in that is still open elsewhere
    stranger = person.context.browser.new_context(base_url=live_server.url, locale="ru-RU")
    try:
        other = stranger.new_page()
        other.goto("/login/")
        other.get_by_role("link", name="Забыли пароль?").click()
        other.fill("#name", "novikov")
        other.get_by_role("button", name="Отправить ссылку").click()
        other.get_by_text("Проверьте почту").wait_for()
        send_letters(live_server)
        choose_password(other, link_in(post_office), SECOND)
        assert not is_refused(other, "/board/")
        person.goto("/board/")
        assert "/login" in person.url
    finally:
        stranger.close()

    # and what happened is in the log
    admin.goto("/auditview/list/")
    for words in ("приглашение использовано", "учётная запись изменена", "права роли возвращены"):
        assert words in admin.content()


def _give(live_server: Any, role_name: str, right: tuple[str, str]) -> None:
    """As the form of roles does: nine hundred tick boxes are no part of this story."""
    with live_server.app.app_context():
        sm = live_server.app.extensions["appbuilder"].sm
        role = sm.find_role(role_name)
        role.permissions.append(sm.find_permission_view_menu(*right))
        db.session.commit()
        db.session.remove()
