"""What the operator's journeys share: cards in the pool, the log-in, a look into the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import text

from app.extensions import db
from app.models import OperatorProfile
from tests.databases import PASSWORD
from tests.factories import get_user, make_ad, make_card, make_filter, make_source, make_vehicle

CARS = 4


@pytest.fixture
def troubles(page: Any) -> Iterator[list[str]]:
    """Whatever the browser complains about while the journey goes on; nothing may be left at its end."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("console", lambda told: found.append(told.text) if told.type == "error" else None)
    yield found
    assert not found


@pytest.fixture
def pool(live_server: Any) -> list[int]:
    """Cards of the operator's group in the pool, the best first."""
    with live_server.app.app_context():
        session = db.session()
        profile = session.get(OperatorProfile, get_user(session, "operator").id)
        wanted = make_filter(session, group=profile.group)
        source = make_source(session)
        ids = []
        for n in range(CARS):
            vehicle = make_vehicle(session, title=f"Пробная машина {n}", price=500_000 + n)
            vehicle.ad_id = make_ad(session, vehicle=vehicle, source=source).id
            ids.append(
                make_card(
                    session, vehicle, filter_id=wanted.id, group_id=profile.group_id, rank=CARS - n, match_revision=1
                ).id
            )
        session.commit()
        db.session.remove()
    return ids


def log_in(page: Any, name: str) -> None:
    page.goto("/login/")
    page.fill("input[name=username]", name)
    page.fill("input[name=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/desk/**")


def row(live_server: Any, query: str, **values: Any) -> Any:
    with live_server.app.app_context():
        found = db.session.execute(text(query), values).one()
        db.session.remove()
    return found


def change(live_server: Any, statement: str, **values: Any) -> None:
    """Something that happened elsewhere: another person, the clock."""
    with live_server.app.app_context():
        db.session.execute(text(statement), values)
        db.session.commit()
        db.session.remove()


def begin(page: Any, pool: list[int]) -> None:
    """Logged in, with the best card of the pool open."""
    log_in(page, "operator")
    page.keyboard.press("Alt+KeyN")
    page.wait_for_selector(f".desk-card[data-card='{pool[0]}']")
    page.wait_for_selector("#desk .htmx-settling", state="detached")


def the_card(page: Any, card_id: int) -> None:
    page.wait_for_selector(f".desk-card[data-card='{card_id}']")
    page.wait_for_selector("#desk .htmx-settling", state="detached")


def stage_of(live_server: Any, card_id: int) -> int:
    return int(row(live_server, "SELECT stage FROM card WHERE id = :id", id=card_id).stage)


def results_of(live_server: Any) -> int:
    return int(row(live_server, "SELECT count(*) AS n FROM status_change").n)


def comment_of(live_server: Any, card_id: int) -> str:
    return str(row(live_server, "SELECT form ->> 'comment' AS said FROM card WHERE id = :id", id=card_id).said)
