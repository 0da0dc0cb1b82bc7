"""The frame around every page: what it shows to whom, and that it stays inside the content policy."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ICONS = set((ROOT / "scripts" / "icons.txt").read_text().split())


def menu(html: str) -> list[str]:
    return re.findall(r'<a class="menu-item" href="([^"]+)"', html)


def test_the_log_in_page_is_russian_and_has_no_menu(client: Any) -> None:
    html = client.get("/login/").text
    assert '<html lang="ru"' in html
    assert "Имя для входа" in html and "Войти" in html
    assert not menu(html)


def test_a_failed_log_in_says_so_as_an_alert(client: Any) -> None:
    html = client.post("/login/", data={"username": "nobody", "password": "wrong"}, follow_redirects=True).text
    assert re.search(r'role="alert">.*?Вход не удался', html, re.S)


def test_the_menu_holds_only_what_one_may_open(as_operator: Any, as_admin: Any) -> None:
    operator, admin = menu(as_operator.get("/users/userinfo/").text), menu(as_admin.get("/users/userinfo/").text)
    assert "/users/list/" in admin and "/roles/list/" in admin
    assert "/users/list/" not in operator and "/roles/list/" not in operator
    assert operator, "an operator has work to do"


def test_the_chart_that_draws_on_the_internet_is_in_nobodys_menu(as_admin: Any) -> None:
    charts = [address for address in menu(as_admin.get("/users/list/").text) if "chart" in address]
    assert charts and all(address.startswith("/reports/") for address in charts), "only our own, drawn here"


def test_the_menu_marks_the_page_that_is_open_and_the_pages_below_it(as_admin: Any) -> None:
    marked = r'href="/roles/list/"[^>]*aria-current="page"'
    assert re.search(marked, as_admin.get("/roles/list/").text)
    assert re.search(marked, as_admin.get("/roles/show/1").text)
    assert not re.search(marked, as_admin.get("/users/list/").text)


def test_every_script_is_a_file_of_ours_or_carries_the_nonce_of_the_policy(as_admin: Any) -> None:
    answer = as_admin.get("/statusview/add")
    (nonce,) = re.findall(r"'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
    scripts = re.findall(r"<script\b[^>]*>", answer.text)
    assert len(scripts) > 3
    assert all(f'nonce="{nonce}"' in script or ' src="/static/' in script for script in scripts)
    assert not re.search(r"\son\w+=", answer.text), "handlers in attributes are refused by the policy"


def test_no_page_asks_another_host(as_admin: Any) -> None:
    for path in ("/users/list/", "/roles/edit/2", "/login/"):
        assert not re.search(r'(?:src|href)="(?:https?:)?//', as_admin.get(path).text)


def test_generated_pages_have_nothing_of_bootstrap_3(as_admin: Any) -> None:
    for path in ("/users/list/", "/users/add", "/users/show/1", "/roles/list/", "/roles/show/2", "/groups/add"):
        html = as_admin.get(path).text
        assert not re.search(r'data-toggle=|glyphicon|class="fa |panel-|label-default|btn-default', html), path


def test_a_built_in_role_can_be_looked_at_but_not_changed(as_admin: Any) -> None:
    html = as_admin.get("/roles/list/").text
    (row,) = re.findall(r"<tr>(?:(?!</tr>).)*Администратор(?:(?!</tr>).)*</tr>", html, re.S)
    assert "/roles/show/" in row and "/roles/edit/" not in row and "/roles/delete/" not in row


def test_deleting_asks_first_and_goes_by_post(as_admin: Any) -> None:
    html = as_admin.get("/roles/list/").text
    buttons = re.findall(r'<button[^>]*formaction="/roles/delete/\d+"[^>]*>', html)
    assert buttons and all("data-confirm=" in button for button in buttons)
    assert not re.search(r'<a [^>]*href="[^"]*/delete/', html)


def test_a_list_says_how_many_rows_it_has(as_admin: Any) -> None:
    assert re.search(r"\d+ запис(?:ь|и|ей)", as_admin.get("/users/list/").text)


def test_a_filter_that_nothing_fits_offers_to_take_it_away(as_admin: Any) -> None:
    html = as_admin.get("/users/list/?_flt_0_username=nobody-at-all").text
    assert "Под фильтр ничего не подходит" in html and "Сбросить фильтр" in html


def test_an_unknown_page_says_what_to_do_next(as_operator: Any) -> None:
    answer = as_operator.get("/no/such/page")
    assert answer.status_code == 404
    assert "На начальную страницу" in answer.text


def test_every_icon_that_a_template_asks_for_is_in_the_sprite() -> None:
    asked = set()
    for template in (ROOT / "app" / "templates").rglob("*.html"):
        asked |= set(re.findall(r'icon\("([a-z0-9-]+)"', template.read_text(encoding="utf-8")))
    assert not asked - ICONS, sorted(asked - ICONS)


def test_our_own_scripts_stay_small() -> None:
    lines = sum(len(path.read_text().splitlines()) for path in (ROOT / "app" / "static" / "js").glob("*.js"))
    assert lines <= 2000  # a quarter of it is the telephone in the browser
