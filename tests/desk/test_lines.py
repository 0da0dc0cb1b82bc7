"""The lines of the list: what they say, and that nothing of an advert gets through as HTML."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from tests.test_desk import card_of, profile

__all__ = ["profile"]
EVIL = "\"><script>alert('1')</script>&amp;"
SAFE = "&#34;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;amp;"


def test_a_title_from_a_site_stays_text_in_the_line_and_in_its_hint(
    session: Session, as_operator: Any, profile: Any
) -> None:
    card = card_of(session, profile)
    card.vehicle.title, card.vehicle.make_id, card.vehicle.model_id = EVIL, None, None
    for path in ("/desk/list?tab=new", "/desk/?tab=new"):
        html = as_operator.get(path).text
        assert "<script>alert" not in html
        assert f'title="{SAFE}"' in html and f"{SAFE}</span>" in html


def test_the_name_of_a_status_stays_text(session: Session, as_operator: Any, profile: Any) -> None:
    from app.models import Status

    named = Status(name=EVIL, code="evil", color="red", icon="x", position=900)
    session.add(named)
    session.flush()
    card_of(session, profile, stage=2).status_id = named.id
    html = as_operator.get("/desk/list?tab=work").text
    assert "<script>alert" not in html and f'<span class="tag tag-danger">{SAFE}</span>' in html


def test_a_call_back_that_is_due_stands_out_and_tells_its_time(
    session: Session, as_operator: Any, profile: Any
) -> None:
    due = datetime(2026, 11, 20, 11, 5, tzinfo=UTC)
    card_of(session, profile, stage=3).next_call_at = due
    card_of(session, profile, stage=3).next_call_at = datetime.now(UTC) + timedelta(days=400)
    html = as_operator.get("/desk/list?tab=callbacks").text
    assert html.count('tag-danger"><svg') == 1 and html.count('tag-info"><svg') == 1
    assert "20.11.2026 14:05" in html, "the company's clock"


def test_the_open_line_is_marked(session: Session, as_operator: Any, profile: Any) -> None:
    one, two = card_of(session, profile), card_of(session, profile)
    html = as_operator.get(f"/desk/list?tab=new&card={two.id}").text
    assert html.count('aria-current="true"') == 1
    marked = html[html.index('desk-line active" aria-current="true"') :]
    assert marked.index(f"card={two.id}") < marked.index("</li>")
    assert f"card={one.id}" in html


def test_a_new_card_says_so_only_where_not_all_are_new(session: Session, as_operator: Any, profile: Any) -> None:
    card_of(session, profile)
    assert "Новое" not in as_operator.get("/desk/list?tab=new").text.split("desk-lines")[1]
    assert "Новое" in as_operator.get("/desk/list?tab=all").text.split("desk-lines")[1]


def test_an_empty_tab_says_what_to_do(as_operator: Any, profile: Any) -> None:
    assert "Нажмите «Следующее»" in as_operator.get("/desk/list?tab=new").text
