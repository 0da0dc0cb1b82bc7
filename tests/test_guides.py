"""The first steps on the start page, and the guides inside the product."""

from __future__ import annotations

import re
from typing import Any

import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup

from app import guides
from app.guides import DOCS, GUIDES, STEPS
from app.services import onboarding
from tests.factories import NOON


def test_an_empty_installation_opens_with_what_to_do_first(as_admin: Any) -> None:
    page = as_admin.get("/board/")
    steps = BeautifulSoup(page.text, "lxml").select(".first-steps li")
    assert len(steps) == len(STEPS)
    assert steps[0].a is not None and steps[0].a["href"] == "/sourceview/add"
    assert steps[0].get("aria-current") == "step"


def test_every_step_leads_to_where_it_is_done(as_admin: Any) -> None:
    lines = BeautifulSoup(as_admin.get("/board/").text, "lxml").select(".first-steps li a")
    assert len(lines) >= 6
    for link in lines:
        assert as_admin.get(link["href"]).status_code == 200, link["href"]


def test_a_supervisor_is_sent_to_the_administrator_for_invitations(as_supervisor: Any) -> None:
    links = [link["href"] for link in BeautifulSoup(as_supervisor.get("/board/").text, "lxml").select(".first-steps a")]
    assert "/sourceview/add" in links and "/invites/" not in links


def test_who_puts_the_list_away_gets_it_back_by_the_help(as_admin: Any) -> None:
    assert as_admin.post("/help/first-steps").status_code == 302
    assert "first-steps-title" not in as_admin.get("/board/").text
    as_admin.post("/help/first-steps", data={"show": "1"})
    assert "first-steps-title" in as_admin.get("/board/").text


def test_every_step_of_the_service_has_its_words(session: Any) -> None:
    assert [step.code for step in onboarding.steps(session, NOON)] == list(STEPS)


@pytest.mark.parametrize("role", ["operator", "supervisor", "admin"])
def test_the_guide_of_ones_role_comes_first(log_in: Any, role: str) -> None:
    page = BeautifulSoup(log_in(role).get("/help/").text, "lxml")
    assert page.select(".help-card")[0]["href"] == f"/help/{role}"


@pytest.mark.parametrize("name", GUIDES)
def test_a_guide_has_parts_pictures_that_are_there_and_links_that_open(as_admin: Any, name: str) -> None:
    page = BeautifulSoup(as_admin.get(f"/help/{name}").text, "lxml")
    parts = [link["href"] for link in page.select(".help-parts a")]
    assert len(parts) >= 4
    for anchor in parts:
        assert page.select(anchor), anchor
    pictures = page.select(".help-text img")
    assert pictures
    for picture in pictures:
        assert len(str(picture["alt"])) > 10, "a picture says in words what it shows"
        answer = as_admin.get(f"/help/{picture['src']}")
        assert answer.status_code == 200 and answer.mimetype in ("image/webp", "image/svg+xml")
        answer.close()
    for link in page.select(".help-text a"):
        if not link["href"].startswith(("#", "http")):
            assert as_admin.get("/help/" + link["href"].removeprefix("/help/")).status_code in (200, 308), link["href"]


def test_pictures_are_light() -> None:
    pictures = list((DOCS / "img").iterdir())
    assert pictures
    assert not [path.name for path in pictures if path.stat().st_size > 120 * 1024]


def test_every_picture_is_used() -> None:
    said = " ".join(path.read_text("utf-8") for path in DOCS.glob("*.md"))
    assert {path.name for path in (DOCS / "img").iterdir()} == set(re.findall(r"img/([\w-]+\.(?:webp|svg))", said))


def test_what_a_guide_prints_bold_is_written_so_on_the_screen() -> None:
    """Bold is the name of a button, a page or a field; a bold sentence ends with a point and is none."""
    with (DOCS.parent / "translations" / "ru" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale="ru")
    shown = {
        text.strip(" .:…") for message in catalogue
        for text in (message.string if isinstance(message.string, tuple) else (message.string,))
    }  # fmt: skip
    strangers = []
    for path in DOCS.glob("*.md"):
        for bold in re.findall(r"\*\*(.+?)\*\*", path.read_text("utf-8")):
            if not bold.endswith("."):
                strangers += [f"{path.name}: {name}" for name in bold.split(" → ") if name.strip() not in shown]
    assert not strangers, "\n".join(strangers)


def test_html_in_a_guide_stays_text(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "operator.md").write_text("## Раздел\n\n<script>alert(1)</script> [x](javascript:alert(1))", "utf-8")
    monkeypatch.setattr(guides, "DOCS", tmp_path)
    guides._read.cache_clear()
    body, parts = guides.rendered("operator")
    guides._read.cache_clear()
    assert "<script" not in body and 'href="javascript' not in body
    assert parts == [("part-1", "Раздел")]
